package template

import (
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"text/template"

	"github.com/postee/postee/pkg/render"
)

// Signs that have a meaning in a language and the escape that it has for them.
var (
	slackSigns    = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	markdownSigns = strings.NewReplacer(backslashed("\\`*_[]()<>~|#!&$@{}+-")...)
	wikiSigns     = strings.NewReplacer(backslashed("\\{}[]*_-+^~|!#?@(")...)
)

// backslashed returns the pairs of a replacer that puts a backslash before each sign.
func backslashed(signs string) []string {
	var pairs []string
	for _, sign := range signs {
		pairs = append(pairs, string(sign), `\`+string(sign))
	}
	return pairs
}

// escapes returns the functions that make text mean nothing in a language. Those of chats make it one line.
func escapes() []function {
	return []function{
		word("html", html.EscapeString),
		word("js", template.JSEscapeString),
		word("urlquery", url.QueryEscape),
		word("slack", func(s string) string { return slackSigns.Replace(render.Clean(s)) }),
		word("markdown", func(s string) string { return markdownSigns.Replace(render.Clean(s)) }),
		word("wiki", func(s string) string { return wikiSigns.Replace(render.Clean(s)) }),
		word("clean", render.Clean),
		word("json", inJSON),
		{"toJSON", 1, 1, func(v []any) (any, error) { return toJSON(v[0]) }},
	}
}

// inJSON writes a text as it stands between the quotation marks of a JSON string.
func inJSON(s string) string {
	p, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(p), `"`), `"`)
}

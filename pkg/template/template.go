// Package template writes messages in the words of the user: Go templates, with functions of its own, and the layouts that go by a name.
//
// A template cannot do harm: it sees the document and the normalised view, it reaches nothing else, and what it may do and write is
// bounded.
package template

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
)

// Limits of a template, in bytes: of its text, of what it writes, of a title.
const (
	maxText   = 256 << 10
	maxOutput = 1 << 20
	maxTitle  = 1 << 10
)

// longest is how long a template may take for a document. What it does is bounded too, so that this ends it on a machine only that has
// no time for it.
const longest = 5 * time.Second

// titleName is the definition that says the title.
const titleName = "title"

// Template is a Go template that was parsed. Any number of goroutines may ask it at once.
type Template struct {
	name   string
	parsed *template.Template
	sum    [sha256.Size]byte
	// work is how much it may do for one document.
	work int
}

// Data is what a template is told of a scan. The functions are asked when the template looks at what they tell.
type Data struct {
	// Route and Subject are the names of the route and of what was scanned.
	Route, Subject string
	// Document is the document's JSON.
	Document []byte
	// View returns the normalised view as JSON, Section what the built-in layout would be made of.
	View    func() []byte
	Section func() message.Section
}

// Parse parses the text of a template. name is what errors call it: "team.tmpl:3: text".
func Parse(name, text string) (*Template, error) {
	switch {
	case len(text) > maxText:
		return nil, fmt.Errorf("%s: a template has at most %d KiB", name, maxText>>10)
	case !utf8.ValidString(text):
		return nil, fmt.Errorf("%s: not UTF-8", name)
	}
	parsed, err := template.New(name).Funcs((&run{}).functions()).Parse(strings.TrimPrefix(text, "\ufeff"))
	if err != nil {
		return nil, located(name, err)
	}
	for _, t := range parsed.Templates() {
		if t.Tree != nil {
			bound(t.Root)
		}
	}
	if err := checkUses(parsed); err != nil {
		return nil, err
	}
	return &Template{name: name, parsed: parsed, sum: sha256.Sum256([]byte(text)), work: maxWork}, nil
}

// Sum returns a hash of the text.
func (t *Template) Sum() []byte { return t.sum[:] }

// Render returns what the template says of a scan. Its error begins with the template's name and the line.
func (t *Template) Render(ctx context.Context, d Data) (c *message.Custom, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			c, err = nil, fmt.Errorf("%s: it cannot be executed: %v", t.name, reason)
		}
	}()
	limited, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	own, err := t.parsed.Clone()
	if err != nil {
		return nil, located(t.name, err)
	}
	own.Funcs((&run{ctx: limited, left: t.work}).functions())
	told := &Root{data: d}
	var body, title output
	err = own.Execute(&body, told)
	if err == nil && own.Lookup(titleName) != nil {
		err = own.ExecuteTemplate(&title, titleName, told)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, located(t.name, err)
	}
	c = Custom(title.String(), body.String())
	if c.Body == "" {
		return nil, fmt.Errorf("%s: it writes nothing for this document: a condition of the route is what keeps a scan from being told", t.name)
	}
	return c, nil
}

// Custom makes a message of a title, "" for the built-in one, and a body: what is a JSON object or array is sent as JSON.
func Custom(title, body string) *message.Custom {
	body = strings.TrimSpace(strings.ToValidUTF8(body, "\ufffd"))
	title = render.Clean(strings.Join(strings.Fields(title), " "))
	if len(title) > maxTitle {
		title = strings.ToValidUTF8(title[:maxTitle], "") + "…"
	}
	return &message.Custom{Title: title, Body: body, JSON: isJSON(body)}
}

// isJSON reports whether a text is an object or array of JSON.
func isJSON(text string) bool {
	return text != "" && (text[0] == '{' || text[0] == '[') && jsontext.Value(text).IsValid()
}

// output is what a template wrote, within its limit.
type output struct{ strings.Builder }

// errOutput is that a template writes too much.
var errOutput = fmt.Errorf("it writes more than %d MiB", maxOutput>>20)

// Write takes more.
func (o *output) Write(p []byte) (int, error) {
	if o.Len()+len(p) > maxOutput {
		return 0, errOutput
	}
	return o.Builder.Write(p)
}

// whereIs finds what stands before an error's text, and around it: the line, what was being executed, and whose call failed.
var whereIs = regexp.MustCompile(`(?s)^:(\d+)(?::\d+)?: (?:executing ".*?" at <.*?>: )?(?:error calling [\w]+: )?(.*)$`)

// located writes an error of the engine as "NAME:LINE: text".
func located(name string, err error) error {
	if errors.Is(err, errOutput) {
		return fmt.Errorf("%s: %w", name, errOutput)
	}
	text := strings.TrimPrefix(err.Error(), "template: ")
	rest, ok := strings.CutPrefix(text, name)
	found := whereIs.FindStringSubmatch(rest)
	if !ok || found == nil {
		return fmt.Errorf("%s: %s", name, short(text))
	}
	return fmt.Errorf("%s:%s: %s", name, found[1], short(said(found[2])))
}

// noField finds a field that was asked of a value which has none.
var noField = regexp.MustCompile(`^can't evaluate field (\S+) in type (\S+)`)

// said writes an error about a value without the types that it has in this program.
func said(text string) string {
	found := noField.FindStringSubmatch(text)
	switch {
	case found == nil:
		return text
	case found[2] == "*template.Root":
		return "there is no ." + found[1] + ": a template begins with .Document, .Postee, .Title, .Subject or .Route"
	}
	return "there is no field " + found[1] + " in a text, number or list"
}

// short keeps the text of an error on one line and within bounds: it may quote the document.
func short(text string) string {
	const most = 300
	text = render.Clean(strings.Join(strings.Fields(text), " "))
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

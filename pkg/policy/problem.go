package policy

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
)

// longest bounds the text of an error in bytes: Rego's errors may quote the document or the policy.
const longest = 300

// problems says each of OPA's errors in the house's words, once. file is named where OPA knows no place.
func problems(file string, err error) []error {
	list := ast.Errors{}
	if !errors.As(err, &list) {
		if one, ok := errors.AsType[*ast.Error](err); ok {
			list = ast.Errors{one}
		} else {
			return []error{fmt.Errorf("%s: %w", file, err)}
		}
	}
	list.Sort()
	seen := map[string]bool{}
	var out []error
	for _, e := range list {
		p := at(file, e.Location, say(e))
		if !seen[p.Error()] {
			seen[p.Error()] = true
			out = append(out, p)
		}
	}
	return out
}

// say returns an error's text and, where something helps, what to do.
func say(e *ast.Error) string {
	text := e.Message
	if name, ok := strings.CutPrefix(text, "undefined function "); ok {
		if why := refused(name); why != "" {
			return name + ": " + why
		}
		return "no function " + name + ": is it spelt right?"
	}
	if e.Code == ast.UnsafeVarErr && strings.HasSuffix(text, " is unsafe") {
		return strings.TrimSuffix(text, " is unsafe") + " has no value here: is it spelt right?"
	}
	if e.Details == nil || e.Code == ast.ParseErr {
		return text
	}
	lines := e.Details.Lines()
	if text == "match error" && len(lines) > 1 {
		typeOf := func(side string) string { return strings.TrimSpace(side[strings.Index(side, ":")+1:]) }
		return fmt.Sprintf("two values that are never equal: of type %s and of type %s", typeOf(lines[0]), typeOf(lines[1]))
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "have:") || strings.HasPrefix(line, "want:") {
			text += ", " + line
		}
	}
	return text
}

// at is a problem at a place.
func at(file string, place *ast.Location, text string) error {
	return fmt.Errorf("%s: %s", spot(file, place), short(text))
}

// spot writes a place as FILE:LINE:COL, or FILE where nothing more is known.
func spot(file string, place *ast.Location) string {
	if place == nil {
		return file
	}
	if place.File != "" {
		file = place.File
	}
	return fmt.Sprintf("%s:%d:%d", file, max(place.Row, 1), max(place.Col, 1))
}

// short keeps a text on one line and within bounds.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= longest {
		return text
	}
	cut := longest
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

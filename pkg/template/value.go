package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
)

// Root is what a template begins with: the names behind its first dot.
type Root struct {
	data           Data
	document, view any
}

// Route returns the name of the route.
func (r *Root) Route() string { return r.data.Route }

// Subject returns the name of what was scanned.
func (r *Root) Subject() string { return r.data.Subject }

// Title returns the built-in title.
func (r *Root) Title() string {
	if r.data.Section == nil {
		return r.data.Subject
	}
	return render.Title(&message.Message{Route: r.data.Route, Sections: []message.Section{r.data.Section()}})
}

// Document returns the document as its scanner wrote it.
func (r *Root) Document() (any, error) {
	if r.document == nil {
		v, err := decode(r.data.Document)
		if err != nil {
			return nil, fmt.Errorf("the document cannot be read: %w", err)
		}
		r.document = v
	}
	return r.document, nil
}

// Postee returns the normalised view.
func (r *Root) Postee() (any, error) {
	if r.view == nil && r.data.View != nil {
		v, err := decode(r.data.View())
		if err != nil {
			return nil, fmt.Errorf("the normalised view cannot be read: %w", err)
		}
		r.view = v
	}
	return r.view, nil
}

// null is an element of a list that is null: it has no fields, prints nothing, and is false.
type null map[string]any

// number is a number that is no int64: it keeps its spelling.
type number string

// Format writes it as printf does a float64 where its verb is for one, and as it is spelt elsewhere: nothing for what is missing.
func (n number) Format(f fmt.State, verb rune) {
	directive := fmt.FormatString(f, verb)
	x, ok := numeric(n)
	switch {
	case ok && strings.ContainsRune("eEfFgG", verb):
		fmt.Fprintf(f, directive, x)
		return
	case strings.ContainsRune("bcdeEfFgGoOUxX", verb):
		directive = strings.TrimSuffix(directive, string(verb)) + "s"
	}
	fmt.Fprintf(f, directive, string(n))
}

// decode reads JSON as templates see it. A member that is null is one that is missing.
func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, errors.New("it is more than one value")
	}
	return plain(v), nil
}

// plain makes decoded JSON what templates see.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if value == nil {
				delete(v, key)
			} else {
				v[key] = plain(value)
			}
		}
	case []any:
		for i, value := range v {
			v[i] = plain(value)
		}
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil && strconv.FormatInt(n, 10) == string(v) {
			return n
		}
		return number(v)
	case nil:
		return null{}
	}
	return v
}

// text writes a value as people read it: nothing for what is missing, objects and lists as JSON.
func text(v any) (string, error) {
	switch v := v.(type) {
	case nil, null:
		return "", nil
	case string:
		return v, nil
	case number:
		return string(v), nil
	case map[string]any, []any, *Root:
		return toJSON(v)
	case fmt.Stringer:
		return v.String(), nil
	}
	return fmt.Sprint(v), nil
}

// toJSON writes a value as JSON.
func toJSON(v any) (string, error) {
	if root, ok := v.(*Root); ok {
		document, err := root.Document()
		if err != nil {
			return "", err
		}
		v = map[string]any{"Route": root.Route(), "Subject": root.Subject(), "Title": root.Title(), "Document": document}
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(numbered(v)); err != nil {
		return "", errors.New("it cannot be written as JSON")
	}
	return string(bytes.TrimRight(out.Bytes(), "\n")), nil
}

// numbered returns a value whose numbers are written with their spelling, in a copy.
func numbered(v any) any {
	switch v := v.(type) {
	case number:
		return json.Number(v)
	case null:
		return nil
	case map[string]any:
		all := make(map[string]any, len(v))
		for key, value := range v {
			all[key] = numbered(value)
		}
		return all
	case []any:
		all := make([]any, len(v))
		for i, value := range v {
			all[i] = numbered(value)
		}
		return all
	}
	return v
}

// size returns about how much a function works through: the bytes of a text, the elements of a list.
func size(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case number:
		return len(v)
	case []any:
		return len(v)
	case map[string]any:
		return len(v)
	case null:
		return 0
	}
	return 1
}

// composite reports whether a value is an object or a list.
func composite(v any) bool {
	switch v.(type) {
	case map[string]any, []any, null:
		return true
	}
	return false
}

// length returns how many elements, members or bytes a value has.
func length(v any) (int, error) {
	switch v := v.(type) {
	case nil:
		return 0, nil
	case number:
		return 0, errors.New("len: a number has no length")
	case string:
		return len([]rune(v)), nil
	}
	if of := reflect.ValueOf(v); of.Kind() == reflect.Map || of.Kind() == reflect.Slice {
		return of.Len(), nil
	}
	return 0, fmt.Errorf("len: %T has no length", v)
}

package template

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/postee/postee/pkg/scan"
)

// lists returns the functions about lists, objects, and what findings have.
func lists() []function {
	return []function{
		{"len", 1, 1, func(v []any) (any, error) { return length(v[0]) }},
		{"index", 1, -1, index},
		{"join", 2, 2, join},
		{"first", 2, 2, first},
		{"default", 2, 2, func(v []any) (any, error) {
			if v[1] == nil || v[1] == "" || composite(v[1]) && size(v[1]) == 0 {
				return v[0], nil
			}
			return v[1], nil
		}},
		{"where", 3, 3, where},
		{"bySeverity", 1, 1, bySeverity},
		{"atLeast", 2, 2, atLeast},
	}
}

// index returns an element of a list or a member of an object, nothing where there is none.
func index(v []any) (any, error) {
	at := v[0]
	for _, key := range v[1:] {
		name, err := text(key)
		if err != nil {
			return nil, err
		}
		switch in := at.(type) {
		case map[string]any:
			at = in[name]
		case []any:
			if n, err := strconv.Atoi(name); err == nil && n >= 0 && n < len(in) {
				at = in[n]
			} else {
				at = nil
			}
		default:
			return nil, nil //nolint:nilnil // What is missing is nothing.
		}
	}
	return at, nil
}

// join writes the elements of a list with a separator between them: join ", " .list.
func join(v []any) (any, error) {
	separator, err := text(v[0])
	if err != nil {
		return nil, err
	}
	list, err := elements(v[1])
	if err != nil {
		return nil, err
	}
	return joined(list, separator)
}

// first returns as many elements of a list as asked for, fewer where there are fewer: first 10 .list.
func first(v []any) (any, error) {
	n, err := whole(v[0])
	if err != nil {
		return nil, err
	}
	list, err := elements(v[1])
	return list[:min(n, len(list))], err
}

// elements returns a list; what is missing has none.
func elements(v any) ([]any, error) {
	switch v := v.(type) {
	case nil, null:
		return nil, nil
	case []any:
		return v, nil
	}
	return nil, errors.New("expected a list")
}

// where returns the elements of a list whose member has a value: where "kind" "secret" .list.
func where(v []any) (any, error) {
	list, err := elements(v[2])
	if err != nil {
		return nil, err
	}
	key, err := text(v[0])
	if err != nil {
		return nil, err
	}
	kept := []any{}
	for _, element := range list {
		object, ok := element.(map[string]any)
		if ok && object[key] != nil && order(object[key], v[1]) == 0 {
			kept = append(kept, element)
		}
	}
	return kept, nil
}

// severityOf returns the severity of a finding, or that which a word says.
func severityOf(v any) (scan.Severity, error) {
	if finding, ok := v.(map[string]any); ok {
		v = finding["severity"]
	}
	word, err := text(v)
	if err != nil || word == "" {
		return scan.Unknown, err
	}
	var s scan.Severity
	if err := s.UnmarshalText([]byte(strings.ToLower(word))); err != nil {
		return scan.Unknown, fmt.Errorf("there is no severity %q", short(word))
	}
	return s, nil
}

// bySeverity returns a list of findings, the most severe first.
func bySeverity(v []any) (any, error) {
	list, err := elements(v[0])
	if err != nil {
		return nil, err
	}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b any) int {
		of, _ := severityOf(a) // a word that is no severity is an unknown one here
		other, _ := severityOf(b)
		return cmp.Compare(other, of)
	})
	return sorted, nil
}

// atLeast reports whether a finding, or a word, is at least that severe: atLeast "high" .severity. Of a list it returns those that are.
func atLeast(v []any) (any, error) {
	least, err := severityOf(v[0])
	if err != nil {
		return nil, err
	}
	list, isList := v[1].([]any)
	if !isList {
		is, err := severityOf(v[1])
		return is >= least && v[1] != nil, err
	}
	kept := []any{}
	for _, element := range list {
		if is, err := severityOf(element); err == nil && is >= least {
			kept = append(kept, element)
		}
	}
	return kept, nil
}

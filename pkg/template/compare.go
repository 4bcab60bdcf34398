package template

import (
	"cmp"
	"strconv"
	"strings"
)

// comparisons returns the language's own, for values of a document: numbers are compared as numbers, and what is missing is less than
// everything else, and no error.
func comparisons() []function {
	compare := func(name string, holds func(int) bool) function {
		return function{name, 2, 2, func(v []any) (any, error) { return holds(order(v[0], v[1])), nil }}
	}
	return []function{
		{"eq", 2, -1, func(v []any) (any, error) {
			for _, other := range v[1:] {
				if order(v[0], other) == 0 {
					return true, nil
				}
			}
			return false, nil
		}},
		compare("ne", func(n int) bool { return n != 0 }),
		compare("lt", func(n int) bool { return n < 0 }),
		compare("le", func(n int) bool { return n <= 0 }),
		compare("gt", func(n int) bool { return n > 0 }),
		compare("ge", func(n int) bool { return n >= 0 }),
	}
}

// order compares two values: what is missing, numbers, then everything else by its text. No object or list equals anything.
func order(a, b any) int {
	x, isX := numeric(a)
	y, isY := numeric(b)
	switch {
	case isX && isY:
		return cmp.Compare(x, y)
	case a == nil || b == nil:
		return cmp.Compare(present(a), present(b))
	case composite(a) || composite(b):
		return 1 // objects and lists are compared with nothing
	case isX != isY && isX:
		return -1
	case isX != isY:
		return 1
	}
	s, _ := text(a) // what cannot be written differs from nothing
	t, _ := text(b)
	return strings.Compare(s, t)
}

// present returns 0 for what is missing and 1 for what is there.
func present(v any) int {
	if v == nil {
		return 0
	}
	return 1
}

// numeric returns the number that a value is.
func numeric(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case number:
		n, err := strconv.ParseFloat(string(v), 64)
		return n, err == nil
	}
	return 0, false
}

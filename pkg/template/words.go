package template

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// word makes a function of one text.
func word(name string, fn func(string) string) function {
	return function{name, 1, 1, func(v []any) (any, error) {
		s, err := text(v[0])
		return fn(s), err
	}}
}

// texts returns the functions that make text.
func texts() []function {
	return []function{
		word("upper", strings.ToUpper), word("lower", strings.ToLower), word("trim", strings.TrimSpace),
		{"trunc", 2, 2, func(v []any) (any, error) {
			n, s, err := numberAndText(v)
			if runes := []rune(s); err == nil && len(runes) > n {
				s = string(runes[:n]) + "…"
			}
			return s, err
		}},
		{"plural", 2, 3, plural},
		{"date", 2, 2, date},
		{"print", 0, -1, func(v []any) (any, error) { return joined(v, "") }},
		{"println", 0, -1, func(v []any) (any, error) {
			s, err := joined(v, " ")
			return s + "\n", err
		}},
		{"printf", 1, -1, formatted},
	}
}

// joined writes values one after the other.
func joined(values []any, separator string) (string, error) {
	words, n := make([]string, len(values)), 0
	for i, v := range values {
		s, err := text(v)
		if err != nil {
			return "", err
		}
		words[i] = s
		if n += len(s) + len(separator); n > maxWord {
			return "", errors.New("a text that is too long")
		}
	}
	return strings.Join(words, separator), nil
}

// digits finds the widths in a format.
var digits = regexp.MustCompile(`\d+`)

// formatted is printf. A short format can make a text of any length, so what it may come to is looked at before.
func formatted(v []any) (any, error) {
	format, err := text(v[0])
	if err != nil {
		return nil, err
	}
	most, arguments := 0, make([]any, len(v)-1)
	for i, argument := range v[1:] {
		switch argument.(type) {
		case int, int64, float64, number, bool:
			arguments[i] = argument
		case nil, null:
			arguments[i] = number("")
		default:
			s, err := text(argument)
			if err != nil {
				return nil, err
			}
			arguments[i] = s
		}
		most = max(most, size(arguments[i]))
	}
	const widest = 1000
	for _, width := range digits.FindAllString(format, -1) {
		if n, err := strconv.Atoi(width); err != nil || n > widest {
			return nil, fmt.Errorf("a width of more than %d", widest)
		}
	}
	if strings.Contains(format, "*") || strings.Count(format, "%")*(most*len(`\U00000000`)+widest) > 16*maxWord {
		return nil, errors.New("what it comes to may be too long")
	}
	return fmt.Sprintf(format, arguments...), nil
}

// numberAndText returns the two values of a function that takes a number and a text.
func numberAndText(v []any) (int, string, error) {
	n, err := whole(v[0])
	if err != nil {
		return 0, "", err
	}
	s, err := text(v[1])
	return n, s, err
}

// whole returns a whole number that is not negative.
func whole(v any) (int, error) {
	s, err := text(v)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, errors.New("its number must be a whole one from 0")
	}
	return n, nil
}

// plural writes a number with its word: plural 2 "finding" is "2 findings", plural 2 "library" "libraries" is "2 libraries".
func plural(v []any) (any, error) {
	n, isNumber := v[0].(int)
	if wide, ok := v[0].(int64); ok {
		n, isNumber = int(wide), true
	}
	if v[0] == nil {
		isNumber = true
	}
	if !isNumber {
		many, err := length(v[0])
		if err != nil {
			return nil, errors.New("its first value must be a whole number or a list")
		}
		n = many
	}
	one, err := text(v[1])
	if err != nil {
		return nil, err
	}
	many := one + "s"
	if len(v) == 3 {
		if many, err = text(v[2]); err != nil {
			return nil, err
		}
	}
	if n == 1 {
		many = one
	}
	return strconv.Itoa(n) + " " + many, nil
}

// date writes a time in a layout of Go's, in UTC: a text in RFC 3339, or seconds since 1970. What is no time stays as it is.
func date(v []any) (any, error) {
	layout, err := text(v[0])
	if err != nil {
		return nil, err
	}
	if seconds, ok := v[1].(int64); ok {
		return time.Unix(seconds, 0).UTC().Format(layout), nil
	}
	s, err := text(v[1])
	if err != nil {
		return nil, err
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s, nil //nolint:nilerr // It is no time: it stays as it is.
	}
	return t.UTC().Format(layout), nil
}

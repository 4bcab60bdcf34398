package config

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/postee/postee/pkg/sinks"
)

// Patterns of values, as pkg/quantity and the binder read them. blank is what counts as absent; refers is what a text of a target may be
// instead of one of the words that it takes.
const (
	blankPattern    = `^\s*$|^\$Optional `
	refersPattern   = `\$|^file:`
	durationPattern = `^\s*(\d+|(\d+[dD])?((\d+\.?\d*|\.\d+)([nNuUµμmM][sS]|[sSmMhH]))*)\s*$`
	sizePattern     = `^\s*(\d+\.?\d*|\.\d+)\s*([bB]|[kKmMgGtT]([iI]?[bB])?)?\s*$`
	numberPattern   = `^\+?\d+$`
)

// durationWord stands for any duration in the list of a key's words.
const durationWord = "DURATION"

// value returns the schema of what a place takes: what fill does with values. name is what definitions below it are called.
func (s *schema) value(to reflect.Value, words []string, name string) node {
	if m, ok := to.Addr().Interface().(marked); ok {
		to = m.inner()
	}
	switch to.Addr().Interface().(type) {
	case *retired:
		return node{}
	case *Params:
		return node{"type": []string{"object", "null"}}
	case *sequence:
		_, key, _ := strings.Cut(name, ".")
		return node{"type": []string{"array", "null"}, "items": node{"$ref": "#/definitions/" + elements()[key]}}
	case *sinks.Secret, *Code:
		return text()
	case *time.Duration, *days:
		return patterned(durationPattern, "expected a duration: 90s, 10m, 2h, 1d or 1h30m", "integer")
	case *megabytes:
		return patterned(sizePattern, "expected a size: 200kB, 1000MB or 1.5GB", "number")
	}
	if words != nil {
		return choice(words)
	}
	switch to.Kind() {
	case reflect.Pointer:
		return s.value(reflect.New(to.Type().Elem()).Elem(), nil, name)
	case reflect.Bool:
		return patterned(`^(`+strings.Join(caselessAll([]string{"true", "yes", "on", "y", "false", "no", "off", "n"}), "|")+`)$`, "expected true or false", "boolean")
	case reflect.Int, reflect.Int64:
		return patterned(numberPattern, "expected a whole number from 0", "integer")
	case reflect.Slice:
		n := s.value(reflect.New(to.Type().Elem()).Elem(), nil, name)
		return node{"type": []string{"array", "string", "number", "boolean", "null"}, "items": n}
	case reflect.Map:
		return node{"type": []string{"object", "null"}, "additionalProperties": s.value(reflect.New(to.Type().Elem()).Elem(), nil, name)}
	case reflect.Struct:
		return s.object([]keyed{{to.Addr().Interface(), name}})
	}
	return text()
}

// text returns the schema of a text: any single value is one, in the spelling of the file.
func text() node { return node{"type": []string{"string", "number", "boolean", "null"}} }

// patterned returns the schema of a value of a type that is not below 0, or of a text that fits the pattern. message is what an editor says.
func patterned(pattern, message, kind string) node {
	return node{"type": []string{kind, "string", "null"}, "minimum": 0, "pattern": blankPattern + "|" + pattern, "patternErrorMessage": message}
}

// choice returns the schema of one of some words, in any case; an editor proposes them as they are.
func choice(words []string) node {
	var proposed []string
	pattern, kinds := blankPattern+"|"+refersPattern, []string{"string", "null"}
	for _, w := range words {
		if w == durationWord {
			pattern, kinds = pattern+"|"+durationPattern, append(kinds, "integer")
			continue
		}
		proposed = append(proposed, w)
	}
	pattern += `|^\s*(` + strings.Join(caselessAll(proposed), "|") + `)\s*$`
	return node{"anyOf": []any{
		node{"enum": proposed},
		node{"type": kinds, "pattern": pattern, "patternErrorMessage": "expected " + strings.Join(words, ", ")},
	}}
}

// caseless returns a pattern of a word in any case: JSON Schema has no flag for it.
func caseless(word string) string {
	var out strings.Builder
	for _, r := range word {
		if low, up := unicode.ToLower(r), unicode.ToUpper(r); low != up {
			out.WriteString("[" + string(low) + string(up) + "]")
		} else {
			out.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return out.String()
}

// caselessAll returns what caseless does, for each of some words.
func caselessAll(words []string) []string {
	var list []string
	for _, w := range words {
		list = append(list, caseless(w))
	}
	return list
}

// spellings returns a pattern of a key in all spellings that fold takes for one.
func spellings(key string) string {
	pattern := "^[-_]*"
	for _, r := range fold(key) {
		pattern += caseless(string(r)) + "[-_]*"
	}
	return pattern + "$"
}

// hyphenated returns a key as the mapping form is written: AquaServer and Max_DB_Size are aqua-server and max-db-size.
func hyphenated(key string) string {
	var out strings.Builder
	var last rune
	for _, r := range key {
		if unicode.IsUpper(r) && unicode.IsLower(last) {
			out.WriteByte('-')
		}
		out.WriteRune(unicode.ToLower(r))
		last = r
	}
	return strings.ReplaceAll(out.String(), "_", "-")
}

// holdsSecret reports whether values of a type are secrets, or hold some directly.
func holdsSecret(t reflect.Type) bool {
	for t.Kind() == reflect.Map || t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t == reflect.TypeFor[sinks.Secret]()
}

// standardValue returns the standard of a place as JSON has it.
func standardValue(s slot) any {
	to := s.to
	if m, ok := to.Addr().Interface().(marked); ok {
		to = m.inner()
	}
	if to.Kind() == reflect.Pointer {
		to = reflect.New(to.Type().Elem()).Elem()
	}
	switch to.Kind() {
	case reflect.Bool:
		return s.standard == "true"
	case reflect.Int:
		n, err := strconv.Atoi(s.standard)
		if err == nil {
			return n
		}
	case reflect.Slice:
		return strings.Split(s.standard, ",")
	}
	return s.standard
}

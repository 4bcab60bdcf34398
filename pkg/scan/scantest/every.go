package scantest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
)

// Every returns a value that has every key which a type is decoded from, none of them empty. special are the texts for types that decode
// themselves, beside those of package scan.
func Every(t reflect.Type, special map[reflect.Type]string) string {
	n := 0
	return every(t, special, &n)
}

// every is Every for a value inside of another; n numbers the strings.
func every(t reflect.Type, special map[reflect.Type]string, n *int) string {
	if text, ok := special[t]; ok {
		return text
	}
	switch t {
	case reflect.TypeFor[scan.LooseStrings]():
		return `["list"]`
	case reflect.TypeFor[scan.LooseBool](), reflect.TypeFor[scan.LooseSwitch]():
		return `true`
	case reflect.TypeFor[scan.LooseCount]():
		return `7`
	}
	switch t.Kind() {
	case reflect.String:
		*n++
		return fmt.Sprintf(`"text %d"`, *n)
	case reflect.Bool:
		return `true`
	case reflect.Pointer:
		return every(t.Elem(), special, n)
	case reflect.Slice:
		return "[" + every(t.Elem(), special, n) + "]"
	case reflect.Struct:
		return members(t, special, n)
	}
	return `7`
}

// members returns an object with every key of a struct.
func members(t reflect.Type, special map[reflect.Type]string, n *int) string {
	if value, ok := t.FieldByName("Value"); ok && strings.HasPrefix(t.Name(), "Part[") {
		return every(value.Type, special, n)
	}
	var list []string
	for _, f := range reflect.VisibleFields(t) {
		if !f.IsExported() || f.Anonymous || f.Type == t {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		list = append(list, fmt.Sprintf("%q:%s", name, every(f.Type, special, n)))
	}
	return "{" + strings.Join(list, ",") + "}"
}

// SameRow holds for a struct that tokens fill it, by read, from a value with every key as json does, and that no field of it stays empty.
func SameRow[T any](t *testing.T, read func(t *scan.Tokens) T) {
	t.Helper()
	raw := []byte(Every(reflect.TypeFor[T](), nil))
	var got, want T
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	scan.ReadTokens(&scan.Document{Raw: raw}, func(tokens *scan.Tokens) { got = read(tokens) })
	if diff := cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		t.Errorf("%T: %s", want, diff)
	}
	value := reflect.ValueOf(want)
	for i := range value.NumField() {
		if value.Field(i).IsZero() {
			t.Errorf("%T: nothing in %s", want, value.Type().Field(i).Name)
		}
	}
}

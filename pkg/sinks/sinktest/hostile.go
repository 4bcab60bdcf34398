package sinktest

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// hostileTexts mean something to some target, or are too much for it.
func hostileTexts() []string {
	return []string{
		"", " ", "\x00", "\xff\xfe", "\u202e\u2028\ufeff", "a\r\nX-Evil: 1\r\n\r\nb", "\x1b[31m", "-- \n.\nQUIT\r\n",
		"<!channel> <@U1> @here <http://evil.example|x> [x](http://evil.example) ![x](//evil.example)", "<script>alert(1)</script>&amp;&#0;",
		`{{.}} ${HOME} $(id) %s%n <%application_scope_owner%> {code}x{code} [~admin]`, `"}]} ' \ \" ]]>`, "=cmd|' /C calc'!A0^active=true",
		"../../etc/passwd?a=b&c=d#e %2e%2e%2f", strings.Repeat("<&>*_~`|", 2000), strings.Repeat("漢", 5000),
	}
}

// hostileMessages are what no scan should lead to, and what one can. Each call makes them anew.
func hostileMessages() []Named {
	list := []Named{
		{"nothing", &message.Message{}},
		{"a test of nothing", &message.Message{Test: true}},
		{"an empty section", &message.Message{Route: "team", Sections: make([]message.Section, 1)}},
		{"empty sections", &message.Message{Route: "team", Sections: make([]message.Section, 3)}},
	}
	for i, text := range hostileTexts() {
		m := &message.Message{}
		fill(reflect.ValueOf(m).Elem(), text, i)
		list = append(list, Named{fmt.Sprintf("hostile text %d", i), m})
	}
	many := section("many", "{}")
	for i := range 3000 {
		many.Delta.New = append(many.Delta.New, item(fmt.Sprintf("CVE-2026-%04d", i), scan.Severity(i%scan.SeverityCount)))
	}
	digest := &message.Message{Route: "team"}
	for i := range 300 {
		s := section(fmt.Sprintf("image-%d", i), "{}")
		s.Delta.New = many.Delta.New[i : i+2]
		digest.Sections = append(digest.Sections, s)
	}
	return append(list, Named{"many findings", one("team", many)}, Named{"many subjects", digest})
}

// fill puts a text into every place of a value that holds one, and small numbers into the others, so that fields that come later
// are hostile too.
func fill(v reflect.Value, text string, number int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(number%2 == 0)
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Int16, reflect.Int8:
		v.SetInt(int64(number % 5))
	case reflect.Uint, reflect.Uint64, reflect.Uint32, reflect.Uint16, reflect.Uint8:
		v.SetUint(uint64(number % 3))
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(text))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), text, number)
		fill(v.Index(1), text, number+1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text, number)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), text, number+i)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), text, number)
			}
		}
	}
}

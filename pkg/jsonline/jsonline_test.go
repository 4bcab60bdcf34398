package jsonline

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

func TestMarshal(t *testing.T) {
	for text, want := range map[string]string{
		"plain é 漢 😀":                        `"plain é 漢 😀"`,
		"\u009b31m\x7f\x1b[2J":               `"\u009b31m\u007f\u001b[2J"`,
		"a\u202eb\u2066c\u200bd\ufeff\u2028": `"a\u202eb\u2066c\u200bd\ufeff\u2028"`,
		"tag \U000E0041":                     `"tag \udb40\udc41"`,
		"\xff":                               `"` + "\ufffd" + `"`,
	} {
		p, err := Marshal(text)
		if err != nil || string(p) != want+"\n" {
			t.Errorf("%q: %s, %v", text, p, err)
		}
	}
}

// FuzzMarshal writes any text: it is read as what it was, and a terminal has nothing to act on.
func FuzzMarshal(f *testing.F) {
	f.Add("\u009b\u202e\x7f\U000E0041é")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Marshal(map[string]string{text: text})
		if err != nil {
			t.Fatal(err)
		}
		line := strings.TrimSuffix(string(p), "\n")
		if !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
			t.Errorf("%q", line)
		}
		var back map[string]string
		valid := strings.ToValidUTF8(text, "")
		if err := json.Unmarshal(p, &back); err != nil || valid == text && back[text] != text {
			t.Errorf("%q is read as %q, %v", line, back, err)
		}
	})
}

package sinks_test

import (
	"testing"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// TestCustomJSON: a body is JSON, text, or broken JSON, which is an error.
func TestCustomJSON(t *testing.T) {
	for _, c := range []struct {
		custom     message.Custom
		want, fail string
	}{
		{message.Custom{Body: " {\"a\": 1}\n"}, `{"a": 1}`, ""},
		{message.Custom{Body: `[1]`, JSON: true}, `[1]`, ""},
		{message.Custom{Body: `[1]`}, "", ""},
		{message.Custom{Body: "[CVE-1|https://example.com] and {code}x{code}"}, "", ""},
		{message.Custom{Body: "{noformat}x{noformat}"}, "", ""},
		{message.Custom{Body: "<p>x</p>"}, "", ""},
		{message.Custom{}, "", ""},
		{message.Custom{Body: `"a"`, JSON: true}, "", "the template's JSON is no object or array"},
		{message.Custom{Body: "[ {\"a\": 1},\n]"}, "", "what the template wrote is no JSON: jsontext: invalid character ']' at start of value within \"/1\" after offset 12"},
	} {
		got, err := sinks.CustomJSON(&c.custom)
		fail := ""
		if err != nil {
			fail = err.Error()
		}
		if string(got) != c.want || fail != c.fail {
			t.Errorf("%q: %q, %q", c.custom.Body, got, fail)
		}
	}
}

// TestCustomText: what no target can take is replaced, the rest stays.
func TestCustomText(t *testing.T) {
	for text, want := range map[string]string{
		"a\r\nb\tc <!here> *ü*": "a\nb\tc <!here> *ü*", "\x00\xff\x1b[31m\u009b": "\ufffd\ufffd\ufffd[31m\ufffd", "a\rb": "a\ufffdb",
	} {
		if got := sinks.CustomText(&message.Custom{Body: text}); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

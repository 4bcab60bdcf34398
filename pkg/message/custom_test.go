package message_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
)

func TestCustom(t *testing.T) {
	made := func(customs ...*message.Custom) *message.Message {
		m := &message.Message{}
		for _, c := range customs {
			m.Sections = append(m.Sections, message.Section{Custom: c})
		}
		return m
	}
	blocks := func(body string) *message.Custom { return &message.Custom{Title: "t", Body: body, JSON: true} }
	text := &message.Custom{Title: "t", Body: "<p>1</p>", Fields: []message.Field{{Name: "impact", Value: "2"}}}
	for name, c := range map[string]struct {
		message *message.Message
		want    *message.Custom
	}{
		"nothing":          {made(), nil},
		"built in":         {made(nil), nil},
		"one":              {made(text), text},
		"one without":      {made(text, nil), nil},
		"texts":            {made(text, text), &message.Custom{Body: "<p>1</p>\n<p>1</p>", Fields: text.Fields}},
		"arrays":           {made(blocks(`[[1],[2]]`), blocks(` [] `), blocks(`{"a":[3]}`)), &message.Custom{Body: `[[1],[2],{"a":[3]}]`, JSON: true}},
		"an array, a text": {made(blocks(`[1]`), text), &message.Custom{Body: "[1]\n<p>1</p>", Fields: text.Fields}},
	} {
		if diff := cmp.Diff(c.want, c.message.Custom()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	builtin := made(&message.Custom{Body: "<p>1</p>", Builtin: true})
	if builtin.Custom() != nil || builtin.Dialect() != builtin.Sections[0].Custom {
		t.Errorf("the built-in layout in a dialect: %+v, %+v", builtin.Custom(), builtin.Dialect())
	}
}

package policy

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestTemplatesOfTheConfiguration(t *testing.T) {
	for name, c := range map[string]struct{ body, want, fail string }{
		"the document":           {"input", `result={"image":"app","n":0}`, ""},
		"a part":                 {"input.image", `result="app"`, ""},
		"a call":                 {`sprintf("%s: new", [input.image])`, `result="app: new"`, ""},
		"an object":              {`{"text": input.image}`, `result={"text":"app"}`, ""},
		"older rules":            {"title = input.image\nresult = msg { msg := upper(input.image) }", `result="APP" title="app"`, ""},
		"newer rules":            {"title := input.image\nresult := msg if { msg := 1 }", `result=1 title="app"`, ""},
		"rules without result":   {"title = input.image", "", "body: package body has no result for this document"},
		"what is not there":      {"input.nothing", "", "body: package body has no result for this document"},
		"an error on the way":    {"1 / input.n", "", "body:1:1: div: divide by zero"},
		"no such function":       {"result := 1\ntitle := uper(input.image)", "", "body:2:10: no function uper: is it spelt right?"},
		"what is no Rego":        {"result := {", "", "body:1:"},
		"what policies have not": {`http.send({"url": input.image})`, "", "http.send: policies here cannot reach the network"},
	} {
		var got string
		tpl, err := CompileTemplateSource(t.Context(), "body", c.body, Options{})
		if err == nil {
			var all []Property
			all, err = tpl.Render(t.Context(), NewInput([]byte(`{"image":"app","n":0}`), tpl.Needs()))
			var parts []string
			for _, p := range all {
				parts = append(parts, p.Name+"="+string(p.Value))
			}
			got = strings.Join(parts, " ")
		}
		if c.fail == "" && (err != nil || got != c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if c.fail != "" && (err == nil || !strings.Contains(err.Error(), c.fail)) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestTemplateFiles(t *testing.T) {
	dir := write(t, map[string]string{
		"team.rego": "# ours\npackage team.slack\nresult := data.team.words.hello", "words.rego": "package team.words\nhello := 1", "none.rego": "result := 1",
	})
	tpl, err := CompileTemplateFile(t.Context(), filepath.Join(dir, "team.rego"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if all, err := tpl.Render(t.Context(), NewInput([]byte(`{}`), tpl.Needs())); err != nil || len(all) != 1 || string(all[0].Value) != "1" {
		t.Errorf("%v, %v", all, err)
	}
	for file, want := range map[string]string{"none.rego": "none.rego: no package", "absent.rego": "absent.rego: "} {
		if _, err := CompileTemplateFile(t.Context(), filepath.Join(dir, file), Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

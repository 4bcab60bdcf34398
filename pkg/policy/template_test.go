package policy

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// rendered renders a package of a folder of files, as "NAME=VALUE …".
func rendered(t *testing.T, files map[string]string, pkg, input string) (string, error) {
	t.Helper()
	dir := write(t, files)
	tpl, err := CompileTemplate(t.Context(), dir, pkg, Options{Params: map[string]any{"team": "a"}})
	if err != nil {
		return "", fmt.Errorf("%s", inFolder(dir, err.Error()))
	}
	all, err := tpl.Render(t.Context(), NewInput([]byte(input), tpl.Needs()))
	if err != nil {
		return "", fmt.Errorf("%s", inFolder(dir, err.Error()))
	}
	var parts []string
	for _, p := range all {
		parts = append(parts, p.Name+"="+string(p.Value))
	}
	return strings.Join(parts, " "), nil
}

func TestTemplates(t *testing.T) {
	const older = "package postee.team.html\ntitle = input.image\nresult = msg { msg := sprintf(\"<p>%s of %s</p>\", [input.image, data.params.team]) }\n"
	common := map[string]string{
		"a.rego": "package postee.a\nimport data.postee.common.badge\nresult := badge(input.image)\n",
		"c.rego": "package postee.common\nbadge(x) := {\"badge\": x}\n",
		"d.rego": "package postee.broken\nresult := {\n",
	}
	for name, c := range map[string]struct {
		files      map[string]string
		pkg, input string
		want, fail string
	}{
		"an older one":                      {map[string]string{"t.rego": older}, "postee.team.html", `{"image":"app"}`, `result="<p>app of a</p>" title="app"`, ""},
		"what it refers to, and no more":    {common, "postee.a", `{"image":"app"}`, `result={"badge":"app"}`, ""},
		"in two files":                      {map[string]string{"a.rego": "package postee.x\nresult := [1]", "b.rego": "package postee.x\nimpact := 2"}, "postee.x", `{}`, "impact=2 result=[1]", ""},
		"a field that is missing":           {map[string]string{"t.rego": older}, "postee.team.html", `{}`, "", "t.rego: package postee.team.html has no result for this document: a rule result must be defined whatever the document lacks"},
		"no such package":                   {map[string]string{"t.rego": older}, "postee.other", `{}`, "", ": no file of package postee.other"},
		"one that does not parse":           {common, "postee.broken", `{}`, "", "d.rego:"},
		"a function that policies have not": {map[string]string{"t.rego": "package postee.x\nresult := http.send({})"}, "postee.x", `{}`, "", "t.rego:2:11: http.send: policies here cannot reach the network"},
		"a parameter that there is not":     {map[string]string{"t.rego": "package postee.x\nresult := data.params.channel"}, "postee.x", `{}`, "", "t.rego:2:11: data.params has no channel"},
		"an error on the way":               {map[string]string{"t.rego": "package postee.x\nresult := 1 / input.n"}, "postee.x", `{"n":0}`, "", "t.rego:2:11: div: divide by zero"},
	} {
		got, err := rendered(t, c.files, c.pkg, c.input)
		if c.fail == "" && (err != nil || got != c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if c.fail != "" && (err == nil || !strings.Contains(err.Error(), c.fail)) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := CompileTemplate(t.Context(), filepath.Join(t.TempDir(), "none"), "postee.x", Options{}); err == nil {
		t.Error("a folder that is not there")
	}
}

package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/formats"
	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/template"
)

// written writes files into a folder, with the configuration as cfg.yaml, and returns its path.
func written(t testing.TB, cfg string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "cfg.yaml")
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, []byte(cfg), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// told returns what the routes of a configuration say of a document, by route; what fails, its reason.
func told(t *testing.T, path, document string) map[string]*message.Custom {
	t.Helper()
	s, err := Load(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]*message.Custom{}
	e := &route.Engine{Routes: s.Routes, Store: state.Memory(), Lease: time.Minute, AquaServer: s.Common.AquaServer}
	e.Observe = func(_ context.Context, c *route.Case, r *route.Route, v *route.Verdict) {
		if v.Err != nil {
			said[r.Name] = &message.Custom{Body: v.Err.Error()}
			return
		}
		section := route.Section(c, false, route.Contents{})
		said[r.Name] = section.Custom
	}
	options := scan.Options{Components: s.NeedsComponents(), Formats: formats.All(), Generic: true}
	for batch := range scan.ReadBatches(t.Context(), []string{document}, options) {
		for _, item := range batch {
			if item.Err != nil {
				t.Fatal(item.Err)
			}
			if item.Doc == nil { // a warning
				continue
			}
			if _, err := e.Admit(t.Context(), time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), []*scan.Document{item.Doc}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return said
}

// TestLayoutsByName: each name of a layout, for each kind of document that it is made for. Events of Tracee and reports of the Trivy
// operator are documents of no known format.
func TestLayoutsByName(t *testing.T) {
	generic := map[string]string{
		"tracee":   `{"Time":"2026-11-22T09:58:00Z","Context":{"eventName":"anti_debugging","hostName":"node-1"},"SigMetadata":{"ID":"TRC-2","Name":"Anti-Debugging"}}`,
		"operator": `{"kind":"VulnerabilityReport","apiVersion":"aquasecurity.github.io/v1alpha1","metadata":{"name":"api"},"report":{"vulnerabilities":[]}}`,
	}
	dir := t.TempDir()
	documents := map[string]string{"aqua": filepath.Join(top, "testdata", "scans", "worker-aqua.json"), "trivy": filepath.Join(top, "testdata", "scans", "shop-api.json")}
	for name, text := range generic {
		documents[name] = filepath.Join(dir, name+".json")
		if err := os.WriteFile(documents[name], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for kind, document := range documents {
		cfg := "aqua-server: https://aqua.example.com\nroutes:\n"
		templates := "templates:\n"
		for _, name := range template.LayoutNames() {
			about := strings.Contains(name, "tracee") && kind == "tracee" || strings.Contains(name, "operator") && kind == "operator"
			about = about || !strings.Contains(name, "tracee") && !strings.Contains(name, "operator") && (kind == "aqua" || kind == "trivy")
			if strings.Contains(name, "raw") {
				about = true
			}
			if !about || slices.Contains(renderers(), name) {
				continue
			}
			cfg += fmt.Sprintf("- {name: %s, template: %[1]s, actions: [out]}\n", name)
			templates += fmt.Sprintf("- {name: %s, rego-package: %[1]s}\n", name)
		}
		path := written(t, cfg+templates+"actions: [{name: out, type: stdout, enable: true}]\n", nil)
		for name, c := range told(t, path, document) {
			got := fmt.Sprintf("JSON: %v, built-in: %v\n%s\n", c.JSON, c.Builtin, c.Body)
			golden := filepath.Join("testdata", "layouts", name+"."+kind+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s of %s (-want +got):\n%s", name, kind, diff)
			}
		}
	}
}

func TestTemplates(t *testing.T) {
	const cfg = `
params: {team: a}
routes:
- {name: go, template: go, actions: [out]}
- {name: package, template: package, params: {team: b}, actions: [out]}
- {name: inline, template: inline, actions: [out]}
- {name: rules, template: rules, actions: [out]}
- {name: older, template: older, actions: [out]}
- {name: fails, template: fails, actions: [out]}
- {name: silent, template: silent, actions: [out]}
- {name: none, actions: [out]}
templates:
- {name: go, go-template: team.tmpl}
- {name: package, rego-package: team.chat}
- {name: inline, body: "{\"text\": input.image}"}
- name: rules
  body: |
    title = "t"
    result = msg { msg := sprintf("%d new", [count(input.postee.new)]) }
- {name: older, legacy-scan-renderer: slack}
- {name: fails, go-template: fails.tmpl}
- {name: silent, body: "\"\""}
- {name: unread, go-template: not-there.tmpl}
- {name: unparsed, rego-package: team.broken}
actions: [{name: out, type: stdout, enable: true}]
`
	path := written(t, cfg, map[string]string{
		"team.tmpl":                  "{{define \"title\"}}{{.Route}}{{end}}{{.Document.image}}: {{range .Postee.new}}{{.id}} {{end}}{{.Subject}}",
		"fails.tmpl":                 "\n{{.Document.image.name}}",
		"rego-templates/chat.rego":   "package team.chat\nimport data.team.words.hello\nresult := {\"text\": hello(input.image)}\nimpact := 2\n",
		"rego-templates/words.rego":  "package team.words\nhello(x) := sprintf(\"%s for %s\", [x, data.params.team])\n",
		"rego-templates/broken.rego": "package team.broken\nresult := {",
	})
	said := told(t, path, filepath.Join(top, "testdata", "scans", "worker-aqua.json"))
	want := map[string]*message.Custom{
		"go":      {Title: "go", Body: "shop/worker:1.9: CVE-2026-12001 CVE-2026-3301 docker.io/shop/worker:1.9"},
		"package": {Body: `{"text":"shop/worker:1.9 for b"}`, JSON: true, Fields: []message.Field{{Name: "impact", Value: "2"}}},
		"inline":  {Body: `{"text":"shop/worker:1.9"}`, JSON: true},
		"rules":   {Title: "t", Body: "2 new"},
		"older":   {Body: said["older"].Body, JSON: true, Builtin: true},
		"fails":   {Body: "template: " + filepath.Join(filepath.Dir(path), "fails.tmpl") + ":2: there is no field name in a text, number or list"},
		"silent":  {Body: "template: result is empty for this document: a condition of the route is what keeps a scan from being told"},
		"none":    nil,
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTemplateMistakes: what is wrong with a template that a route has is told with its place, all at once.
func TestTemplateMistakes(t *testing.T) {
	const cfg = `
routes:
- {name: a, template: tema, actions: [out]}
- {name: b, template: go, actions: [out]}
- {name: c, template: gone, actions: [out]}
- {name: d, template: package, actions: [out]}
- {name: e, template: near, actions: [out]}
- name: f
  template: body
  actions: [out]
- {name: g, template: two, actions: [out]}
- {name: h, template: none, actions: [out]}
- {name: i, template: remote, actions: [out]}
templates:
- {name: team, body: input}
- {name: go, go-template: go.tmpl}
- {name: gone, go-template: gone.tmpl}
- {name: package, rego-package: team.broken}
- {name: near, rego-package: postee.vulns.html}
- name: body
  body: |
    title := "a"
    result := uper(title)
- {name: two, body: input, go-template: go.tmpl}
- {name: none}
- {name: remote, url: "https://example.com/x.rego"}
- {name: odd, legacy-scan-renderer: pdf}
- {name: team, body: input}
- {name: unknown, body: input, rego-pakage: x}
actions: [{name: out, type: stdout, enable: true}]
`
	path := written(t, cfg, map[string]string{
		"go.tmpl": "a\n{{uper .Title}}", "rego-templates/broken.rego": "package team.broken\nresult := nothing(1)\n",
	})
	_, err := Load(t.Context(), path, Options{})
	if err == nil {
		t.Fatal("loaded")
	}
	got := strings.ReplaceAll(err.Error(), filepath.Dir(path)+string(filepath.Separator), "") + "\n"
	golden(t, filepath.Join("testdata", "mistakes-of-templates.txt"), got)
}

// TestUselessTemplates: what the older product's sample leaves open is no mistake as long as no route names it.
func TestUselessTemplates(t *testing.T) {
	path := written(t, `routes: [{name: a, actions: [out]}]
templates:
- {name: empty, url: }
- {name: remote, url: "https://example.com/x.rego"}
actions: [{name: out, type: stdout, enable: true}]
`, nil)
	s, err := Load(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, n := range s.Notes {
		notes = append(notes, n.String())
	}
	want := []string{"3:3: empty: it does not say what it is", "4:18: remote: url: a template is never fetched: what it says would change from one run to the next"}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Error(diff)
	}
}

// TestTemplatesPage: the examples of docs/templates.md do what they show.
func TestTemplatesPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(top, "docs", "templates.md"))
	if err != nil {
		t.Fatal(err)
	}
	examples := map[string][]string{}
	for i, part := range strings.Split(string(page), "```") {
		if language, text, ok := strings.Cut(part, "\n"); i%2 == 1 && ok {
			examples[language] = append(examples[language], text)
		}
	}
	if len(examples["yaml"]) != 1 || len(examples["gotemplate"]) != 3 || len(examples["rego"]) != 1 {
		t.Fatalf("%d examples of languages", len(examples))
	}
	files := map[string]string{"rego-templates/ours.rego": examples["rego"][0], "team.tmpl": examples["gotemplate"][0]}
	document := filepath.Join(top, "testdata", "scans", "shop-api.json")
	if c := told(t, written(t, examples["yaml"][0], files), document)["severe"]; c == nil || c.JSON || !strings.HasPrefix(c.Title, "registry.example.com/shop/api:2.4: 12 new") {
		t.Errorf("the configuration: %+v", c)
	}
	cfg, templates := "routes:\n", "templates:\n- {name: rego, rego-package: team.slack}\n"
	for i, text := range examples["gotemplate"] {
		files[fmt.Sprintf("%d.tmpl", i)] = text
		templates += fmt.Sprintf("- {name: t%d, go-template: %[1]d.tmpl}\n", i)
	}
	for _, name := range []string{"t0", "t1", "t2", "rego"} {
		cfg += fmt.Sprintf("- {name: %s, template: %[1]s, actions: [out]}\n", name)
	}
	said := told(t, written(t, cfg+templates+"actions: [{name: out, type: stdout, enable: true}]\n", files), document)
	for name, want := range map[string]struct {
		has  string
		json bool
	}{
		"t0": {"CRITICAL CVE-2026-10877 in openssl 3.0.11-1, fixed in 3.0.13-1", false}, "t1": {`"CVE-2026-10877"`, true},
		"t2": {"<li>CVE-2026-10877 openssl: out-of-bounds", false}, "rego": {`CRITICAL CVE-2026-10877 in openssl`, true},
	} {
		if c := said[name]; c == nil || c.JSON != want.json || !strings.Contains(c.Body, want.has) {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

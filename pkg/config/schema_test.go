package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/postee/postee/pkg/quantity"
	"github.com/postee/postee/pkg/sinks/all"
)

// compiled is the schema, as a validator that is not ours understands it.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("postee.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("postee.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// errNoValue is a text that no schema can be asked about.
var errNoValue = errors.New("no YAML, or none that JSON could have")

// valid asks a schema about a YAML text.
func valid(s *jsonschema.Schema, text []byte) error {
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		return errNoValue
	}
	asJSON, err := json.Marshal(v)
	if err != nil {
		return errNoValue
	}
	v, err = jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// everything is an environment in which all is set: with all values in place, all mistakes are found.
func everything(name string) (string, bool) {
	return "https://example.com/x", !strings.HasPrefix(name, "AQUAALERT") && !strings.HasSuffix(name, "_PATH")
}

// configurations returns every text in the project that is a good configuration: the examples, those in the pages, those of the scripts.
func configurations(t *testing.T) map[string][]byte {
	t.Helper()
	found := make(map[string][]byte)
	add := func(name string, text []byte) {
		path := filepath.Join(t.TempDir(), "cfg.yaml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := read(t.Context(), path, Options{Lookup: everything}); err == nil {
			found[name] = text
		}
	}
	block := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```")
	for _, pattern := range []string{"*.yaml", "docs/*.yaml", "pkg/config/*.yaml", "*.md", "docs/*.md", "docs/*/*.md", "testdata/script/*.txtar"} {
		files, _ := filepath.Glob(filepath.Join(top, pattern))
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(file)
			switch filepath.Ext(file) {
			case ".yaml":
				add(name, text)
			case ".md":
				for _, b := range block.FindAllSubmatch(text, -1) {
					add(name+": "+string(b[1]), b[1])
				}
			default:
				for _, f := range txtar.Parse(text).Files {
					if strings.HasSuffix(f.Name, ".yaml") {
						add(name+": "+f.Name, f.Data)
					}
				}
			}
		}
	}
	return found
}

// TestSchemaTakesWhatIsGood: no file that can be used is called wrong.
func TestSchemaTakesWhatIsGood(t *testing.T) {
	s, texts := compiled(t), configurations(t)
	for _, needed := range []string{"cfg.example.yaml", "routes.example.yaml", "starter.yaml"} {
		if texts[needed] == nil {
			t.Errorf("%s is not among the good files", needed)
		}
	}
	pages := slices.DeleteFunc(slices.Collect(maps.Keys(texts)), func(name string) bool { return !strings.Contains(name, ".md: ") })
	if len(pages) < 15 || len(texts) < 60 {
		t.Errorf("only %d examples in pages, %d texts", len(pages), len(texts))
	}
	for name, text := range texts {
		if err := valid(s, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{
		"- {NAME: a, type: Webhook, _url: http://h, Content-Type: x, TLS: {CA-File: /x, Verify: off}, Policy_Min_Vulnerability: HIGH, timeout: 1H}",
		"- {name: 7, type: stdout, format: , enable: 'yes', Policy-Registry: a, Ignore-Registry: [1, null], format_: $FORMAT}",
		"- {name: a, type: jira, assignee: $Optional somebody, ticket: {reopen: 1d, mode: Update}, unknowns: {a: 1, b: 2014-04-11}}",
		"- \n- {type: COMMON, maxDBsize: 1.5 gb, Delete_Old_Data: 30, name: x, enable: true, DbVerifyInterval: 3}",
		"x-mine: {a: [1]}\nX-other: 3\nMax-DB-Size: 3\nroutes: [{name: a, outputs: b, params: {a: [1]}}]\noutputs: [{name: b, type: STDOUT}, ]",
	} {
		if err := valid(s, []byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestSchemaSeesMistakes: which of the files with mistakes an editor marks. The others have mistakes that a schema cannot see, or are no
// YAML.
func TestSchemaSeesMistakes(t *testing.T) {
	s := compiled(t)
	files, _ := filepath.Glob(filepath.Join(top, "testdata", "config", "*.yaml"))
	var seen []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(s, text); err != nil && !errors.Is(err, errNoValue) {
			seen = append(seen, strings.TrimSuffix(filepath.Base(file), ".yaml"))
		}
	}
	want := []string{
		"comments-only", "common-values", "empty", "entry-is-text", "mapping-form", "max-age", "nested", "scalar-at-the-top", "target-refuses-much",
		"unknown-key-in-common", "unknown-key", "unknown-type", "wrong-types", "wrong-values",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, text := range []string{
		"- {name: a, type: slack, ulr: x}", "- {name: a, type: nothing}", "- {name: a, type: teams, format: card}", "- {name: a, type: stdout, enable: maybe}",
		"- {name: a, type: stdout, Policy-Min-Vulnerability: severe}", "- {name: a, type: webhook, timeout: soon}", "- {name: a, type: webhook, timeout: -1}",
		"- {name: a, type: webhook, tls: {cafile_: x, verfy: true}}", "- {type: common, Max_DB_Size: much}", "- {type: common, url: x}",
		"routs: []", "routes: [{name: a, type: slack}]", "actions: [{name: a, type: slack, Policy-OPA: x}]", "rules: [x]", "text",
		"- {name: a, type: webhook, headers: x}", "- {name: a, type: email, port: 1.5}", "- {name: a, type: jira, ticket: {reopen: soon}}",
	} {
		if valid(s, []byte(text)) == nil {
			t.Errorf("%s: taken", text)
		}
	}
}

// TestEveryKeyIsDescribed: a key says what it means, the words that it takes are those that its target takes, in any case, and no others,
// and its default can be written.
func TestEveryKeyIsDescribed(t *testing.T) {
	structs := map[string]any{
		"header": &header{}, "filters": &Filters{}, "common": &commonKeys{}, "top": &mappingKeys{}, "route": &routeKeys{}, "rule": &ruleKeys{}, "plugins": &plugins{}, "template": &templateKeys{},
	}
	for _, kind := range all.Types() {
		structs[kind], _ = all.New(kind)
	}
	for name, to := range structs {
		keys(to, "", func(path string, s slot) {
			if len(s.doc) < 10 || !strings.HasSuffix(s.doc, ".") && !strings.HasSuffix(s.doc, "/") {
				t.Errorf("%s: %s is described as %q", name, path, s.doc)
			}
			if s.standard != "" && refused(t, name, path, s.standard) {
				t.Errorf("%s: the default of %s cannot be written", name, path)
			}
			if s.standard != "" && s.words != nil && !slices.Contains(s.words, s.standard) {
				t.Errorf("%s: the default of %s is none of its words", name, path)
			}
			for _, word := range s.words {
				word = strings.ReplaceAll(word, durationWord, "3d")
				if refused(t, name, path, strings.ToLower(word)) || refused(t, name, path, strings.ToUpper(word)) {
					t.Errorf("%s: %s does not take %s", name, path, word)
				}
			}
			if s.words != nil && !refused(t, name, path, "nonsense") {
				t.Errorf("%s: %s takes any word", name, path)
			}
		})
	}
}

// refused reports whether a value of a key is a mistake; whatever else is missing does not matter.
func refused(t *testing.T, name, path, value string) bool {
	t.Helper()
	text := strconv.Quote(value)
	for _, key := range slices.Backward(strings.Split(path, ".")) {
		text = "{" + key + ": " + text + "}"
	}
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	to := map[string]any{"header": &header{}, "filters": &Filters{}, "common": &commonKeys{}, "route": &routeKeys{}}[name]
	config, err := all.New(name)
	if err == nil {
		to = config
	}
	b := &binder{problems: &Problems{}, notes: new([]Note)}
	if ticket, _, _ := strings.Cut(path, "."); ticket == "ticket" && path != "ticket.mode" { // the others mean something only where it is kept
		var kept yaml.Node
		if err := yaml.Unmarshal([]byte("{ticket: {mode: update}}"), &kept); err != nil {
			t.Fatal(err)
		}
		b.bind(b.pairs(kept.Content[0], fold), "", false, group{to: to})
	}
	b.bind(b.pairs(root.Content[0], fold), "", false, group{to: to})
	if config != nil {
		for _, p := range config.Validate() {
			if p.Key == path {
				return true
			}
		}
	}
	return len(b.problems.List) > 0
}

// TestPatternsAreThoseOfQuantities: the patterns of durations and sizes take what the program reads, and nothing else.
func TestPatternsAreThoseOfQuantities(t *testing.T) {
	durations, sizes := regexp.MustCompile(durationPattern), regexp.MustCompile(sizePattern)
	for _, s := range []string{
		"90s", "10m", "2h", "1d", "1H", "30M", "1h30m", "1d12h", "90", "0", " 5s ", "1.5h", "500ms", "30D", ".5h", "1.h", "1Us", "3µs",
		"x", "-1", "-5s", "+5s", "1d-2h", "1x", "5 minutes", "1.5d", "d", "1e9s", "1 h", "h1", "1d1d",
	} {
		if _, err := quantity.Duration(s); (err == nil) != durations.MatchString(s) {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{
		"200kb", "1000 MB", "1.5GB", "1TiB", "7", "7b", "0", " 2 k ", ".5k", "3.", "1 Gi",
		"kb", "-1", "+1", "1e3", "0x10", "inf", "nan", "1 PB", "1bb", "1.2.3", "1 0", ".",
	} {
		if _, err := quantity.Size(s); (err == nil) != sizes.MatchString(s) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

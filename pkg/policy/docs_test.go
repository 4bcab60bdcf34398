package policy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// page is the page about policies, and examples the folder of its examples as files.
var (
	page     = filepath.Join("..", "..", "docs", "policies.md")
	examples = filepath.Join("..", "..", "testdata", "policies")
)

// blocks returns the fenced blocks of the page in one language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		found = append(found, m[1])
	}
	return found
}

// TestDocumentedPolicies: every Rego block of the page is a file of testdata/policies, and decides as its text says.
func TestDocumentedPolicies(t *testing.T) {
	tests := map[string]map[string]bool{
		"alpine.rego": {`{"image":"alpine:3.19"}`: true, `{"image":"nginx"}`: false, `{"ArtifactName":"alpine"}`: false, `{}`: false},
		"new-critical.rego": {
			`{"postee":{"new":[{"severity":"high","fixed":"2"},{"severity":"critical","fixed":"3.0.2"}]}}`: true,
			`{"postee":{"new":[{"severity":"critical"},{"severity":"low","fixed":"1"}]}}`:                  false,
			`{"postee":{"new":[]}}`: false,
		},
		"accepted.rego": {
			`{"postee":{"artifact":{"repository":"prod/app"},"new":[{"id":"CVE-2024-0001"},{"id":"CVE-2024-1"}]}}`: true,
			`{"postee":{"artifact":{"repository":"prod/app"},"new":[{"id":"CVE-2024-0001"}]}}`:                     false,
			`{"postee":{"artifact":{"repository":"test/app"},"new":[{"id":"CVE-2024-1"}]}}`:                        false,
		},
		"secrets.rego": {
			`{"postee":{"new":[{"kind":"vulnerability"},{"kind":"secret"}],"compliance_changed":false,"compliant":true}}`: true,
			`{"postee":{"new":[],"compliance_changed":true,"compliant":false}}`:                                           true,
			`{"postee":{"new":[],"compliance_changed":true,"compliant":true}}`:                                            false,
			`{"postee":{"new":[],"compliance_changed":false,"compliant":null}}`:                                           false,
		},
		"built.rego": {
			`{"Metadata":{"ImageConfig":{"created":"2026-03-04T05:06:07Z"}}}`:        true,
			`{"Metadata":{"ImageConfig":{"created":"2025-12-31T23:59:59.9+02:00"}}}`: false,
			`{}`: false,
		},
	}
	shown := blocks(t, "rego")
	if len(shown) != len(tests) {
		t.Errorf("the page shows %d policies, of which %d are tested", len(shown), len(tests))
	}
	for name, documents := range tests {
		file := filepath.Join(examples, name)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(shown, "\n\n"), string(text)) {
			t.Errorf("the page does not show %s as it is", name)
		}
		p, err := Compile(t.Context(), []string{file}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for doc, want := range documents {
			if got, err := p.Allow(t.Context(), NewInput([]byte(doc), p.Needs())); err != nil || got != want {
				t.Errorf("%s: %s: %v, %v", name, doc, got, err)
			}
		}
	}
	if p, err := Compile(t.Context(), []string{examples}, Options{}); err != nil || len(p.Files()) != len(tests) {
		t.Errorf("all examples together: %v", err)
	}
}

// TestDocumentedView: the page's view is JSON, and its examples find in it what they ask for.
func TestDocumentedView(t *testing.T) {
	views := blocks(t, "json")
	if len(views) != 1 {
		t.Fatalf("%d views", len(views))
	}
	p, err := Compile(t.Context(), []string{filepath.Join(examples, "new-critical.rego")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	doc := NewInput([]byte(`{"postee":`+views[0]+`}`), p.Needs())
	if ok, err := p.Allow(t.Context(), doc); !ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
}

// TestDocumentedConditions: the body that the page shows within a configuration.
func TestDocumentedConditions(t *testing.T) {
	tested := 0
	for _, block := range blocks(t, "yaml") {
		_, rest, ok := strings.Cut(block, "input: |\n")
		if !ok {
			continue
		}
		body, _, _ := strings.Cut(rest, "  actions:")
		p, err := CompileSource(t.Context(), "input", body, Options{})
		if err != nil {
			t.Fatal(err)
		}
		documents := map[string]bool{
			`{"image":"alpine","vulnerability_summary":{"critical":1}}`: true,
			`{"image":"alpine","vulnerability_summary":{"critical":0}}`: false,
			`{"image":"nginx","vulnerability_summary":{"critical":1}}`:  false,
		}
		if strings.Contains(body, "data.postee.filter") {
			documents = map[string]bool{
				`{"postee":{"artifact":{"name":"app"},"new":[{"severity":"high"}],"changed":[]}}`:     true,
				`{"postee":{"artifact":{"name":"app-dev"},"new":[{"severity":"high"}],"changed":[]}}`: false,
				`{"postee":{"artifact":{"name":"app"},"new":[{"severity":"low"}],"changed":[]}}`:      false,
			}
		}
		for doc, want := range documents {
			if got, err := p.Allow(t.Context(), NewInput([]byte(doc), p.Needs())); err != nil || got != want {
				t.Errorf("%s: %v, %v", doc, got, err)
			}
		}
		tested++
	}
	if tested != 2 {
		t.Errorf("%d bodies", tested)
	}
}

// TestDocumentedRefusals: the page names every function that is refused.
func TestDocumentedRefusals(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range everyRefused() {
		family := "net."
		for _, f := range []string{"graphql.", "crypto.x509.", "io.jwt.verify_"} {
			if strings.HasPrefix(name, f) {
				family = f
			}
		}
		if !strings.Contains(string(text), "`"+name+"`") && !strings.Contains(string(text), "all of `"+family) &&
			!strings.HasPrefix(name, "net.") && !strings.HasSuffix(name, "_with_options") {
			t.Errorf("the page does not say that %s is refused", name)
		}
	}
}

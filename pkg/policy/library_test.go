package policy

import (
	"io/fs"
	"strings"
	"testing"
)

// scanned is a document with its view.
const scanned = `{"image": "prod/app:1", "registry": "Docker Hub", "postee": {
	"artifact": {"name": "registry.example.com/prod/app:1", "registry": "registry.example.com", "repository": "prod/app",
	"tag": "1", "namespace": "shop"}, "compliant": false,
	"findings": [{"severity": "critical", "kind": "vulnerability", "id": "CVE-1"}],
	"new": [{"severity": "high", "kind": "vulnerability", "package": "openssl", "fixed": "2"}, {"severity": "low", "kind": "secret"}],
	"changed": [{"severity": "medium", "kind": "licence"}]}}`

// allows evaluates a body, with parameters.
func allows(t *testing.T, p *Policy, err error) bool {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	ok, err := p.Allow(t.Context(), NewInput([]byte(scanned), p.Needs()))
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestFunctions(t *testing.T) {
	for body, want := range map[string]bool{
		`data.postee.filter.severity("high")`:                                        true,
		`data.postee.filter.severity("High")`:                                        true,
		`data.postee.filter.severity("critical")`:                                    false,
		`data.postee.filter.fixable("high")`:                                         true,
		`data.postee.filter.fixable("critical")`:                                     false,
		`data.postee.filter.open("critical")`:                                        true,
		`data.postee.filter.kind(["secret", "malware"])`:                             true,
		`data.postee.filter.kind(["licence"])`:                                       true,
		`data.postee.filter.kind(["malware"])`:                                       false,
		`data.postee.filter.package_named(["open*"])`:                                true,
		`data.postee.filter.package_named(["zlib"])`:                                 false,
		`data.postee.filter.image(["PROD/"])`:                                        true,
		`data.postee.filter.image(["*/prod/*"])`:                                     true,
		`data.postee.filter.image(["prod/*"])`:                                       true,
		`data.postee.filter.image(["prod/app"])`:                                     true,
		`data.postee.filter.image(["prod/???"])`:                                     true,
		`data.postee.filter.image(["prod/??"])`:                                      false,
		`data.postee.filter.image(["*a[p]p*"])`:                                      false,
		`data.postee.filter.image(["*{app,api}*"])`:                                  false,
		`data.postee.filter.image("prod/*")`:                                         true,
		`data.postee.filter.image("")`:                                               false,
		`data.postee.filter.image([""])`:                                             false,
		`data.postee.filter.registry(["docker hub"])`:                                true,
		`data.postee.filter.registry(["registry.example.com"])`:                      true,
		`data.postee.filter.registry(["ghcr.io"])`:                                   false,
		`data.postee.filter.namespace(["sho?"])`:                                     true,
		`data.postee.filter.disallowed`:                                              true,
		"data.postee.filter.severity(\"high\")\ndata.postee.filter.image([\"dev\"])": false,
		`not data.postee.filter.image(["dev"])`:                                      true,
		`data.postee.filter.severity(data.params.least)`:                             true,
		`data.params.nested.list[_] == 2`:                                            true,
	} {
		p, err := CompileSource(t.Context(), "input", body, Options{Params: map[string]any{"least": "high", "nested": map[string]any{"list": []any{1, 2}}}})
		if got := allows(t, p, err); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}

// TestReadyFilters: each is there by its name, decides by its parameters, and together they are alternatives.
func TestReadyFilters(t *testing.T) {
	yes := map[string]any{"min_vulnerability": "high", "images": []any{"prod"}, "registries": []any{"docker hub"}, "ignore_images": []any{"dev"}, "ignore_registries": []any{"ghcr.io"}}
	no := map[string]any{"min_vulnerability": "critical", "images": []any{"dev"}, "registries": []any{"ghcr.io"}, "ignore_images": []any{"prod"}, "ignore_registries": []any{"docker hub"}}
	files, err := fs.Glob(library, "filters/*-*.rego")
	if err != nil || len(files) < 7 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimPrefix(file, "filters/")
		if !Ready(name) {
			t.Errorf("%s is not ready", name)
		}
		p, err := Compile(t.Context(), []string{name}, Options{Params: yes})
		if !allows(t, p, err) {
			t.Errorf("%s refuses", name)
		}
		p, err = Compile(t.Context(), []string{name}, Options{Params: no})
		fixed := strings.Contains(name, "Fix") || strings.Contains(name, "Compliant") // without parameters
		if got := allows(t, p, err); got != fixed {
			t.Errorf("%s: %v with parameters that it should refuse", name, got)
		}
	}
	p, err := Compile(t.Context(), []string{"Policy-Min-Vulnerability.rego", "Policy-Registry.rego"}, Options{Params: map[string]any{"min_vulnerability": "critical", "registries": []any{"hub"}}})
	if !allows(t, p, err) {
		t.Error("one of two holds, and they refuse")
	}
	for _, name := range []string{"filter.rego", "", "filters/Policy-Registry.rego", "x.rego"} {
		if Ready(name) {
			t.Errorf("%q is ready", name)
		}
	}
}

func TestUnknownParams(t *testing.T) {
	for body, want := range map[string]string{
		`data.params.lest == "high"`:           "input:1:1: data.params has no lest: write lest: … under params",
		`input.image == data.params.images[_]`: "input:1:16: data.params has no images: write images: … under params",
	} {
		_, err := CompileSource(t.Context(), "input", body, Options{Params: map[string]any{"least": "high"}})
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v", body, err)
		}
	}
	_, err := Compile(t.Context(), []string{"Policy-Registry.rego"}, Options{})
	if err == nil || !strings.Contains(err.Error(), "Policy-Registry.rego:6:") || !strings.Contains(err.Error(), "data.params has no registries") {
		t.Error(err)
	}
	// Parameters are part of what decides.
	a, err := CompileSource(t.Context(), "input", "data.params.a == 1", Options{Params: map[string]any{"a": 1}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := CompileSource(t.Context(), "input", "data.params.a == 1", Options{Params: map[string]any{"a": 2}})
	if err != nil || string(a.Sum()) == string(b.Sum()) {
		t.Error("other parameters, the same sum", err)
	}
}

// TestParamsOfAnotherType: a comparison that no value of the parameter can make true is a mistake, and says why.
func TestParamsOfAnotherType(t *testing.T) {
	_, err := CompileSource(t.Context(), "input", "data.params.least == 1", Options{Params: map[string]any{"least": "high"}})
	if want := "input:1:1: two values that are never equal: of type string and of type number"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestUnknownSeverity: a severity that there is not is a mistake, as a text and as a parameter.
func TestUnknownSeverity(t *testing.T) {
	const want = `input:1:29: there is no severity "hihg": there are critical, high, medium, low, negligible, unknown`
	for body, want := range map[string]string{
		`data.postee.filter.severity("hihg")`:            want,
		`data.postee.filter.severity(data.params.least)`: want,
		`not data.postee.filter.open("hihg")`:            want,
	} {
		_, err := CompileSource(t.Context(), "input", body, Options{Params: map[string]any{"least": "hihg"}})
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

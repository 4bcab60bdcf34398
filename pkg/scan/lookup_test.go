package scan

import "testing"

func TestLookup(t *testing.T) {
	const doc = `{"a":{"b":[{"c":"x\u0041"},7.50,null,true]},"":{"":"empty"},"d.e":1,"n":null}`
	for path, want := range map[string]string{
		"a.b.0.c": "xA", "a.b.1": "7.50", "a.b.3": "true", "a.b.2": "", "a.b.4": "", "a.b.-1": "", "a.b.x": "", "a.x": "", "x": "",
		"n": "", ".": "empty", "d.e": "", "a.b.1.z": "", "a.b.0": `{"c":"x\u0041"}`,
	} {
		got, ok := Lookup([]byte(doc), path)
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v; want %q", path, got, ok, want)
		}
	}
}

func FuzzLookup(f *testing.F) {
	f.Add(`{"a":[1,{"b":"c"}]}`, "a.1.b")
	f.Fuzz(func(_ *testing.T, doc, path string) { Lookup([]byte(doc), path) })
}

func TestSubjectBy(t *testing.T) {
	image := &Report{Artifact: ImageArtifact("registry.example.com/team/app:build-17"), Raw: []byte(`{"labels":{"team":"a"}}`)}
	for want, parts := range map[string][]string{
		"registry.example.com/team/app":          {"registry", "Repository"},
		"a/team/app":                             {"labels.team", "repository"},
		"registry.example.com/team/app:build-17": {"labels.nobody"},
	} {
		if got := image.SubjectBy(parts); got != want {
			t.Errorf("%v: %q, want %q", parts, got, want)
		}
	}
	if got := (&Report{Artifact: Artifact{Type: "filesystem", Name: "/app"}}).SubjectBy([]string{"registry", "repository"}); got != "/app" {
		t.Error(got)
	}
}

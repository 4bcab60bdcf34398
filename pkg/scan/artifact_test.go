package scan

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestImageSubject(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a", 64)
	for in, want := range map[string]string{
		"alpine":                               "docker.io/alpine:latest",
		"alpine:3":                             "docker.io/alpine:3",
		"library/alpine:3":                     "docker.io/alpine:3",
		"index.docker.io/library/alpine:3":     "docker.io/alpine:3",
		"registry-1.docker.io/team/app":        "docker.io/team/app:latest",
		"quay.io/library/app:1":                "quay.io/library/app:1",
		"Registry.Example.com:5000/Team/app:1": "registry.example.com:5000/Team/app:1",
		"localhost/app":                        "localhost/app:latest",
		"alpine@" + digest:                     "docker.io/alpine@" + digest,
		"alpine:3@" + digest:                   "docker.io/alpine:3",
		"core.example.com/p/photon:" + digest:  "core.example.com/p/photon@" + digest,
		"user:password@quay.io/app:1":          "quay.io/app:1",
		"https://user:password@quay.io/app:1":  "quay.io/app:1",
		"Demo image":                           "docker.io/Demo image:latest",
		"images/app.tar.gz":                    "image:images/app.tar.gz",
		"@":                                    "image:@",
	} {
		if got := ImageArtifact(in).Subject(); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestScannersMeet holds that one image is one subject, whichever scanner names it.
func TestScannersMeet(t *testing.T) {
	for _, pair := range []struct{ aqua, trivy string }{
		{`"image":"alpine:3","registry":"Docker Hub"`, `"ArtifactName":"alpine:3"`},
		{`"image":"library/alpine:3","registry":"Docker Hub","pull_name":"registry-1.docker.io/library/alpine:3"`, `"ArtifactName":"docker.io/alpine:3"`},
		{`"image":"team/app","registry":"Corporate","pull_name":"R.example.com/team/app:latest"`, `"ArtifactName":"r.example.com/team/app:latest"`},
		{`"image":"r.example.com/team/app:1","registry":"Corporate"`, `"ArtifactName":"x.tar","Metadata":{"RepoTags":["r.example.com/team/app:1"]}`},
	} {
		in := `{` + pair.aqua + `,"resources":[]}{"SchemaVersion":2,"ArtifactType":"container_image",` + pair.trivy + `}`
		docs, errs, _ := gather(t, Options{Stdin: strings.NewReader(in)}, "-")
		if len(docs) != 2 || len(errs) > 0 {
			t.Fatalf("%s: %v", in, errs)
		}
		if a, b := docs[0].Reports[0].Artifact.Subject(), docs[1].Reports[0].Artifact.Subject(); a != b {
			t.Errorf("%q and %q do not meet", a, b)
		}
	}
}

func TestOtherSubjects(t *testing.T) {
	for in, want := range map[string]string{
		`"ArtifactName":".","ArtifactType":"filesystem"`:                                                                                            "filesystem:.",
		`"ArtifactName":"/srv/app","ArtifactType":"filesystem"`:                                                                                     "filesystem:/srv/app",
		`"ArtifactName":".","ArtifactType":"repository","Metadata":{"RepoURL":"https://token@git.example.com/a/b"}`:                                 "repository:https://git.example.com/a/b",
		`"ArtifactName":"./sub/","ArtifactType":"filesystem","Metadata":{"RepoURL":"https://git.example.com/a"}`:                                    "filesystem:https://git.example.com/a/sub",
		`"ArtifactName":"https://u:p@git.example.com/a","ArtifactType":"repository"`:                                                                "repository:https://git.example.com/a",
		`"ArtifactName":"bom.json","ArtifactType":"cyclonedx"`:                                                                                      "sbom:bom.json",
		`"ArtifactName":"disk.img","ArtifactType":"vm"`:                                                                                             "vm:disk.img",
		`"ArtifactName":"","ArtifactType":"container_image","Metadata":{"RepoTags":[""],"RepoDigests":["@sha256:` + strings.Repeat("1", 64) + `"]}`: "image:sha256:" + strings.Repeat("1", 64),
	} {
		docs, errs, _ := gather(t, Options{Stdin: strings.NewReader(`{"SchemaVersion":2,` + in + `}`)}, "-")
		if len(docs) != 1 {
			t.Fatalf("%s: %v", in, errs)
		}
		if got := docs[0].Reports[0].Artifact.Subject(); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
		if relative := strings.Contains(want, ":.") || strings.HasSuffix(want, "bom.json") || strings.HasSuffix(want, "img"); relative != (len(docs[0].Warnings) == 1) {
			t.Errorf("%s: warnings %q", in, docs[0].Warnings)
		}
	}
}

// checkSubject holds for any name: short, printable, and the same whoever asks.
func checkSubject(t *testing.T, a Artifact) {
	s := a.Subject()
	if len(s) > maxSubject || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) || s != a.Subject() {
		t.Errorf("subject %.2000q of %.100q", s, a.Name)
	}
}

func TestSubjectBounds(t *testing.T) {
	long := strings.Repeat("é", 600_000)
	a, b := ImageArtifact("r.example.com/"+long+"a"), ImageArtifact("r.example.com/"+long+"b")
	checkSubject(t, a)
	if a.Subject() == b.Subject() {
		t.Error("two long names became one subject")
	}
	if c, d := ImageArtifact("a\nb"), ImageArtifact("a\rb"); c.Subject() == d.Subject() {
		t.Error("two names with control characters became one subject")
	}
}

func FuzzImageName(f *testing.F) {
	for _, s := range []string{"alpine:3", "u:p@h.example:5000/a/b:c@sha256:00", "://@/:@", "a\x00b", "\xff", ".tar/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		a := ImageArtifact(name)
		checkSubject(t, a)
		checkSubject(t, Artifact{Type: "filesystem", Name: name, Namespace: name})
	})
}

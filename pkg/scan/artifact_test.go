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
		"images/app.tar.gz":                    "images/app.tar.gz",
		"@":                                    "@",
	} {
		if got := ImageArtifact(in).Subject(); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
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

package trivy

import (
	"strings"
	"testing"

	"github.com/postee/postee/pkg/scan/scantest"
)

// TestSubjects holds by which name an artifact goes, its variant, and when a warning says that it is only a place.
func TestSubjects(t *testing.T) {
	id := "sha256:5d0a" + strings.Repeat("1", 60)
	const till = `"Metadata":{"ImageID":"sha256:5d0a11","RepoTags":["registry.test/till/web:7"]}`
	for _, test := range []struct {
		in, subject, variant string
		warned               bool
	}{
		{`"ArtifactName":"till/web:7","ArtifactType":"container_image","Metadata":{"ImageConfig":{"os":"linux","architecture":"arm","variant":"v7"}}`, "docker.io/till/web:7", "linux/arm/v7", false},
		{`"ArtifactName":"till/web:7@` + id + `","ArtifactType":"container_image","Metadata":{"Reference":"till/web@` + id + `"}`, "docker.io/till/web:7", "", false},
		{`"ArtifactName":"web-saved","ArtifactType":"container_image","Metadata":{"Reference":"registry.test/till/web:7"}`, "registry.test/till/web:7", "", false},
		{`"ArtifactName":"out/web.tar","ArtifactType":"container_image","Metadata":{"RepoTags":["","<none>:<none>","registry.test/till/web:7"]}`, "registry.test/till/web:7", "", false},
		{`"ArtifactName":"out/web.tar","ArtifactType":"container_image"`, "out/web.tar", "", true},
		{`"ArtifactName":"5d0a11","ArtifactType":"container_image",` + till, "registry.test/till/web:7", "", false},
		{`"ArtifactName":"` + id + `","ArtifactType":"container_image",` + till, "registry.test/till/web:7", "", false},
		{`"ArtifactName":"` + id[7:] + `","ArtifactType":"container_image"`, id[7:], "", true},
		{`"ArtifactName":"5d0a","ArtifactType":"container_image","Metadata":{"ImageID":"sha256:77"}`, "docker.io/5d0a:latest", "", false},
		{`"ArtifactName":"` + id + `","ArtifactType":"container_image","Metadata":{"Reference":"registry.test/till/web@` + id + `","RepoTags":["registry.test/till/web:7"]}`, "registry.test/till/web:7", "", false},
		{`"ArtifactName":"` + id + `","ArtifactType":"container_image","Metadata":{"RepoDigests":["registry.test/till/web@` + id + `"]}`, "registry.test/till/web@" + id, "", false},
		{`"ArtifactName":"","ArtifactType":"container_image","Metadata":{"RepoTags":[""],"RepoDigests":["@` + id + `"]}`, id, "", true},
		{`"ArtifactName":"bom.json","ArtifactType":"cyclonedx",` + till, "registry.test/till/web:7", "", false},
		{`"ArtifactName":"bom.json","ArtifactType":"spdx","Metadata":{"ImageID":"` + id + `"}`, "bom.json", "", true},
		{`"ArtifactName":".","ArtifactType":"filesystem"`, ".", "", true},
		{`"ArtifactName":"/srv/app","ArtifactType":"filesystem"`, "/srv/app", "", true},
		{`"ArtifactName":"/srv/app/","ArtifactType":"repository","Metadata":{"Branch":"main"}`, "/srv/app", "branch main", true},
		{`"ArtifactName":"/srv/app","ArtifactType":"repository","Metadata":{"Branch":"HEAD","RepoURL":"ssh://git@git.test/till/web.git"}`, "git.test/till/web", "", false},
		{`"ArtifactName":".","ArtifactType":"repository","Metadata":{"Branch":"2.x","RepoURL":"https://token@git.test/till/web"}`, "git.test/till/web", "branch 2.x", false},
		{`"ArtifactName":"https://u:p@git.test/till/web.git","ArtifactType":"repository"`, "git.test/till/web", "", false},
		{`"ArtifactName":"disk.img","ArtifactType":"vm"`, "disk.img", "", true},
		{`"ArtifactName":"ami-0a1b2c3d","ArtifactType":"vm"`, "ami-0a1b2c3d", "", false},
		{`"ArtifactName":"/","ArtifactType":"filesystem","Metadata":{"OS":{"Family":"debian"}}`, "/", "", true},
	} {
		docs, errs, _ := scantest.Text(t, options(), `{"SchemaVersion":2,`+test.in+`}`)
		if len(docs) != 1 {
			t.Fatalf("%s: %v", test.in, errs)
		}
		r := &docs[0].Reports[0]
		if got := r.Artifact.Subject(); got != test.subject || r.Variant != test.variant || (len(docs[0].Warnings) == 1) != test.warned {
			t.Errorf("%s: %q, variant %q, warnings %q", test.in, got, r.Variant, docs[0].Warnings)
		}
	}
	docs, _, _ := scantest.Text(t, options(), `{"SchemaVersion":2,"ArtifactName":"/","ArtifactType":"filesystem","Metadata":{"OS":{}}}`)
	if got := docs[0].Reports[0].Artifact.Type; got != "rootfs" {
		t.Errorf("a file system with an operating system is a %s", got)
	}
}

// TestNoScan holds that a report without anything that a scan has is an error.
func TestNoScan(t *testing.T) {
	for _, in := range []string{`{"SchemaVersion":2}`, `{"SchemaVersion":2,"Results":[]}`, `{"SchemaVersion":2,"ArtifactName":"","Metadata":{},"Results":null}`} {
		docs, errs, _ := scantest.Text(t, options(), in)
		if len(docs) > 0 || len(errs) != 1 || !strings.Contains(errs[0].Error(), "names no artifact and has no results") {
			t.Errorf("%s: %d documents, %v", in, len(docs), errs)
		}
	}
}

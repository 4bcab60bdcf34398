package trivy

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/scantest"
)

// withComponents are the options of a run that needs to know what is installed.
func withComponents() scan.Options {
	o := options()
	o.Components = true
	return o
}

func TestComponents(t *testing.T) {
	const in = `{"SchemaVersion":2,"ArtifactName":"a:1","ArtifactType":"container_image","Results":[
		{"Target":"a (debian 12)","Class":"os-pkgs","Type":"debian","Packages":[
			{"Name":"openssl","Version":"3.0.1","Release":"2","Epoch":1,"Identifier":{"PURL":"pkg:deb/debian/openssl@3.0.1-2?epoch=1"},"Licenses":["MIT","MIT","","GPL-2.0"]},
			{"Name":"base"},{"Name":"old","Version":"1","Epoch":2},{"Version":"no name"},null],
		 "Vulnerabilities":[{"VulnerabilityID":"CVE-1","PkgName":"openssl","InstalledVersion":"1:3.0.1-2"}]},
		{"Target":"Node.js","Class":"lang-pkgs","Type":"node-pkg","Packages":[{"Name":"@a/b","Version":"1","FilePath":"app/package.json"},{"Name":"c"}]},
		{"Target":"go.mod","Class":"lang-pkgs","Type":"gomod","Vulnerabilities":[
			{"VulnerabilityID":"CVE-2","PkgName":"golang.org/x/net","InstalledVersion":"v0.1.0","PkgIdentifier":{"PURL":"pkg:golang/golang.org/x/net@v0.1.0"}},
			{"VulnerabilityID":"CVE-3","PkgName":"golang.org/x/net","InstalledVersion":"v0.1.0"},
			{"VulnerabilityID":"CVE-3","PkgName":"m","InstalledVersion":"1","PkgPath":"x"},{}]},
		{"Target":"mix.lock","Class":"lang-pkgs","Type":"hex","Packages":[{"Name":"castore"}]},
		{"Target":"Dockerfile","Class":"config"}]}`
	docs, errs, _ := scantest.Text(t, withComponents(), in)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	want := []scan.Component{
		{Name: "openssl", Version: "1:3.0.1-2", PURL: "pkg:deb/debian/openssl@3.0.1-2?epoch=1", Type: "os", Licences: []string{"MIT", "GPL-2.0"}},
		{Name: "base", PURL: "pkg:deb/debian/base", Type: "os"},
		{Name: "old", Version: "2:1", PURL: "pkg:deb/debian/old@2:1", Type: "os"},
		{Name: "@a/b", Version: "1", PURL: "pkg:npm/%40a/b@1", Type: "npm", Path: "app/package.json"},
		{Name: "c", PURL: "pkg:npm/c", Type: "npm"},
		{Name: "golang.org/x/net", Version: "v0.1.0", PURL: "pkg:golang/golang.org/x/net@v0.1.0", Type: "golang", Path: "go.mod"},
		{Name: "m", Version: "1", PURL: "pkg:golang/m@1", Type: "golang", Path: "x"},
		{Name: "castore", PURL: "pkg:hex/castore", Type: "hex", Path: "mix.lock"},
	}
	if diff := cmp.Diff(want, docs[0].Reports[0].Components); diff != "" {
		t.Error(diff)
	}
	if docs, _, _ := scantest.Text(t, options(), in); docs[0].Reports[0].Components != nil {
		t.Error("components that nobody asked for")
	}
}

func TestKubernetesComponents(t *testing.T) {
	var got [][]string
	for _, file := range []string{"testdata/kubernetes.json", "testdata/kubernetes-old.json"} {
		for _, r := range scantest.One(t, withComponents(), file).Reports {
			names := []string{r.Artifact.Name}
			for _, c := range r.Components {
				names = append(names, c.Name+"@"+c.Version+" "+c.Type)
			}
			got = append(got, names)
		}
	}
	want := [][]string{{"Deployment/web", "musl@1 os"}, {"Node/n1"}, {"Pod/p"}, {"Deployment/web", "musl@ os"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestDistributions: packages of a distribution get its namespace, and those of an unknown one no package URL.
func TestDistributions(t *testing.T) {
	for kind, want := range map[string]string{
		"": "", "alpine": "pkg:apk/alpine/a@1:2", "ubuntu": "pkg:deb/ubuntu/a@1:2", "redhat": "pkg:rpm/redhat/a@2?epoch=1",
		"opensuse-tumbleweed": "pkg:rpm/opensuse/a@2?epoch=1", "plan9": "", "npm": "",
	} {
		r := installed{Class: "os-pkgs", Type: kind}
		if got := r.component("a", "1:2", "", "", nil).PURL; got != want {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
	old := installed{Type: "debian"}
	if got := old.component("a", "1", "", "", nil); got.Type != scan.SystemPackage || got.PURL != "pkg:deb/debian/a@1" {
		t.Errorf("without a class: %+v", got)
	}
}

// TestComponentErrors holds that packages which contradict the format are an error with a path, for a run that asks for them,
// and nothing to a run that does not.
func TestComponentErrors(t *testing.T) {
	const in = `{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Packages":[{"Name":7}]}]}`
	_, errs, _ := scantest.Text(t, withComponents(), in)
	if len(errs) != 1 || errs[0].Err.Error() != "Results[0].Packages[0].Name: expected a string, found a number" {
		t.Errorf("%v", errs)
	}
	if _, errs, _ := scantest.Text(t, options(), in); len(errs) > 0 {
		t.Error(errs)
	}
	docs, _, _ := scantest.Text(t, withComponents(), "{\"SchemaVersion\":2,\"ArtifactName\":\"a\xff:1\",\"ArtifactType\":\"container_image\"}")
	if len(docs[0].Warnings) != 1 {
		t.Errorf("warnings %q", docs[0].Warnings)
	}
}

package formats

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/scantest"
)

// image is a document of the first format.
const image = "../trivy/testdata/image.json"

// options read with every format.
func options() scan.Options { return scan.Options{Formats: All()} }

// TestScannersMeet holds that one image is one subject, whichever scanner names it.
func TestScannersMeet(t *testing.T) {
	for _, pair := range []struct{ aqua, trivy string }{
		{`"image":"alpine:3","registry":"Docker Hub"`, `"ArtifactName":"alpine:3"`},
		{`"image":"library/alpine:3","registry":"Docker Hub","pull_name":"registry-1.docker.io/library/alpine:3"`, `"ArtifactName":"docker.io/alpine:3"`},
		{`"image":"team/app","registry":"Corporate","pull_name":"R.example.com/team/app:latest"`, `"ArtifactName":"r.example.com/team/app:latest"`},
		{`"image":"r.example.com/team/app:1","registry":"Corporate"`, `"ArtifactName":"x.tar","Metadata":{"RepoTags":["r.example.com/team/app:1"]}`},
	} {
		in := `{` + pair.aqua + `,"resources":[]}{"SchemaVersion":2,"ArtifactType":"container_image",` + pair.trivy + `}`
		docs, errs, _ := scantest.Text(t, options(), in)
		if len(docs) != 2 || len(errs) > 0 {
			t.Fatalf("%s: %v", in, errs)
		}
		if a, b := docs[0].Reports[0].Artifact.Subject(), docs[1].Reports[0].Artifact.Subject(); a != b {
			t.Errorf("%q and %q do not meet", a, b)
		}
	}
}

func TestOptions(t *testing.T) {
	if r := scantest.One(t, scan.Options{Formats: All(), Covers: scan.CoverageOf(scan.Malware)}, image).Reports[0]; !r.Covers.Has(scan.Malware, scan.NoClass) || !r.Covers.Has(scan.Secret, scan.NoClass) {
		t.Errorf("covers %v", r.Covers.Names())
	}
	if r := scantest.One(t, scan.Options{Formats: All(), Covers: scan.CoverageOf(scan.Malware), Partial: true}, image).Reports[0]; r.Covers != 0 {
		t.Errorf("partial: covers %v", r.Covers.Names())
	}
	if doc := scantest.One(t, scan.Options{Formats: All(), Format: "generic"}, image); doc.Format != "generic" || doc.Reports[0].Findings != nil {
		t.Errorf("forced generic: %q", doc.Format)
	}
	if _, errs, _ := scantest.Gather(t, scan.Options{Formats: All(), Format: "trivvy"}, image); len(errs) != 1 || !strings.Contains(errs[0].Error(), "one of auto, trivy") {
		t.Errorf("unknown format: %v", errs)
	}
}

func TestNames(t *testing.T) {
	names := Names()
	if names[0] != "auto" || names[len(names)-1] != scan.Generic {
		t.Errorf("names %q", names)
	}
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("two formats of one name: %q", names)
	}
}

// TestEveryFolderIsListed holds that every scanner's folder is in the table, and has a fuzz target.
func TestEveryFolderIsListed(t *testing.T) {
	table, err := os.ReadFile("formats.go")
	if err != nil {
		t.Fatal(err)
	}
	folders, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		name := f.Name()
		if !f.IsDir() || name == "formats" || name == "scantest" || name == "testdata" {
			continue
		}
		if !strings.Contains(string(table), "\t\t"+name+".") {
			t.Errorf("no line of All has a format of %s", name)
		}
		tests, _ := filepath.Glob(filepath.Join("..", name, "*_test.go"))
		if !slices.ContainsFunc(tests, func(file string) bool {
			text, _ := os.ReadFile(file)
			return strings.Contains(string(text), "scantest.Fuzz(")
		}) {
			t.Errorf("%s has no fuzz target: scantest.Fuzz makes one", name)
		}
	}
}

// FuzzRead holds that no input makes the reader panic or hang, and that every document which it understands is sound.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"{\"SchemaVersion\":2,\"Results\":[]}\n{\"image\":\"a\",\"resources\":[]}\n{\"ClusterName\":\"\"}\n", `[{"Target":"a"},{"Target":"b"}]`,
		`[{"image_name":"a","results":{}}]x`, `[{"Target":"a","SchemaVersion":2}]`, "[INFO] x\n{\"SchemaVersion\":2.0}\n", `[null,{"image":1,"resources":0},[]]`, "\xff\xfe{\x00}\x00",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		docs, _, _ := scantest.Text(t, options(), string(raw))
		for _, doc := range docs {
			scantest.Check(t, doc)
		}
	})
}

// FuzzForced holds the same for every format when it is forced on a document, which may be of another.
func FuzzForced(f *testing.F) {
	all := All()
	for _, s := range []string{
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Class":"config","Misconfigurations":[{"ID":"DS001","Status":"FAIL"}],"Vulnerabilities":[{"VulnerabilityID":"CVE-1"}]}]}`,
		`{"image":"a","resources":[{"resource":{"sensitive_items":["a",{"path":"b"}]},"vulnerabilities":[{"name":"CVE-1","description":"a. b"}]}],"application_scope_owners":[1,"x"],"vulnerability_summary":{"high":"1"}}`,
		`{"ClusterName":"c","Resources":[{"Kind":"Pod","Name":"p","Results":[]},{"Kind":"Pod","Name":"p"}],"Vulnerabilities":[{}]}`,
	} {
		for i := range all {
			f.Add(i, []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, which int, raw []byte) {
		scantest.Forced(t, all[uint(which)%uint(len(all))], raw)
	})
}

package trivy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/scantest"
)

func TestKubernetes(t *testing.T) {
	doc := scantest.One(t, options(), "testdata/kubernetes.json")
	type row struct {
		Subject  string
		Findings int
		Covers   scan.Coverage
		Raw      string
	}
	var got []row
	for _, r := range doc.Reports {
		got = append(got, row{r.Artifact.Subject(), len(r.Findings), r.Covers, string(r.Raw[:2]) + string(r.Raw[len(r.Raw)-1:])})
	}
	want := []row{
		{"kubernetes:shop/Deployment/web", 2, scan.CoverageOfClass(scan.OSPackage) | scan.CoverageOf(scan.Misconfiguration), `{"}`},
		{"kubernetes:Node/n1", 0, scan.CoverageOf(scan.Misconfiguration), `{"}`},
		{"kubernetes:shop/Pod/p", 0, 0, `{"}`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(doc.Warnings) != 1 || !strings.Contains(doc.Warnings[0], "Pod p could not be scanned") {
		t.Errorf("warnings %q", doc.Warnings)
	}
	old := scantest.One(t, options(), "testdata/kubernetes-old.json")
	if len(old.Reports) != 1 || len(old.Reports[0].Findings) != 2 || old.Reports[0].Artifact.Subject() != "kubernetes:prod/shop/Deployment/web" {
		t.Errorf("old form: %+v", old.Reports)
	}
}

// TestWorkloadBytes holds when a workload's bytes are themselves one JSON value with the workload's name in it.
func TestWorkloadBytes(t *testing.T) {
	for _, r := range scantest.One(t, options(), "testdata/kubernetes.json").Reports {
		_, name, _ := strings.Cut(r.Artifact.Name, "/")
		if _, err := scan.Canonical(r.Raw); err != nil || !strings.Contains(string(r.Raw), fmt.Sprintf(`"Name": %q`, name)) {
			t.Errorf("%s: %s: %v", r.Artifact.Name, r.Raw, err)
		}
	}
}

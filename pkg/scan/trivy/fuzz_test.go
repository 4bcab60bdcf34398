package trivy

import (
	"testing"

	"github.com/postee/postee/pkg/scan/scantest"
)

func FuzzReport(f *testing.F) {
	scantest.Fuzz(f, Format(), `{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Class":"config","Misconfigurations":[{"ID":"DS001","Status":"FAIL"}],"Vulnerabilities":[{"VulnerabilityID":"CVE-1"}]}]}`)
}

func FuzzKubernetes(f *testing.F) {
	scantest.Fuzz(f, Kubernetes(), `{"ClusterName":"c","Resources":[{"Kind":"Pod","Name":"p","Results":[]},{"Kind":"Pod","Name":"p"}],"Vulnerabilities":[{}]}`)
}

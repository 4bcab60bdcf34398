package trivy

import (
	"testing"

	"github.com/postee/postee/pkg/scan/scantest"
)

func FuzzReport(f *testing.F) {
	scantest.Fuzz(f, Format(), `{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Class":"config","Misconfigurations":[{"ID":"DS001","Status":"FAIL"}],"Vulnerabilities":[{"VulnerabilityID":"CVE-1"}]}]}`,
		`[{"Target":"a (alpine 3)","Type":"alpine","Vulnerabilities":null}]`, `{"ArtifactName":"1","ArtifactType":"aws_account","Results":null}`,
		`{"SchemaVersion":2,"ArtifactName":"/a","Metadata":{"OS":{"EOSL":true},"Branch":"b","ImageConfig":{"architecture":"c"}},"Results":[{"Class":"os-pkgs","Packages":[{"Name":"n","Epoch":1},2]}]}`)
}

func FuzzCosign(f *testing.F) {
	scantest.Fuzz(f, Cosign(), `{"invocation":{},"scanner":{"result":{"SchemaVersion":2,"ArtifactName":"a","Results":[]}}}`)
}

func FuzzKubernetes(f *testing.F) {
	scantest.Fuzz(f, Kubernetes(), `{"ClusterName":"c","Resources":[{"Kind":"Pod","Name":"p","Results":[]},{"Kind":"Pod","Name":"p"}],"Vulnerabilities":[{}]}`,
		`{"ClusterName":"","Findings":[{"Kind":"Pod","Metadata":[{"OS":{"EOSL":true}}],"Results":[{"Class":"lang-pkgs","Packages":[{}]}]}]}`)
}

package trivy

import (
	"testing"

	"github.com/postee/postee/pkg/scan/scantest"
)

// reports, predicates and clusters are small documents of each format.
var (
	reports = []string{
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Class":"config","Misconfigurations":[{"ID":"DS001","Status":"FAIL"}],"Vulnerabilities":[{"VulnerabilityID":"CVE-1"}]}]}`,
		`[{"Target":"a (alpine 3)","Type":"alpine","Vulnerabilities":null}]`, `{"ArtifactName":"1","ArtifactType":"aws_account","Results":null}`,
		`{"SchemaVersion":2,"ArtifactName":"/a","Metadata":{"OS":{"EOSL":true},"Branch":"b","ImageConfig":{"architecture":"c"}},"Results":[{"Class":"os-pkgs","Packages":[{"Name":"n","Epoch":1},2]}]}`,
		`{"SchemaVersion":2,"CreatedAt":"2026-11-22T10:00:00Z","ArtifactName":"r.example.com/a:1","ArtifactType":"container_image","Metadata":{"OS":{"EOSL":false},"ImageID":"sha256:1"},"Results":[
 {"Target":"a (debian 12)","Class":"os-pkgs","Type":"debian","Packages":[{"Name":"n","Version":"1","Release":"2","Epoch":3,"Other":[]},7,null],
  "Vulnerabilities":[{"VulnerabilityID":"DLA-1","VendorIDs":["CVE-2026-1","DLA-1",null,5],"PkgName":"p","PkgPath":"x/y","InstalledVersion":"1","FixedVersion":"2","Status":"fixed","Title":"a \u003c b","Severity":"HIGH","PrimaryURL":"u"},
   {"VulnerabilityID":"CVE-2026-2","VendorIDs":null,"Status":7,"Severity":"low"},{"PkgName":"nameless"},null],
  "ExperimentalModifiedFindings":[{"Type":"vulnerability","Finding":{"VulnerabilityID":"CVE-2026-3","PkgName":"p"}}]},
 {"Target":"r.example.com/a:1","Class":"config","Type":"dockerfile","Misconfigurations":[{"ID":"DS002","AVDID":"AVD-DS-0002","Namespace":"n","Query":"data.n.deny","Title":"t","Message":"m","Severity":"MEDIUM","PrimaryURL":"u","Status":"FAIL",
   "CauseMetadata":{"Resource":"r","StartLine":3,"EndLine":"4","Code":{"Lines":[{"Number":1}]}}},{"ID":"N/A","Namespace":"n","Query":"q","Message":"m","Status":"FAIL","CauseMetadata":null},{"ID":"x","Status":"PASS"}],
  "ExperimentalModifiedFindings":[{"Type":"misconfiguration","Finding":{"ID":"DS001","CauseMetadata":{"StartLine":1}}},{"Type":"secret","Finding":{"RuleID":"r","Offset":1}},{"Type":"license","Finding":{"Name":"MIT"}}]},
 {"Target":"k.pem","Class":"secret","Secrets":[{"RuleID":"key","Severity":"CRITICAL","Title":"t","StartLine":1,"EndLine":2,"Offset":9,"Match":"***"},{"RuleID":"other","Match":null}]},
 {"Target":"","Class":"license","Licenses":[{"Name":"GPL","PkgName":"p","FilePath":"f","Link":"l","Category":"restricted","Severity":"HIGH"}],"Secrets":null,"Vulnerabilities":[]}]}`,
	}
	predicates = []string{`{"invocation":{},"scanner":{"result":{"SchemaVersion":2,"ArtifactName":"a","Results":[]}}}`,
		`{"invocation":null,"scanner":{"uri":"u", "result": {"ArtifactName":"a","Results":[{"Class":"lang-pkgs","Vulnerabilities":[{"VulnerabilityID":"CVE-1"}]}]} ,"version":""}}`}
	clusters = []string{
		`{"ClusterName":"c","Resources":[{"Kind":"Pod","Name":"p","Results":[]},{"Kind":"Pod","Name":"p"}],"Vulnerabilities":[{}]}`,
		`{"ClusterName":"","Findings":[{"Kind":"Pod","Metadata":[{"OS":{"EOSL":true}}],"Results":[{"Class":"lang-pkgs","Packages":[{}]}]}]}`,
		`{"ClusterName":"c","Resources":[{"Namespace":"n","Kind":"Pod","Name":"p","Metadata":[{"OS":{"EOSL":true}}],"Results":[{"Target":"t","Class":"os-pkgs","Vulnerabilities":[{"VulnerabilityID":"CVE-1"},{}]}],"Error":"e"},null,
 {"Namespace":"n","Kind":"Pod","Name":"p","Results":[{"Target":"t","Class":"config","Misconfigurations":[{"ID":"KSV001","Status":"FAIL"}]}]},{"Kind":"Job","Name":"j","Metadata":{}}],
 "Misconfigurations":[{"Namespace":"n","Kind":"Pod","Name":"p","Results":null}]}`,
	}
)

func FuzzReport(f *testing.F) { scantest.Fuzz(f, Format(), reports...) }

func FuzzCosign(f *testing.F) { scantest.Fuzz(f, Cosign(), predicates...) }

func FuzzKubernetes(f *testing.F) { scantest.Fuzz(f, Kubernetes(), clusters...) }

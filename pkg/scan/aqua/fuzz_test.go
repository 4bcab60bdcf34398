package aqua

import (
	"testing"

	"github.com/postee/postee/pkg/scan/scantest"
)

// seeds are small documents with everything in them that is read.
var seeds = []string{
	`{"image":"a","resources":[{"resource":{"sensitive_items":["a",{"path":"b"}]},"vulnerabilities":[{"name":"CVE-1","description":"a. b"}]}],"application_scope_owners":[1,"x"],"vulnerability_summary":{"high":"1"}}`,
	`[{"image_name":"a","results":{"resources":[],"scan_started":{"seconds":1},"scan_options":{"scan_malware":false},"scanned_image_platform":"arm64::linux:"}}]`,
	`{"image":"a","resources":[{"resource":{"name":"p","format":"deb"},"scanned":false},{"scanned":false}],"scan_started":"x","partial_results":true}`,
	`{"image":"a","registry":"Docker Hub","pull_name":"r.example.com/a:1","digest":"sha256:1","image_id":"sha256:2","scanned_image_platform":"amd64","scan_started":{"seconds":1,"nanos":2},"scan_options":{"scan_malware":true,"other":1},
 "resources":[{"resource":{"name":"p","path":"/x","version":"1","format":"deb","malware_items":["m"],"sensitive_items":null},"scanned":true,"vulnerabilities":[
  {"name":"CVE-1","description":"One\n two. Three.","nvd_severity":"high","nvd_url":"u","vendor_severity":"low","vendor_url":"v","fix_version":"2","aqua_severity":"critical","already_acknowledged":true},
  {"name":"CVE-2","already_acknowledged":"no","description":null},{"description":"nameless"},null],"malware_items":[{"name":"n","path":"p"}],"sensitive_items":[7]},{"resource":{"name":"q"},"scanned":false},null],
 "image_assurance_results":{"disallowed":true,"checks_performed":[{"control":"c","policy_name":"d","failed":true}]},"vulnerability_summary":{"total":2,"malware":0,"sensitive":"1"},
 "application_scope_owners":["x"],"malware":[{"malware":"m"}],"sensitive_data":["s"]}`,
	`[{"results": {"image":"b","resources":[]} , "image_name":"a"},{"image_name":"c","results":{"image_assurance_results":null,"resources":[{}]}}]`,
}

func FuzzScan(f *testing.F) { scantest.Fuzz(f, Format(), seeds...) }

package aqua

import (
	"testing"

	"github.com/postee/postee/pkg/scan/scantest"
)

func FuzzScan(f *testing.F) {
	scantest.Fuzz(f, Format(), `{"image":"a","resources":[{"resource":{"sensitive_items":["a",{"path":"b"}]},"vulnerabilities":[{"name":"CVE-1","description":"a. b"}]}],"application_scope_owners":[1,"x"],"vulnerability_summary":{"high":"1"}}`,
		`[{"image_name":"a","results":{"resources":[],"scan_started":{"seconds":1},"scan_options":{"scan_malware":false},"scanned_image_platform":"arm64::linux:"}}]`,
		`{"image":"a","resources":[{"resource":{"name":"p","format":"deb"},"scanned":false},{"scanned":false}],"scan_started":"x","partial_results":true}`)
}

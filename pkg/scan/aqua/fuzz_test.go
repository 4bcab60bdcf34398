package aqua

import (
	"testing"

	"github.com/postee/postee/pkg/scan/scantest"
)

func FuzzScan(f *testing.F) {
	scantest.Fuzz(f, Format(), `{"image":"a","resources":[{"resource":{"sensitive_items":["a",{"path":"b"}]},"vulnerabilities":[{"name":"CVE-1","description":"a. b"}]}],"application_scope_owners":[1,"x"],"vulnerability_summary":{"high":"1"}}`)
}

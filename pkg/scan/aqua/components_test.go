package aqua

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/scantest"
)

func TestComponents(t *testing.T) {
	const in = `{"image":"a:1","resources":[
		{"resource":{"type":2,"format":"deb","name":"bash","version":"5","license":"GPL3,LGPL,OR,GPL3","cpe":"pkg:/debian:12:bash:5"}},
		{"resource":{"type":2,"format":"npm","name":"fresh","path":"/app/node_modules/fresh","version":"1","licenses":["MIT"]}},
		{"resource":{"type":1,"path":"/usr/local/bin/node","version":"10.18.0","format":7,"license":null,"cpe":"cpe:/a:nodejs:node.js:10.18.0"}},
		{"resource":{"format":"javascript","name":"lodash","version":"4","cpe":"pkg:/npm:*:lodash:4"}},
		{"resource":{"format":"apk","name":"a","version":"1","cpe":"pkg:/alpine:3 8:a:1"}},
		{"resource":{"format":"apk","name":"b","version":"1","cpe":"pkg:/alpine"}},
		{"resource":{"path":"/data"}},{"resource":null},null]}`
	o := options()
	if docs, _, _ := scantest.Text(t, o, in); docs[0].Reports[0].Components != nil {
		t.Error("components that nobody asked for")
	}
	o.Components = true
	docs, errs, _ := scantest.Text(t, o, in)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	want := []scan.Component{
		{Name: "bash", Version: "5", PURL: "pkg:deb/debian/bash@5?distro=debian-12", Type: "os", Licences: []string{"GPL3", "LGPL"}},
		{Name: "fresh", Version: "1", PURL: "pkg:npm/fresh@1", Type: "npm", Licences: []string{"MIT"}, Path: "/app/node_modules/fresh"},
		{Name: "/usr/local/bin/node", Version: "10.18.0", Path: "/usr/local/bin/node"},
		{Name: "lodash", Version: "4", PURL: "pkg:npm/lodash@4", Type: "npm"},
		{Name: "a", Version: "1", PURL: "pkg:apk/alpine/a@1", Type: "os"},
		{Name: "b", Version: "1", PURL: "pkg:apk/alpine/b@1", Type: "os"},
	}
	if diff := cmp.Diff(want, docs[0].Reports[0].Components); diff != "" {
		t.Error(diff)
	}
}

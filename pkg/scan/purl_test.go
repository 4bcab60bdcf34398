package scan

import "testing"

// TestPackageURL: names are taken apart and encoded as the specification's definitions of the types ask.
func TestPackageURL(t *testing.T) {
	for _, c := range []struct{ kind, namespace, name, version, want string }{
		{"deb", "debian", "libssl3", "3.0.11-1~deb12u2", "pkg:deb/debian/libssl3@3.0.11-1~deb12u2"},
		{"deb", "debian", "zlib1g", "1:1.2.13.dfsg-1", "pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1"},
		{"deb", "", "libssl3", "1", ""},
		{"deb", "debian", "libstdc++6", "1+b1", "pkg:deb/debian/libstdc%2B%2B6@1%2Bb1"},
		{"apk", "alpine", "Busybox", "1.36-r3", "pkg:apk/alpine/busybox@1.36-r3"},
		{"rpm", "redhat", "perl-Carp", "1.50", "pkg:rpm/redhat/perl-Carp@1.50"},
		{"rpm", "centos", "dbus", "1:1.12.8-12.el8", "pkg:rpm/centos/dbus@1.12.8-12.el8?epoch=1"},
		{"npm", "", "@babel/core", "7.0.0", "pkg:npm/%40babel/core@7.0.0"},
		{"npm", "", "lodash", "", "pkg:npm/lodash"},
		{"maven", "", "org.apache:log4j-core", "2.0", "pkg:maven/org.apache/log4j-core@2.0"},
		{"maven", "", "log4j-core", "2.0", ""},
		{"golang", "", "github.com/Acme/x", "v1.0.0+incompatible", "pkg:golang/github.com/acme/x@v1.0.0%2Bincompatible"},
		{"pypi", "", "Typing_Extensions", "4", "pkg:pypi/typing-extensions@4"},
		{"gem", "", "../a b?#@%", "1/2", "pkg:gem/..%2Fa%20b%3F%23%40%25@1%2F2"},
		{"os", "", "bash", "5", ""}, {"", "", "bash", "5", ""}, {"gem", "", "", "5", ""},
	} {
		got := PackageURL(c.kind, c.namespace, c.name, c.version)
		if got != c.want {
			t.Errorf("%s %s %s %s: %q, want %q", c.kind, c.namespace, c.name, c.version, got, c.want)
		}
		if got != "" && !IsPackageURL(got) {
			t.Errorf("%q is no package URL", got)
		}
	}
}

func TestIsPackageURL(t *testing.T) {
	for s, want := range map[string]bool{
		"pkg:deb/debian/openssl@3.0.1?arch=amd64&distro=debian-12": true, "pkg:golang/stdlib@v1.20": true, "pkg://npm/a": true, "pkg:npm/%40a/b@1#c/d": true,
		"": false, "pkg:": false, "pkg:npm": false, "pkg:npm/": false, "npm/a": false, "pkg:/alpine:3.12.0:a:1": false, "pkg:npm/a b": false,
		"pkg:npm/a\n": false, "pkg:npm/<a>": false, "pkg:npm/%4": false, "pkg:npm/é": false, "pkg:npm/a/@1": false, "pkg:npm/a//b@1": false, "pkg:npm/@a/b@1": true, "pkg:npm/a@": false,
	} {
		if got := IsPackageURL(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

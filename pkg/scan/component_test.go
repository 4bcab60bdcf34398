package scan

import "testing"

func TestComponentType(t *testing.T) {
	for in, want := range map[string]string{
		"pkg:deb/debian/openssl@3": "os", "pkg:APK/alpine/musl": "os", "pkg:npm/%40a/b@1": "npm", "pkg:/npm/a": "npm", "pkg://golang/x": "golang",
		"": "", "npm/a": "", "pkg:npm": "", "pkg:": "",
	} {
		if got := ComponentType(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

package scan

import (
	"strings"
	"testing"
)

func TestStableLocation(t *testing.T) {
	for _, test := range []struct{ location, root, want string }{
		{"till-1.4.0.tgz:templates/web.yaml", "", "till.tgz:templates/web.yaml"},
		{"till-v1.4.0-rc.1+b2.tgz:charts/db-0.3.2.tgz:x.yaml", "", "till.tgz:charts/db.tgz:x.yaml"},
		{"lib/till-core-2.14.1.jar", "", "lib/till-core.jar"},
		{"lib/till_2.14_amd64.deb", "", "lib/till.deb"},
		{"python-3.11-till-1.0.tar.gz", "", "python-3.11-till.tar.gz"},
		{"backup-1.tgz", "", "backup-1.tgz"},
		{"-1.0.zip", "", "-1.0.zip"},
		{"till-1.4.0.yaml", "", "till-1.4.0.yaml"},
		{"till-1.4.0/web.yaml", "", "till-1.4.0/web.yaml"},
		{"git.shop.test/modules/db?ref=v5.2.0/main.tf", "", "git.shop.test/modules/db/main.tf"},
		{"git.shop.test/modules/db?depth=1&ref=v5", "", "git.shop.test/modules/db"},
		{"what?reference/main.tf", "", "what?reference/main.tf"},
		{"/builds/7/till/go.sum", "/builds/7/till", "go.sum"},
		{"file:///builds/7/till/a/go.sum", "/builds/7/till/", "a/go.sum"},
		{`C:\builds\till\a\go.sum`, `C:\builds\till`, "a/go.sum"},
		{"/builds/7/tiller/go.sum", "/builds/7/till", "/builds/7/tiller/go.sum"},
		{"/etc/key.pem", "/", "etc/key.pem"},
		{"/etc/key.pem", "registry.test/till:1", "/etc/key.pem"},
		{"go.sum", "/builds/7/till", "go.sum"},
		{"", "/x", ""},
	} {
		if got := StableLocation(test.location, test.root); got != test.want {
			t.Errorf("%q below %q: %q, want %q", test.location, test.root, got, test.want)
		}
	}
}

// FuzzStableLocation holds that a place which is stable stays as it is.
func FuzzStableLocation(f *testing.F) {
	f.Add("a-1.0.tgz:b?ref=1/c", "/a")
	f.Add("/a/b-1.0_2.0.jar", "/a/")
	f.Add("?ref=?ref=", "")
	f.Fuzz(func(t *testing.T, location, root string) {
		once := StableLocation(location, root)
		if len(once) > len(location) {
			t.Errorf("%q became longer: %q", location, once)
		}
	})
}

func TestMainID(t *testing.T) {
	for _, test := range []struct {
		id      string
		aliases []string
		main    string
		others  int
	}{
		{"CVE-2026-1", []string{"GHSA-1"}, "CVE-2026-1", 1},
		{"GHSA-1", []string{"XSA-1", "CVE-2026-1", "CVE-2026-2", "GHSA-1"}, "CVE-2026-1", 3},
		{"GHSA-1", []string{"XSA-1"}, "GHSA-1", 1},
		{"GHSA-1", nil, "GHSA-1", 0},
		{"GHSA-1", []string{"XSA-1", "XSA-1", "GHSA-1"}, "GHSA-1", 1},
		{"GHSA-1", strings.Fields(strings.Repeat("XSA-1 XSA-2 CVE-2026-1 GHSA-1 ", 9)), "CVE-2026-1", 3},
		{"", []string{"CVE-2026-1"}, "", 0},
	} {
		if main, others := MainID(test.id, test.aliases); main != test.main || len(others) != test.others {
			t.Errorf("%+v: %q %q", test, main, others)
		}
	}
}

func TestPlatform(t *testing.T) {
	for want, parts := range map[string][3]string{"linux/arm64": {"linux", "arm64", ""}, "linux/arm/v7": {"Linux", "arm", "v7"}, "amd64": {"", "amd64", ""}, "": {}} {
		if got := Platform(parts[0], parts[1], parts[2]); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

package config

import "testing"

func TestSuggest(t *testing.T) {
	known := []string{"url", "method", "headers", "timeout", "content_type", "Policy-Min-Vulnerability", "Policy-Image-Name", "Policy-Registry", "name"}
	for typed, want := range map[string]string{
		"ulr": "url", "uri": "url", "metod": "method", "header": "headers", "ContentTyp": "content_type", "Policy-Minn": "Policy-Min-Vulnerability",
		"policy_min_vulnerabilty": "Policy-Min-Vulnerability", "policy-image": "Policy-Image-Name", "Policy-Registries": "Policy-Registry",
		"zzz": "", "": "", "-": "", "policy": "", "board": "", "time_out": "timeout",
	} {
		if got := suggest(typed, known); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func FuzzDistance(f *testing.F) {
	f.Add("method", "metohd")
	f.Add("", "x")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) > 200 {
			t.Skip()
		}
		d := distance(a, b)
		if (d == 0) != (a == b) || d != distance(b, a) || d > max(len(a), len(b)) || d < len(a)-len(b) {
			t.Errorf("%q, %q: %d", a, b, d)
		}
	})
}

package scan

import "testing"

func TestCheckID(t *testing.T) {
	for in, want := range map[string]string{
		"DS002": "DS-0002", "AVD-DS-0002": "DS-0002", "DS-0002": "DS-0002", "KSV020": "KSV-0020", "AVD-AWS-0086": "AWS-0086",
		"N/A": "N/A", "": "", "CVE-2024-1": "CVE-2024-1", "my-check-1": "my-check-1", "CIS12345": "CIS12345", "A1": "A1",
	} {
		if got := CheckID(in); got != want || CheckID(got) != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

package scan

import (
	"fmt"
	"strings"
)

// unknown returns the error for a document of no known format: its keys, what they look like, and what there is.
func (t *formatTable) unknown(k Keys) error {
	keys := keysText(k)
	if like := resemblance(k); like != "" {
		keys += ": it looks like " + like
	}
	return fmt.Errorf("no known scan format (%s); known are %s; --input-format generic takes any JSON", keys, strings.Join(t.known(), ", "))
}

// keysText lists the keys of a document.
func keysText(k Keys) string {
	const most = 12
	if len(k.raw) > 0 && k.raw[0] == '[' {
		return "an array"
	}
	if len(k.spans) == 0 {
		return "no top-level keys"
	}
	var names []string
	for _, s := range k.spans[:min(len(k.spans), most)] {
		names = append(names, printable(k.raw[s.start:s.end], 40))
	}
	if len(k.spans) > most {
		names = append(names, "…")
	}
	return "top-level keys: " + strings.Join(names, ", ")
}

// resemblance returns what a document probably is that no format reads; "" when nothing is known about such keys.
func resemblance(k Keys) string {
	for _, r := range [...]struct {
		name string
		keys []string
	}{
		{"SARIF", []string{"runs", "version"}},
		{"CycloneDX", []string{"bomFormat"}},
		{"SPDX", []string{"spdxVersion"}},
		{"Grype's report", []string{"matches", "descriptor"}},
		{"Grype's report", []string{"matches", "source"}},
		{"Syft's inventory", []string{"artifacts", "source"}},
		{"a Kubernetes object", []string{"apiVersion", "kind"}},
		{"a Trivy compliance report", []string{"ID", "Title", "Results"}},
		{"an older Aqua scan", []string{"image_name", "cves"}},
		{"a page of Aqua's API", []string{"count", "page", "result"}},
		{"an Aqua event", []string{"action", "category", "user"}},
		{"an Aqua incident", []string{"event_category"}},
		{"a Tracee event", []string{"eventName"}},
		{"a Tracee event", []string{"Context", "SigMetadata"}},
		{"govulncheck's output", []string{"osv"}},
		{"gosec's report", []string{"Issues", "Stats"}},
		{"npm audit", []string{"auditReportVersion"}},
		{"Snyk's report", []string{"vulnerabilities", "packageManager"}},
		{"osv-scanner's report", []string{"results", "experimental_config"}},
		{"an error message", []string{"error"}},
		{"an error message", []string{"errors"}},
		{"an error message", []string{"message", "code"}},
		{"a placeholder without a scan", []string{"Results"}},
		{"a placeholder without a scan", []string{"results"}},
	} {
		if hasAll(k, r.keys) {
			return r.name
		}
	}
	if len(k.spans) == 0 {
		return "a placeholder without a scan"
	}
	return ""
}

// hasAll reports whether all the keys are there.
func hasAll(k Keys, names []string) bool {
	for _, name := range names {
		if !k.Has(name) {
			return false
		}
	}
	return true
}

package dedup

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/trivy"
)

// resultRows are the rows of one generated result of a Trivy report, and what stands around them.
type resultRows struct {
	head, list string
	rows       []string
}

// genResults makes the results of a report: the system's packages, two lock files, secrets and a configuration, some of them.
func genResults(r *rand.Rand) []resultRows {
	all := []resultRows{
		{`"Target":"debian 12","Class":"os-pkgs","Type":"debian"`, "Vulnerabilities", nil},
		{`"Target":"a/package-lock.json","Class":"lang-pkgs","Type":"npm"`, "Vulnerabilities", nil},
		{`"Target":"b/package-lock.json","Class":"lang-pkgs","Type":"npm"`, "Vulnerabilities", nil},
		{`"Target":".env","Class":"secret"`, "Secrets", nil},
		{`"Target":"deploy.yaml","Class":"config","Type":"kubernetes"`, "Misconfigurations", nil},
	}
	all = slices.DeleteFunc(all, func(resultRows) bool { return r.IntN(4) == 0 })
	for i := range all {
		for range r.IntN(4) {
			var row string
			switch all[i].list {
			case "Vulnerabilities":
				row = fmt.Sprintf(`{"VulnerabilityID":"CVE-2026-%d","PkgName":"p%d","InstalledVersion":"1.%d","Severity":"HIGH","VendorIDs":["GHSA-%d"]}`, r.IntN(4), r.IntN(2), r.IntN(2), r.IntN(3))
			case "Secrets":
				row = fmt.Sprintf(`{"RuleID":"key","Severity":"CRITICAL","Title":"Key","StartLine":%d,"EndLine":%[1]d,"Match":"KEY=***%d"}`, 1+r.IntN(3), r.IntN(2))
			default:
				row = fmt.Sprintf(`{"ID":"KSV-000%d","Status":"FAIL","Severity":"LOW","Title":"t","Message":"container %d","CauseMetadata":{"StartLine":%d,"EndLine":9}}`, r.IntN(2), r.IntN(2), 1+r.IntN(3))
			}
			all[i].rows = append(all[i].rows, row)
		}
	}
	return all
}

// readResults reads a report with these results.
func readResults(t *testing.T, results []resultRows) *scan.Report {
	t.Helper()
	var parts []string
	for _, one := range results {
		parts = append(parts, fmt.Sprintf(`{%s,%q:[%s]}`, one.head, one.list, strings.Join(one.rows, ",")))
	}
	text := `{"SchemaVersion":2,"ArtifactName":"/srv/app","ArtifactType":"repository","Metadata":{"RepoURL":"https://git.example.com/a/b"},"Results":[` + strings.Join(parts, ",") + `]}`
	doc := &scan.Document{Source: "x#1", Raw: []byte(text)}
	format := trivy.Format()
	if at, err := format.Fill(doc, scan.Options{}); err != nil {
		t.Fatalf("%s at %d: %v", text, at, err)
	}
	return &doc.Reports[0]
}

// TestOrderOfResultsDoesNotMatter: a report whose results, and the rows in them, stand in another order leads to the same difference and
// the same baseline.
func TestOrderOfResultsDoesNotMatter(t *testing.T) {
	t.Parallel()
	eachSeed(t, func(t *testing.T, r *rand.Rand) {
		before, now := genResults(r), genResults(r)
		shuffled := slices.Clone(now)
		for i := range shuffled {
			rows := slices.Clone(shuffled[i].rows)
			r.Shuffle(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
			shuffled[i].rows = rows
		}
		r.Shuffle(len(shuffled), func(a, b int) { shuffled[a], shuffled[b] = shuffled[b], shuffled[a] })
		one, other := newWorld(), newWorld()
		one.scan(readResults(t, before))
		other.scan(readResults(t, before))
		if diff := cmp.Diff(one.scan(readResults(t, now)), other.scan(readResults(t, shuffled))); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(one.base.Own, other.base.Own); diff != "" {
			t.Errorf("the baseline: %s", diff)
		}
	})
}

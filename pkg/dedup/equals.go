package dedup

import (
	"cmp"
	"slices"

	"github.com/postee/postee/pkg/scan"
)

// equals are rows that are one finding but for where they stand: the ordinal of each place.
type equals map[string]int

// hasOrdinal reports whether equal rows of a kind are several findings: two keys in a file are two leaks, and a check fails for each
// container, while a vulnerability in a package is one wherever the package lies.
func hasOrdinal(k scan.Kind) bool { return k == scan.Misconfiguration || k == scan.Secret }

// placesOfEquals numbers the places of equal rows: open ones first, so that what is accepted in one place leaves the numbers of the
// others as they were. It is nil when there are none to number.
func (d *FindingSet) placesOfEquals() map[Identity]equals {
	var all map[Identity]equals
	number := func(findings []scan.Finding) {
		places := make(map[Identity][]string)
		for i := range findings {
			if f := &findings[i]; hasOrdinal(f.Kind) {
				id := identityOf(f, d.perManifest)
				if _, numbered := all[id][f.Lines]; !numbered {
					places[id] = append(places[id], f.Lines)
				}
			}
		}
		for id, lines := range places {
			if all == nil {
				all = make(map[Identity]equals)
			}
			if all[id] == nil {
				all[id] = make(equals)
			}
			slices.SortFunc(lines, compareLines)
			for _, line := range slices.Compact(lines) {
				all[id][line] = len(all[id])
			}
		}
	}
	number(d.Report.Findings)
	number(d.Report.Suppressed)
	return all
}

// compareLines orders places by their first number, then as text.
func compareLines(a, b string) int {
	number := func(s string) (n int) {
		for i := 0; i < len(s) && s[i] >= '0' && s[i] <= '9' && n < 1<<30; i++ {
			n = 10*n + int(s[i]-'0')
		}
		return n
	}
	return cmp.Or(cmp.Compare(number(a), number(b)), cmp.Compare(a, b))
}

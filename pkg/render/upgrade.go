package render

import (
	"cmp"
	"slices"
	"strings"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// Upgrade is a package to upgrade, and what that mends.
type Upgrade struct {
	Package string
	// From is the installed version, or several, as the scanner spells them.
	From string
	// To is the smallest version that fixes all that can be fixed, one for each version installed. When Sure is false the
	// versions could not be ordered, and To is the scanner's own text: "several: 1.2, 2.0rc1".
	To   string
	Sure bool
	// Fixes counts the findings that the upgrade mends, By the same by severity; Worst is the worst of them.
	Fixes int
	By    [scan.SeverityCount]int
	Worst scan.Severity
}

// Upgrades says which upgrades mend what a section lists: its new and changed findings, or all when it shows all. They are
// grouped by package and installed version, and sorted by the worst severity, then by how many they mend.
func Upgrades(s *message.Section) []Upgrade {
	type place struct{ name, from string }
	groups := map[place]int{}
	var upgrades []Upgrade
	var fixes [][]string
	eachFixable(s, func(item *dedup.Item) {
		at := place{item.Package, item.Installed}
		i, ok := groups[at]
		if !ok {
			i = len(upgrades)
			groups[at] = i
			upgrades, fixes = append(upgrades, Upgrade{Package: item.Package, From: item.Installed}), append(fixes, nil)
		}
		u := &upgrades[i]
		u.Fixes++
		u.By[item.Severity]++
		u.Worst = max(u.Worst, item.Severity)
		fixes[i] = append(fixes[i], item.Fixed)
	})
	slices.SortFunc(upgrades, func(a, b Upgrade) int {
		return cmp.Or(-cmp.Compare(a.Worst, b.Worst), -cmp.Compare(a.Fixes, b.Fixes), cmp.Compare(a.Package, b.Package), cmp.Compare(a.From, b.From))
	})
	order := ordering{section: perSection}
	for i := range upgrades {
		order.section += perFinding * upgrades[i].Fixes
	}
	for i := range upgrades {
		u := &upgrades[i]
		list := fixes[groups[place{u.Package, u.From}]]
		slices.Sort(list)
		u.To, u.Sure = order.target(u.From, slices.Compact(list))
	}
	return upgrades
}

// eachFixable returns the vulnerabilities of a section that have a fix.
func eachFixable(s *message.Section, each func(*dedup.Item)) {
	visit := func(item *dedup.Item) {
		if item.Kind == scan.Vulnerability && item.Fixed != "" && item.Package != "" {
			each(item)
		}
	}
	if s.All != nil {
		for i := range s.All {
			visit(&s.All[i])
		}
		return
	}
	for i := range s.Delta.New {
		visit(&s.Delta.New[i])
	}
	for i := range s.Delta.Changed {
		visit(&s.Delta.Changed[i].Item)
	}
}

// maxWords is how many versions are listed when nothing is known of their order.
const maxWords = 6

// scannersWords returns the fixes as the scanner has them, where nothing is known of their order.
func scannersWords(fixes []string) string {
	var words []string
	for _, fix := range fixes {
		for _, v := range listed(fix) {
			if slices.Contains(words, v) {
				continue
			}
			if len(words) == maxWords {
				return "several: " + strings.Join(words, ", ") + ", …"
			}
			words = append(words, v)
		}
	}
	if len(words) == 1 {
		return words[0]
	}
	return "several: " + strings.Join(words, ", ")
}

// listed takes a list of versions apart; there is always one. ">=3.0.0", as old advisories write, is 3.0.0.
func listed(text string) []string {
	var list []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(part), ">=")); part != "" {
			list = append(list, part)
		}
	}
	if len(list) == 0 {
		return []string{""}
	}
	return list
}

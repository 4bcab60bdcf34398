package render

import (
	"slices"
	"strings"
)

const (
	// maxBranched is how many different lists of several fixes are considered for one package: a real package has a handful.
	maxBranched = 64
	// maxVersions is how many versions a list may have: of those that are installed, and of those that have a fix.
	maxVersions = 64
	// perVersion is how many comparisons a package has for each version that is named for it, perFinding how many a section has for
	// each finding, and perSection how many it has in any case. Without them three megabytes of versions take minutes.
	perVersion, perFinding, perSection = 64, 4, 1 << 16
)

// ordering compares the versions of one section, as long as there are comparisons left: when there are none, no order is sure.
type ordering struct {
	// left is what the package has, section what all have together.
	left, section int
}

// begin is called for each package, with the number of versions that are named for it.
func (o *ordering) begin(versions int) {
	o.left = min(o.section, versions*perVersion)
	o.section -= o.left
}

// end returns what the package did not need to the section.
func (o *ordering) end() { o.section, o.left = o.section+o.left, 0 }

// compare orders two versions.
func (o *ordering) compare(a, b version) (order int, sure bool) {
	if o.left <= 0 {
		return 0, false
	}
	o.left--
	return compareVersions(a, b)
}

// target is the smallest version, or one for each version installed, that has all fixes; each fix is a scanner's list of
// versions for one finding. When they cannot be ordered it is the scanner's text, and sure is false.
func (o *ordering) target(installed string, fixes []string) (to string, sure bool) {
	from := strings.Count(installed, ",") + 1
	versions := from
	for _, fix := range fixes {
		versions += strings.Count(fix, ",") + 1
	}
	o.begin(versions)
	defer o.end()
	if from > maxVersions {
		return scannersWords(fixes), false
	}
	lists, ok := o.versionLists(fixes)
	var targets []string
	for _, from := range listed(installed) {
		t, found := "", false
		if ok {
			t, found = o.targetOf(from, lists)
		}
		if !found {
			return scannersWords(fixes), false
		}
		if !slices.Contains(targets, t) {
			targets = append(targets, t)
		}
	}
	return strings.Join(targets, ", "), true
}

// versionLists reads the fixes of a package: each list ascending, and of those with one version only the greatest. ok is false
// when their order is not sure.
func (o *ordering) versionLists(fixes []string) (lists [][]version, ok bool) {
	var single []version
	for _, fix := range fixes {
		if strings.Count(fix, ",") >= maxVersions {
			return nil, false
		}
		var list []version
		for _, text := range listed(fix) {
			v, valid := parseVersion(text)
			if !valid {
				return nil, false
			}
			list = append(list, v)
		}
		switch {
		case len(list) > 1 && (!o.ascending(list) || len(lists) == maxBranched):
			return nil, false
		case len(list) > 1:
			lists = append(lists, list)
		case single == nil:
			single = list
		default:
			order, sure := o.compare(list[0], single[0])
			if !sure {
				return nil, false
			}
			if order > 0 {
				single = list
			}
		}
	}
	if single != nil {
		lists = append(lists, single)
	}
	return lists, true
}

// ascending sorts versions; false when their order is not sure.
func (o *ordering) ascending(list []version) bool {
	all := true
	slices.SortStableFunc(list, func(a, b version) int {
		order, sure := o.compare(a, b)
		all = all && sure
		return order
	})
	return all
}

// targetOf is the smallest version above the installed one that has the fix of every list. Nothing surely above is no upgrade:
// the scanner means something else.
func (o *ordering) targetOf(installed string, lists [][]version) (string, bool) {
	if len(lists) == 1 && len(lists[0]) == 1 && installed == "" {
		return lists[0][0].text, true
	}
	from, known := parseVersion(installed)
	if !known {
		// One answer needs no comparison with the installed version, however strangely that is spelt.
		return lists[0][0].text, len(lists) == 1 && len(lists[0]) == 1
	}
	var candidates []version
	for _, list := range lists {
		for _, v := range list {
			order, sure := o.compare(v, from)
			if !sure {
				return "", false
			}
			if order > 0 {
				candidates = append(candidates, v)
			}
		}
	}
	if !o.ascending(candidates) {
		return "", false
	}
	for _, v := range candidates {
		if o.hasAll(v, lists) {
			return v.text, true
		}
	}
	return "", false
}

// hasAll reports whether v has the fix of every list.
func (o *ordering) hasAll(v version, lists [][]version) bool {
	for _, list := range lists {
		if !o.has(v, list) {
			return false
		}
	}
	return true
}

// has reports whether v has the fix that came with the versions of an ascending list, often one for each branch. 7.0.0 does not have
// what came with 6.3.1 and 7.5.2: below the last one, v must be of a branch that got it.
func (o *ordering) has(v version, list []version) bool {
	last := len(list) - 1
	for i, fix := range list {
		order, sure := o.compare(v, fix)
		if !sure || order < 0 {
			return false
		}
		if order == 0 || i == last {
			return true
		}
		if next, sure := o.compare(v, list[i+1]); sure && next < 0 {
			return sameBranch(v, fix, list[i+1])
		}
	}
	return false
}

// sameBranch reports whether v is of the branch of fix, where next is the fix of the branch above: they share the numbers up to
// where the two fixes part.
func sameBranch(v, fix, next version) bool {
	if v.epoch != fix.epoch {
		return false
	}
	for i := range min(len(fix.core), len(next.core)) {
		if len(v.core) <= i || compareNumbers(v.core[i], fix.core[i]) != 0 {
			return false
		}
		if compareNumbers(fix.core[i], next.core[i]) != 0 {
			return true
		}
	}
	return false
}

package render

import (
	"slices"
	"strings"
)

// maxBranched is how many different lists of several fixes are considered for one package: a real package has a handful.
const maxBranched = 64

// target is the smallest version, or one for each version installed, that has all fixes; each fix is a scanner's list of
// versions for one finding. When they cannot be ordered it is the scanner's text, and sure is false.
func target(installed string, fixes []string) (to string, sure bool) {
	lists, ok := versionLists(fixes)
	var targets []string
	for _, from := range listed(installed) {
		t, found := "", false
		if ok {
			t, found = targetOf(from, lists)
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
func versionLists(fixes []string) (lists [][]version, ok bool) {
	var single []version
	for _, fix := range fixes {
		var list []version
		for _, text := range listed(fix) {
			v, valid := parseVersion(text)
			if !valid {
				return nil, false
			}
			list = append(list, v)
		}
		switch {
		case len(list) > 1 && (!ascending(list) || len(lists) == maxBranched):
			return nil, false
		case len(list) > 1:
			lists = append(lists, list)
		case single == nil:
			single = list
		default:
			order, sure := compareVersions(list[0], single[0])
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
func ascending(list []version) bool {
	all := true
	slices.SortStableFunc(list, func(a, b version) int {
		order, sure := compareVersions(a, b)
		all = all && sure
		return order
	})
	return all
}

// targetOf is the smallest version above the installed one that has the fix of every list. Nothing surely above is no upgrade:
// the scanner means something else.
func targetOf(installed string, lists [][]version) (string, bool) {
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
			order, sure := compareVersions(v, from)
			if !sure {
				return "", false
			}
			if order > 0 {
				candidates = append(candidates, v)
			}
		}
	}
	if !ascending(candidates) {
		return "", false
	}
	for _, v := range candidates {
		if hasAll(v, lists) {
			return v.text, true
		}
	}
	return "", false
}

// hasAll reports whether v has the fix of every list.
func hasAll(v version, lists [][]version) bool {
	for _, list := range lists {
		if !has(v, list) {
			return false
		}
	}
	return true
}

// has reports whether v has the fix that came with the versions of an ascending list, often one for each branch. 7.0.0 does not have
// what came with 6.3.1 and 7.5.2: below the last one, v must be of a branch that got it.
func has(v version, list []version) bool {
	last := len(list) - 1
	for i, fix := range list {
		order, sure := compareVersions(v, fix)
		if !sure || order < 0 {
			return false
		}
		if order == 0 || i == last {
			return true
		}
		if next, sure := compareVersions(v, list[i+1]); sure && next < 0 {
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

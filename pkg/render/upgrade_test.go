package render

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/scan"
)

func TestTargets(t *testing.T) {
	for _, c := range []struct {
		installed string
		fixes     []string
		to        string
		sure      bool
	}{
		{"3.0.11-1", []string{"3.0.13-1", "3.0.12-2"}, "3.0.13-1", true},
		{"3.0.0", []string{"2.6.9, 3.1.0, 4.3.1"}, "3.1.0", true},
		{"2.6.1", []string{"2.6.9, 3.1.0, 4.3.1"}, "2.6.9", true},
		{"6.0.0", []string{"6.3.1, 7.5.2", "7.0.0"}, "7.5.2", true}, // 7.0.0 has not what came with 7.5.2
		{"6.0.0", []string{"6.3.1, 7.5.2", "6.4.0"}, "6.4.0", true},
		{"4.17.4", []string{"4.17.5, 4.18.1", "4.17.9"}, "4.17.9", true},
		{"4.17.4", []string{"4.17.5, 4.18.1", "4.18.0"}, "4.18.1", true},
		{"6.3.0, 7.5.1", []string{"7.5.2, 6.3.1"}, "6.3.1, 7.5.2", true},
		{"1:1.2.13.dfsg-1", []string{"1:1.2.13.dfsg-2"}, "1:1.2.13.dfsg-2", true},
		{"1:1.2.13.dfsg-1", []string{"1.2.14"}, "1.2.14", false}, // an epoch on one side only
		{"1.2.11-r3", []string{"1.2.11-r4", "1.2.11-r10"}, "1.2.11-r10", true},
		{"2.36-9+deb12u4", []string{"2.36-9+deb12u7", "2.36-9+deb12u10"}, "2.36-9+deb12u10", true},
		{"1.0.0-beta.2", []string{"1.0.0-beta.11", "1.0.0-beta.3"}, "1.0.0-beta.11", true},
		{"1.0", []string{"1.1", "1.1rc1"}, "several: 1.1, 1.1rc1", false},
		{"2.0", []string{"1.9"}, "1.9", false}, // no upgrade
		{"0.2.6", []string{">=3.0.0"}, "3.0.0", true},
		{"", []string{"1.2"}, "1.2", true},
		{"", []string{"1.2, 1.3"}, "several: 1.2, 1.3", false},
		{"strange", []string{"1.2"}, "1.2", true},
		{"1.0", []string{"see the advisory"}, "see the advisory", false},
		{"4.1.0.Final", []string{"4.1.100.Final"}, "4.1.100.Final", true},
		{"0:1.1.1k-9.el8_7", []string{"0:1.1.1k-12.el8_9"}, "0:1.1.1k-12.el8_9", true},
		{"v0.0.0-20200622213623-75b288015ac9", []string{"0.0.0-20220314234659-1baeb1ce4c0b"}, "0.0.0-20220314234659-1baeb1ce4c0b", true},
		{"1.9", []string{"1.10", "1.9.9"}, "1.10", true},
	} {
		o := ordering{section: perSection}
		if to, sure := o.target(c.installed, c.fixes); to != c.to || sure != c.sure {
			t.Errorf("%s with %q: %q %v, want %q %v", c.installed, c.fixes, to, sure, c.to, c.sure)
		}
	}
}

func TestUnsureOrders(t *testing.T) {
	for _, c := range [][2]string{
		{"1.2.3", "1.2.3-1"}, // Debian: a later revision; semantic versions: a pre-release
		{"1.0", "1.0rc1"}, {"1.0", "1.0.post1"}, {"4.1.Final", "4.1.2"}, {"1.2", "1.2.0.Final"},
	} {
		a, _ := parseVersion(c[0])
		b, _ := parseVersion(c[1])
		if order, sure := compareVersions(a, b); sure {
			t.Errorf("%s and %s: %d is said to be sure", c[0], c[1], order)
		}
	}
}

func FuzzVersions(f *testing.F) {
	f.Add("1.2.3-1", "1.2.3-r4")
	f.Add("1:2.36-9+deb12u4", "99999999999999999999999:1")
	f.Add("1.0.0-beta.2", "~1")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, ok := parseVersion(a)
		y, ok2 := parseVersion(b)
		if !ok || !ok2 {
			return
		}
		there, sure := compareVersions(x, y)
		back, sureToo := compareVersions(y, x)
		if sure != sureToo || sure && there != -back {
			t.Errorf("%q and %q: %d %v, the other way round %d %v", a, b, there, sure, back, sureToo)
		}
	})
}

func TestUpgradesCountEachFixableOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var d dedup.Delta
		fixable := 0
		for i := range random.IntN(30) {
			fixed := [...]string{"", "1.5", "1.6, 2.0", "x"}[random.IntN(4)]
			if fixed != "" {
				fixable++
			}
			d.New = append(d.New, vuln(scan.Severity(random.IntN(6)), string(rune('a'+i)), string(rune('p'+random.IntN(4))), "1.0", fixed, ""))
		}
		s := section(d)
		list := Upgrades(&s)
		sum := 0
		for i := range list {
			by := 0
			for _, n := range list[i].By {
				by += n
			}
			if by != list[i].Fixes || list[i].To == "" {
				t.Errorf("%+v", list[i])
			}
			if i > 0 && list[i].Worst > list[i-1].Worst {
				t.Errorf("%+v is behind %+v", list[i], list[i-1])
			}
			sum += list[i].Fixes
		}
		if sum != fixable {
			t.Errorf("%d of %d", sum, fixable)
		}
	}
}

func TestUpgradesOfADifference(t *testing.T) {
	s := section(difference())
	got := Upgrades(&s)
	want := []Upgrade{
		{Package: "curl", From: "8.4.0-2", To: "8.5.0-1", Sure: true, Fixes: 1, By: [6]int{scan.High: 1}, Worst: scan.High},
		{Package: "zlib1g", From: "1:1.2.13.dfsg-1", To: "1:1.2.13.dfsg-2", Sure: true, Fixes: 1, By: [6]int{scan.High: 1}, Worst: scan.High},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUpgradesStayFastAndShort(t *testing.T) {
	var d dedup.Delta
	for i := range 20_000 {
		d.New = append(d.New, vuln(scan.High, string(rune(i)), "p", "1.0", strings.Repeat("1.", i%40)+"1rc"+string(rune('a'+i%26))+", 2."+string(rune('0'+i%10)), ""))
	}
	s := section(d)
	if list := Upgrades(&s); len(list) != 1 || len(list[0].To) > 1000 {
		t.Errorf("%d", len(list))
	}
}

// TestVersionsAreComparedInProportion counts comparisons: one finding with ever more installed and fixed versions, and many packages
// with lists that agree up to their ends.
func TestVersionsAreComparedInProportion(t *testing.T) {
	list := func(prefix string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%s.%d-1a, ", prefix, i)
		}
		return b.String()
	}
	for name, shape := range map[string]func(n int) (installed string, fixes []string){
		"one list":       func(n int) (string, []string) { return list("1.0", n), []string{list("2.0", n)} },
		"one installed":  func(n int) (string, []string) { return "1.0", []string{list("2.0", n)} },
		"many installed": func(n int) (string, []string) { return list("1.0", n), []string{"2.0"} },
		"many lists": func(n int) (string, []string) {
			var fixes []string
			for i := range n {
				fixes = append(fixes, list(fmt.Sprint("2.", i), 60))
			}
			return list("1.0", 60), fixes
		},
	} {
		for _, n := range []int{10, 63, 64, 65, 1000, 20_000} {
			if name == "many lists" {
				n /= 10
			}
			installed, fixes := shape(n)
			versions := strings.Count(installed, ",")
			for _, fix := range fixes {
				versions += strings.Count(fix, ",")
			}
			o := ordering{section: 1 << 40}
			to, _ := o.target(installed, fixes)
			if made := 1<<40 - o.section; made > perVersion*(versions+len(fixes)+1) || made > 1<<20 {
				t.Errorf("%s, %d: %d comparisons of %d versions", name, n, made, versions)
			}
			if len(to) > 1<<14 {
				t.Errorf("%s, %d: upgrade to %d bytes", name, n, len(to))
			}
		}
	}
}

// TestASectionComparesSoMuch holds that packages share what a section may compare, and that the worst come first.
func TestASectionComparesSoMuch(t *testing.T) {
	var d dedup.Delta
	var many strings.Builder
	for i := range maxVersions - 1 {
		fmt.Fprintf(&many, "1.%d-1, ", i)
	}
	for i := range 2000 {
		d.New = append(d.New, vuln(scan.High, fmt.Sprint("CVE-", i), fmt.Sprint("p", i), many.String(), many.String()+"9", ""))
	}
	d.New = append(d.New, vuln(scan.Critical, "CVE", "z", "1.0", "1.1", ""))
	s := section(d)
	list := Upgrades(&s)
	if !list[0].Sure || list[0].Package != "z" || list[len(list)-1].Sure {
		t.Errorf("%+v, …, %v", list[0], list[len(list)-1].Sure)
	}
}

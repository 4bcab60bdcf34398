package render

import (
	"cmp"
	"strings"

	"github.com/Masterminds/semver/v3"
	apk "github.com/knqyf263/go-apk-version"
	deb "github.com/knqyf263/go-deb-version"
	rpm "github.com/knqyf263/go-rpm-version"
)

// maxVersion bounds what is taken for a version, in bytes.
const maxVersion = 96

// version is a version taken apart as far as all ecosystems agree on: an epoch, numbers between dots, and the rest.
type version struct {
	text  string
	epoch string
	core  []string
	rest  string
}

// parseVersion takes a version apart; ok is false for text that is none.
func parseVersion(text string) (v version, ok bool) {
	v.text = text
	if len(text) > maxVersion || !plain(text) || strings.ContainsAny(text, " ,;<>=|()*") {
		return v, false
	}
	rest := text
	if before, after, has := strings.Cut(text, ":"); has {
		if before == "" || strings.Trim(before, "0123456789") != "" || strings.Contains(after, ":") {
			return v, false
		}
		v.epoch, rest = before, after
	}
	rest = strings.TrimPrefix(rest, "v")
	for {
		n := 0
		for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		if n == 0 {
			break
		}
		v.core, rest = append(v.core, rest[:n]), rest[n:]
		if len(rest) < 2 || rest[0] != '.' || rest[1] < '0' || rest[1] > '9' {
			break
		}
		rest = rest[1:]
	}
	v.rest = rest
	return v, len(v.core) > 0
}

// compareVersions orders two versions of the same package. Nobody says which ecosystem they are of, so sure is true only when
// every ecosystem that writes versions like these orders them the same way.
func compareVersions(a, b version) (order int, sure bool) {
	if a.text == b.text {
		return 0, true
	}
	if (a.epoch == "") != (b.epoch == "") {
		return 0, false
	}
	if c := compareNumbers(a.epoch, b.epoch); c != 0 {
		return c, true
	}
	shared := min(len(a.core), len(b.core))
	for i := range shared {
		if c := compareNumbers(a.core[i], b.core[i]); c != 0 {
			return c, true
		}
	}
	if tail := a.core[shared:]; !zero(tail) && !dotted(b.rest) {
		return 1, true
	}
	if tail := b.core[shared:]; !zero(tail) && !dotted(a.rest) {
		return -1, true
	}
	if !zero(a.core[shared:]) || !zero(b.core[shared:]) {
		return 0, false
	}
	return vote(a, b)
}

// dotted reports whether a rest goes on like "4.1.Final": whether that is before or after 4.1.2, ecosystems disagree.
func dotted(rest string) bool { return strings.HasPrefix(rest, ".") }

// zero reports whether all numbers are 0.
func zero(numbers []string) bool {
	for _, n := range numbers {
		if strings.Trim(n, "0") != "" {
			return false
		}
	}
	return true
}

// compareNumbers compares decimal numbers of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// vote asks the ecosystems that write such versions when the numbers are the same: what follows them is where they differ.
func vote(a, b version) (order int, sure bool) {
	if x, y := alpine(a.text), alpine(b.text); x || y {
		return apkOrder(a.text, b.text, x && y)
	}
	named := func(rest string) bool { return len(rest) > 1 && rest[0] == '-' && letter(rest[1]) }
	joined := func(rest string) bool {
		return rest != "" && (letter(rest[0]) || dotted(rest)) && !strings.Contains(rest, "-")
	}
	switch {
	case joined(a.rest) || joined(b.rest): // 1.0rc1, 1.0.post1, 4.1.Final, 1.1.1k: before or after 1.0?
		return 0, false
	case a.epoch == "" && (named(a.rest) || named(b.rest)): // 1.0.0-beta.2
		return semverOrder(a.text, b.text)
	}
	order, sure = debOrder(a.text, b.text)
	if !sure || rpm.NewVersion(a.text).Compare(rpm.NewVersion(b.text)) != order {
		return 0, false
	}
	if other, valid := semverOrder(a.text, b.text); valid && other != order && other != 0 && a.epoch == "" {
		return 0, false
	}
	return order, true
}

// alpine reports whether a version ends like Alpine's: "-r4".
func alpine(text string) bool {
	i := strings.LastIndex(text, "-r")
	return i > 0 && i+2 < len(text) && strings.Trim(text[i+2:], "0123456789") == ""
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// apkOrder orders by Alpine's rules.
func apkOrder(a, b string, both bool) (int, bool) {
	if !both {
		return 0, false
	}
	x, err := apk.NewVersion(a)
	y, err2 := apk.NewVersion(b)
	if err != nil || err2 != nil {
		return 0, false
	}
	return x.Compare(y), true
}

// debOrder orders by Debian's rules.
func debOrder(a, b string) (int, bool) {
	x, err := deb.NewVersion(strings.TrimPrefix(a, "v"))
	y, err2 := deb.NewVersion(strings.TrimPrefix(b, "v"))
	if err != nil || err2 != nil {
		return 0, false
	}
	return cmp.Compare(x.Compare(y), 0), true
}

// semverOrder orders by the rules of semantic versions; build metadata, which they do not order, makes it unsure.
func semverOrder(a, b string) (int, bool) {
	x, err := semver.NewVersion(a)
	y, err2 := semver.NewVersion(b)
	if err != nil || err2 != nil {
		return 0, false
	}
	order := x.Compare(y)
	return order, order != 0 || x.Metadata() == y.Metadata()
}

package route

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize/english"

	"github.com/postee/postee/pkg/scan"
)

// Patterns are names as a person lists them: without a wildcard a name matches where it occurs, with * or ? it is a glob over
// the whole name, in which * crosses slashes too. Case makes no difference, and every pattern is tried.
type Patterns []string

// lower returns the patterns in lower case, as match wants them.
func (p Patterns) lower() Patterns {
	folded := make(Patterns, len(p))
	for i := range p {
		folded[i] = strings.ToLower(p[i])
	}
	return folded
}

// match returns the number of the first pattern that matches one of the names, -1 when none does. All are in lower case.
func (p Patterns) match(names []string) int {
	for i, pattern := range p {
		wild := strings.ContainsAny(pattern, "*?")
		for _, name := range names {
			if !wild && strings.Contains(name, pattern) || wild && glob(pattern, name) {
				return i
			}
		}
	}
	return -1
}

// glob matches * (any run, slashes too) and ? (one character) over the whole name.
func glob(pattern, name string) bool {
	matches, _ := globSteps(pattern, name)
	return matches
}

// globSteps is glob, with the number of steps that it took: the product of both lengths at most, so that a pattern, which the user
// writes, costs in proportion to the name, which a scan does.
func globSteps(pattern, name string) (matches bool, steps int) {
	star, mark := -1, 0
	i, k := 0, 0
	for ; k < len(name); steps++ {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, k
			i++
		case i < len(pattern) && pattern[i] == '?':
			i, k = i+1, k+width(name[k:])
		case i < len(pattern) && pattern[i] == name[k]:
			i, k = i+1, k+1
		case star >= 0:
			mark += width(name[mark:])
			i, k = star+1, mark
		default:
			return false, steps
		}
	}
	return strings.Trim(pattern[i:], "*") == "", steps
}

// width is the number of bytes of the first character.
func width(s string) int { _, n := utf8.DecodeRuneInString(s); return n }

// artifactNames are the names of an artifact that a list may mean, in lower case; made once for all routes, when one asks.
type artifactNames struct{ images, registries []string }

// namesOf returns an image's name as the scanner wrote it, without the registry, and as postee writes it; and its registry's
// display name and host. Docker's own registry has both, whichever the document gives.
func namesOf(a *scan.Artifact) *artifactNames {
	s := &artifactNames{images: []string{a.Name, a.Subject()}, registries: []string{a.Registry, a.Host}}
	if registry, repository, tag := a.Image(); repository != "" {
		s.images = append(s.images, repository+":"+tag, repository)
		s.registries = append(s.registries, registry)
		if registry == "docker.io" {
			s.registries = append(s.registries, "docker hub")
		}
	}
	s.images, s.registries = folded(s.images), folded(s.registries)
	return s
}

// folded returns the names in lower case, without blanks and repeats.
func folded(names []string) []string {
	var out []string
	for _, name := range names {
		if name = strings.ToLower(name); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// named is a rule on names: allow says whether a match lets the document pass or keeps it out.
func named(key string, line int, patterns Patterns, allow bool, names func(*Case) (spelt string, folded []string)) Rule {
	lower := patterns.lower()
	return Rule{
		Key: key, Line: line, No: Filtered, Basis: OnDocument,
		Pass: pure(func(c *Case) bool {
			_, all := names(c)
			return (lower.match(all) >= 0) == allow
		}),
		Why: func(_ context.Context, c *Case) string {
			spelt, all := names(c)
			if i := lower.match(all); i >= 0 {
				return fmt.Sprintf("%q matches %s", patterns[i], spelt)
			}
			return english.Plural(len(patterns), "pattern", "") + ", no match"
		},
	}
}

// images are a case's image names, and the one that the scanner wrote.
func images(c *Case) (string, []string) { return c.Report.Artifact.Name, c.job.names().images }

// registries are a case's registry names, and the one that the document gives.
func registries(c *Case) (string, []string) {
	all := c.job.names().registries
	if a := &c.Report.Artifact; a.Registry != "" || len(all) == 0 {
		return a.Registry, all
	}
	return all[0], all
}

// IgnoreRegistry keeps out artifacts from registries with one of the names.
func IgnoreRegistry(key string, line int, p Patterns) Rule {
	return named(key, line, p, false, registries)
}

// IgnoreImage keeps out artifacts with one of the names.
func IgnoreImage(key string, line int, p Patterns) Rule { return named(key, line, p, false, images) }

// OnlyImage lets only artifacts with one of the names pass.
func OnlyImage(key string, line int, p Patterns) Rule { return named(key, line, p, true, images) }

// OnlyRegistry lets only artifacts from registries with one of the names pass.
func OnlyRegistry(key string, line int, p Patterns) Rule {
	return named(key, line, p, true, registries)
}

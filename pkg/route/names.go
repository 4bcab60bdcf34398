package route

import (
	"fmt"
	"strings"

	"github.com/postee/postee/pkg/scan"
)

// Patterns are names as a person lists them: without a wildcard a name matches where it occurs, with * or ? it is a glob over
// the whole name, in which * crosses slashes too. Case makes no difference, and every pattern is tried.
type Patterns []string

// match gives the first pattern that matches one of the names.
func (p Patterns) match(names ...string) (pattern string, ok bool) {
	for _, pattern := range p {
		lower := strings.ToLower(pattern)
		for _, name := range names {
			if name != "" && matchName(lower, strings.ToLower(name)) {
				return pattern, true
			}
		}
	}
	return "", false
}

// matchName matches one name, both in lower case.
func matchName(pattern, name string) bool {
	if !strings.ContainsAny(pattern, "*?") {
		return strings.Contains(name, pattern)
	}
	return glob(pattern, name)
}

// glob matches * (any run, slashes too) and ? (one character) over the whole name, in time proportional to both lengths.
func glob(pattern, name string) bool {
	p, n := []rune(pattern), []rune(name)
	star, mark := -1, 0
	i, k := 0, 0
	for k < len(n) {
		switch {
		case i < len(p) && (p[i] == '?' || p[i] == n[k] && p[i] != '*'):
			i, k = i+1, k+1
		case i < len(p) && p[i] == '*':
			star, mark = i, k
			i++
		case star >= 0:
			mark++
			i, k = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

// imageNames are the spellings of an artifact's name that a list may mean: as the scanner wrote it, without the registry, and
// as postee writes it.
func imageNames(a *scan.Artifact) []string {
	names := []string{a.Name, a.Subject()}
	if _, repository, tag := a.Image(); repository != "" {
		names = append(names, repository, repository+":"+tag)
	}
	return names
}

// registryNames are the registry's display name and host; Docker's own registry has both, whichever the document gives.
func registryNames(a *scan.Artifact) []string {
	names := []string{a.Registry, a.Host}
	if registry, _, _ := a.Image(); registry != "" {
		names = append(names, registry)
		if registry == "docker.io" {
			names = append(names, "Docker Hub")
		}
	}
	return names
}

// named is a rule on names: allow says whether a match lets the document pass or keeps it out.
func named(key string, line int, patterns Patterns, allow bool, names func(*scan.Artifact) []string) Rule {
	return Rule{
		Key: key, Line: line, No: Filtered,
		Pass: pure(func(c *Case) bool {
			_, ok := patterns.match(names(&c.Report.Artifact)...)
			return ok == allow
		}),
		Why: func(c *Case) string {
			all := names(&c.Report.Artifact)
			if pattern, ok := patterns.match(all...); ok {
				return fmt.Sprintf("%q matches %s", pattern, all[0])
			}
			return fmt.Sprintf("none of %d patterns matches", len(patterns))
		},
	}
}

// IgnoreRegistry keeps out artifacts from registries with one of the names.
func IgnoreRegistry(key string, line int, p Patterns) Rule {
	return named(key, line, p, false, registryNames)
}

// IgnoreImage keeps out artifacts with one of the names.
func IgnoreImage(key string, line int, p Patterns) Rule {
	return named(key, line, p, false, imageNames)
}

// OnlyImage lets only artifacts with one of the names pass.
func OnlyImage(key string, line int, p Patterns) Rule { return named(key, line, p, true, imageNames) }

// OnlyRegistry lets only artifacts from registries with one of the names pass.
func OnlyRegistry(key string, line int, p Patterns) Rule {
	return named(key, line, p, true, registryNames)
}


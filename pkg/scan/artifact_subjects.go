package scan

import (
	"slices"
	"strings"
)

// SubjectOf returns the subjects that a name may lead to which a person types: the name as it is, a repository's URL as
// [RepositoryOf] spells it, an image in full, a path cleaned. There is at least one, without repeats; the first that is remembered
// is the one that is meant.
func SubjectOf(name string) []string {
	name = strings.TrimSpace(name)
	list := []string{boundedSubject(name)}
	add := func(subject string) {
		if subject != "" && !slices.Contains(list, subject) {
			list = append(list, subject)
		}
	}
	add(boundedSubject(RepositoryOf(name)))
	if a := ImageArtifact(name); a.Repository != "" {
		add(a.Subject())
	}
	if name != "" {
		add(boundedSubject(cleanPath(name)))
	}
	return list
}

package nexusiq

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/postee/postee/pkg/message"
)

// pattern is a name with fields of the artifact in it: texts at the even places, names of fields at the odd ones.
type pattern []string

// field is how a field stands in a pattern.
var field = regexp.MustCompile(`\{\{\s*\.?([A-Za-z]+)\s*\}\}`)

// fields returns the names of those that there are, in lower case.
func fields() []string {
	return []string{"subject", "name", "registry", "repository", "tag", "digest", "namespace"}
}

// fieldsOf returns the fields of a section by name. An image's are written as in subjects, the same for every scanner.
func fieldsOf(s *message.Section) map[string]string {
	registry, repository, tag := s.Artifact.Image()
	return map[string]string{
		"subject": s.Subject, "name": s.Artifact.Name, "registry": registry, "repository": repository, "tag": tag,
		"digest": s.Artifact.Digest, "namespace": s.Artifact.Namespace,
	}
}

// parsePattern reads a pattern, and refuses fields that there are not.
func parsePattern(text string) (pattern, error) {
	var p pattern
	known := fieldsOf(&message.Section{})
	end := 0
	for _, at := range field.FindAllStringSubmatchIndex(text, -1) {
		name := strings.ToLower(text[at[2]:at[3]])
		if _, ok := known[name]; !ok {
			return nil, fmt.Errorf("has no field %s: %s", text[at[2]:at[3]], strings.Join(fields(), ", "))
		}
		p = append(p, text[end:at[0]], name)
		end = at[1]
	}
	p = append(p, text[end:])
	for i := 0; i < len(p); i += 2 {
		if strings.Contains(p[i], "{{") || strings.Contains(p[i], "}}") {
			return nil, fmt.Errorf("has braces that are no field: write {{.%s}}", "Subject")
		}
	}
	return p, nil
}

// maxPublicID bounds an application's public ID and name, in characters, within what the server takes; hashDigits is how many digits of
// a hash end one that was cut.
const (
	maxPublicID = 200
	hashDigits  = 16
)

// publicID returns the public ID of the application that a section is about: the pattern's text, in which whatever is no letter, digit,
// hyphen or underscore is an underscore. It is "" when the pattern makes nothing of the section.
func (p pattern) publicID(s *message.Section) string {
	values := fieldsOf(s)
	var b strings.Builder
	for i, part := range p {
		if i%2 == 1 {
			part = values[part]
		}
		b.WriteString(part)
	}
	// What is stored is valid UTF-8, with a sign in the place of what is not: both must come to the same.
	text := strings.TrimSpace(strings.ToValidUTF8(b.String(), "\ufffd"))
	id := strings.Map(func(r rune) rune {
		if isPlain(r) {
			return r
		}
		return '_'
	}, text)
	if len(id) <= maxPublicID {
		return id
	}
	sum := sha256.Sum256([]byte(text))
	return id[:maxPublicID-1-hashDigits] + "_" + hex.EncodeToString(sum[:hashDigits/2])
}

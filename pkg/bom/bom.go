// Package bom makes the bill of materials of what was scanned: a CycloneDX 1.6 document in JSON, for targets that are sent an inventory.
//
// It holds what the document of the scan lists as installed, the packages that only findings name, and every open vulnerability.
// Secrets, misconfigurations, malware and failed controls are not in it: they are about no component. The same section makes the same
// bytes: the time in it is the scan's, and the serial number is made of the content.
package bom

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// schema is where the document says that its schema is.
const schema = "http://cyclonedx.org/schema/bom-1.6.schema.json"

// artifactRef is the reference of the artifact itself.
const artifactRef = "artifact"

// CycloneDX returns the bill of materials of a section, for which a target has asked for all open findings and the components. One
// without either makes a document that lists nothing.
func CycloneDX(s *message.Section) ([]byte, error) {
	inventory := newInventory(s.Components)
	found := vulnerabilities(vulnerable(s), inventory)
	document := &cdx.BOM{
		JSONSchema: schema, BOMFormat: cdx.BOMFormat, SpecVersion: cdx.SpecVersion1_6, Version: 1,
		Metadata: metadata(s), Components: &inventory.list,
	}
	if len(found) > 0 {
		document.Vulnerabilities = &found
	}
	unnumbered, err := encode(document)
	if err != nil {
		return nil, err
	}
	document.SerialNumber = serialNumber(unnumbered)
	return encode(document)
}

// Empty reports whether the bill of materials of a section lists nothing at all.
func Empty(s *message.Section) bool { return len(s.Components) == 0 && len(vulnerable(s)) == 0 }

// vulnerable returns the open findings that are vulnerabilities and say which.
func vulnerable(s *message.Section) []dedup.Item {
	var list []dedup.Item
	for _, i := range s.OpenFindings() {
		if i.Finding != nil && i.Kind == scan.Vulnerability && text(i.ID) != "" {
			list = append(list, i)
		}
	}
	return list
}

// encode returns the document as JSON in one line.
func encode(document *cdx.BOM) ([]byte, error) {
	var out bytes.Buffer
	encoder := cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON)
	if err := encoder.SetEscapeHTML(false).Encode(document); err != nil {
		return nil, fmt.Errorf("the bill of materials cannot be written: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// serialNumber returns a UUID of a content: version 8 (RFC 9562), from its SHA-256.
func serialNumber(content []byte) string {
	sum := sha256.Sum256(content)
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// metadata says what was scanned, when, and by what.
func metadata(s *message.Section) *cdx.Metadata {
	tools := []cdx.Component{{Type: cdx.ComponentTypeApplication, Name: "postee"}}
	if scanner := text(s.Scanner); scanner != "" {
		tools = append(tools, cdx.Component{Type: cdx.ComponentTypeApplication, Name: scanner})
	}
	m := &cdx.Metadata{Tools: &cdx.ToolsChoice{Components: &tools}, Component: artifact(s)}
	if at := s.Scanned.UTC(); !s.Scanned.IsZero() && at.Year() >= 0 && at.Year() <= 9999 {
		m.Timestamp = at.Format(time.RFC3339)
	}
	return m
}

// artifact returns what was scanned as a component. An image goes by its registry and repository, with the tag or digest as version;
// anything else by its subject.
func artifact(s *message.Section) *cdx.Component {
	c := &cdx.Component{BOMRef: artifactRef, Type: cdx.ComponentTypeApplication, Name: cmp.Or(text(s.Subject), artifactRef)}
	registry, repository, tag := s.Artifact.Image()
	if repository == "" {
		return c
	}
	c.Type, c.Name, c.Version = cdx.ComponentTypeContainer, text(registry+"/"+repository), version(cmp.Or(tag, s.Artifact.Digest))
	if digest, ok := strings.CutPrefix(s.Artifact.Digest, "sha256:"); ok && digest != "" {
		c.PackageURL = imageURL(registry, repository, s.Artifact.Digest, tag)
	}
	return c
}

// imageURL returns the package URL of an image: "pkg:oci/app@sha256:…?repository_url=registry.example.com/team/app&tag=1.4". It is made
// of the last name of the repository in lower case, as the type's definition asks.
func imageURL(registry, repository, digest, tag string) string {
	name := strings.ToLower(repository[strings.LastIndexByte(repository, '/')+1:])
	u := "pkg:oci/" + scan.PackageEscape(name) + "@" + scan.PackageEscape(digest) + "?repository_url=" + scan.PackageEscape(registry+"/"+repository)
	if tag != "" {
		u += "&tag=" + scan.PackageEscape(tag)
	}
	if !scan.IsPackageURL(u) {
		return ""
	}
	return u
}

// text returns a text without control characters, which documents for machines have no use for, and valid in the way in which messages
// are stored.
func text(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd")))
}

// maxVersion is how many characters the schema lets a version have.
const maxVersion = 1024

// version returns a version within the schema's limit.
func version(s string) string {
	s = text(s)
	if len(s) <= maxVersion {
		return s
	}
	runes := []rune(s)
	return string(runes[:min(len(runes), maxVersion)])
}

// set is texts in the order in which they came, each once. A document may have as many of a kind as it likes: that takes no longer for it.
type set struct {
	list  []string
	there map[string]bool
}

// add appends what is neither there nor empty.
func (l *set) add(more ...string) {
	for _, s := range more {
		if s = text(s); s == "" || l.there[s] {
			continue
		}
		if l.there == nil {
			l.there = make(map[string]bool)
		}
		l.there[s] = true
		l.list = append(l.list, s)
	}
}

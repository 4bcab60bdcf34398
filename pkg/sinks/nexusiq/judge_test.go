package nexusiq

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/bom"
	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/formats"
	"github.com/postee/postee/pkg/scan/scantest"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
	"github.com/postee/postee/pkg/sinks/sinktest/nexusiqtest"
)

// inventories are the messages of the suites, each with its findings open and their packages listed, a large scan, and texts that mean
// something to a reader of JSON or XML.
func inventories() []sinktest.Named {
	list := append(sinktest.Messages(), sinktest.Named{Name: "many", Message: about("many:1", 1500)})
	for i, text := range []string{
		"</bom><script>alert(1)</script>", `"}],"components":[{"type":"x"}]}`, "]]>&lt;&#0;%3C${HOME}{{.}}", "urn:cdx:a/1#b", "a\x00\x1b[31m\u202e\u2028\ufeff\xff",
		"pkg:npm/<a>@1", "https://example.com/<a b>?c=\"d\"|e\\f^g`h{i}[j]#k l%zz", strings.Repeat("漢", 2000), "(MIT OR", "MIT OR Apache-2.0", "@a/b", "a:b:c", "/",
	} {
		m := about("hostile:1", 0)
		fill(&m.Sections[0], text)
		list = append(list, sinktest.Named{Name: fmt.Sprintf("hostile-%d", i), Message: m})
	}
	for i := range list {
		for k := range list[i].Message.Sections {
			s := &list[i].Message.Sections[k]
			if s.Open == nil {
				s.Open = append([]dedup.Item{}, s.Delta.New...)
			}
		}
	}
	return list
}

// fill puts a text into all that a bill of materials is made of, for each type of package.
func fill(s *message.Section, text string) {
	s.Subject, s.Scanner, s.Artifact.Digest, s.Artifact.Repository, s.Artifact.Tag = text, text, "sha256:"+text, text, text
	for _, kind := range []string{"", "os", "npm", "maven", "golang", "pypi", text} {
		s.Components = append(s.Components, scan.Component{Name: text, Version: text, Type: kind, Licences: []string{text, "MIT"}, Path: text})
	}
	s.Components = append(s.Components, scan.Component{Name: "a", PURL: text, Licences: []string{text}}, scan.Component{Name: "b", PURL: "pkg:npm/" + text})
	for _, name := range []string{text, "a", "other", ""} {
		s.Open = append(s.Open, dedup.Item{Finding: &scan.Finding{
			ID: text, Package: name, Installed: text, Fixed: text, Title: text, URL: text, Aliases: []string{text, "CVE-2026-1"}, Severity: scan.Negligible,
		}})
	}
}

// TestJudge has Sonatype's description and the schema of CycloneDX look at everything that is sent.
func TestJudge(t *testing.T) {
	server := &nexusiqtest.Server{}
	server.Evaluate(0, "Failure")
	configured := func(url sinks.Secret) sinks.Config {
		c := config("")
		c.URL, c.Wait = url, true
		return c
	}
	files := sinktest.Capture(t, configured, server.ServeHTTP, inventories())
	sinktest.Judge(t, os.Getenv("POSTEE_VENDORS"), "nexus-iq", files)
}

// batch is how many packages and findings of the corpus are judged at once: the judge compares each with each.
const batch = 300

// TestCorpus makes the bill of materials of every report of the corpus. The schema must find each kind of them valid, and all of their
// packages and findings together, a batch at a time: to judge each report by itself takes minutes.
func TestCorpus(t *testing.T) {
	folder := os.Getenv("POSTEE_CORPUS")
	if folder == "" {
		t.Skip("POSTEE_CORPUS names no folder")
	}
	files, shapes := make(map[string][]byte), make(map[string]bool)
	reports, packages := 0, 0
	var together message.Section
	judge := func(s *message.Section) {
		p, err := bom.CycloneDX(s)
		if err != nil {
			t.Fatal(err)
		}
		if shape := shapeOf(t, p); s == &together || !shapes[shape] {
			shapes[shape] = true
			files[fmt.Sprintf("%03d.json", len(files))] = p
		}
	}
	documents, _, _ := scantest.Gather(t, scan.Options{Formats: formats.All(), Components: true, Generic: true}, folder)
	for _, doc := range documents {
		for i := range doc.Reports {
			s := sectionOf(&doc.Reports[i])
			judge(s)
			reports, packages = reports+1, packages+len(s.Components)
			together.Components, together.Open = append(together.Components, s.Components...), append(together.Open, s.Open...)
			for len(together.Components)+len(together.Open) > batch {
				rest := together
				together.Components, together.Open = rest.Components[:min(batch, len(rest.Components))], rest.Open[:min(batch, len(rest.Open))]
				judge(&together)
				together.Components, together.Open = rest.Components[len(together.Components):], rest.Open[len(together.Open):]
			}
		}
	}
	judge(&together)
	if reports < 500 || packages < 10_000 || len(shapes) < 10 {
		t.Errorf("only %d reports with %d packages, %d kinds", reports, packages, len(shapes))
	}
	t.Logf("%d documents, %d reports with %d packages, %d kinds, %d judged", len(documents), reports, packages, len(shapes), len(files))
	sinktest.Judge(t, os.Getenv("POSTEE_VENDORS"), "cyclonedx", files)
}

// shapeOf returns what makes a bill of materials of a kind: where it has what.
func shapeOf(t *testing.T, p []byte) string {
	t.Helper()
	paths := make(map[string]bool)
	var path []string
	for d := jsontext.NewDecoder(bytes.NewReader(p)); ; {
		token, err := d.ReadToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		path = path[:0]
		for part := range d.StackPointer().Tokens() {
			if strings.Trim(part, "0123456789") != "" {
				path = append(path, part)
			}
		}
		paths[strings.Join(path, "/")+string(token.Kind())] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(paths)), " ")
}

// sectionOf says all that a report says, as a route does for a target that asks for it.
func sectionOf(r *scan.Report) *message.Section {
	s := &message.Section{Subject: r.Artifact.Subject(), Artifact: r.Artifact, Scanner: r.Scanner, Scanned: r.Time, Components: r.Components}
	for i := range r.Findings {
		s.Open = append(s.Open, dedup.Item{Finding: &r.Findings[i]})
	}
	return s
}

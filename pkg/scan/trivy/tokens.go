package trivy

import (
	"strings"

	"github.com/postee/postee/pkg/scan"
)

// readTokens reads a report by tokens.
func readTokens(t *scan.Tokens, doc *scan.Document) {
	s := &tokens{t: t}
	if s.readReport() {
		s.finish(doc, doc.Raw)
	}
}

// readCosignTokens reads a report in a predicate by tokens.
func readCosignTokens(t *scan.Tokens, doc *scan.Document) {
	for open := t.Object(); open && t.Member(); {
		if t.Key() != "scanner" {
			t.Skip()
			continue
		}
		for open := t.Object(); open && t.Member(); {
			if t.Key() != "result" {
				t.Skip()
				continue
			}
			s, start := &tokens{t: t}, t.Start()
			if s.readReport() {
				s.finish(doc, t.From(start))
			}
		}
	}
	if len(doc.Reports) == 0 {
		t.GiveUp()
	}
}

// tokens is results while they are read by tokens. The structs that are filled again for each row are in it, so that they are made once.
type tokens struct {
	t *scan.Tokens
	*rows
	// listed is the number of the last list of rows of the result at hand.
	listed int

	result           result
	vulnerability    vulnerability
	misconfiguration misconfiguration
	secret           secret
	licence          licence
	modified         modified
}

// readReport reads a report whose results stand behind what they are about. It is false for one without an artifact. Names are copied:
// they are kept for longer than the document.
func (s *tokens) readReport() bool {
	t, in := s.t, &report{}
	for open := t.Object(); open && t.Member(); {
		key := t.Key()
		switch key {
		case "CreatedAt", "ArtifactName", "ArtifactType", "Metadata":
			if s.rows != nil {
				t.GiveUp()
			}
		}
		switch key {
		case "CreatedAt":
			in.CreatedAt = t.LooseText()
		case "ArtifactName":
			in.ArtifactName = strings.Clone(t.Text())
		case "ArtifactType":
			in.ArtifactType = strings.Clone(t.Text())
		case "Metadata":
			t.Decode(&in.Metadata)
		case "Results":
			s.rows = in.begin()
			s.readResults()
		default:
			t.Skip()
		}
	}
	if in.nameless() {
		t.GiveUp()
		return false
	}
	if s.rows == nil {
		s.rows = in.begin()
	}
	return true
}

// readResults reads results, and adds their rows to the report.
func (s *tokens) readResults() {
	for open := s.t.Array(); open && s.t.Element(); {
		s.readResult()
	}
}

// readResult reads a result whose rows stand behind what they are of, in the order in which they come into the report.
func (s *tokens) readResult() {
	t, r := s.t, &s.result
	*r, s.listed = result{}, 0
	for open := t.Object(); open && t.Member(); {
		switch t.Key() {
		case "Target":
			r.Target = s.heading()
		case "Class":
			r.Class = s.heading()
		case "Type":
			r.Type = s.heading()
		case "Packages":
			s.readPackages(&r.Packages)
		case "Vulnerabilities":
			if s.list(1) {
				s.readVulnerabilities()
			}
		case "Misconfigurations":
			if s.list(2) {
				s.readMisconfigurations()
			}
		case "Secrets":
			if s.list(3) {
				s.readSecrets()
			}
		case "Licenses":
			if s.list(4) {
				s.readLicences()
			}
		case "ExperimentalModifiedFindings":
			for open := s.list(5); open && t.Element(); {
				s.modified = modified{}
				t.Decode(&s.modified)
				s.addModified(&s.modified)
			}
		default:
			t.Skip()
		}
	}
	if s.listed == 0 {
		s.begin(r)
	}
	s.end()
}

// heading reads what says what a result is of, which stands before its rows.
func (s *tokens) heading() string {
	if s.listed > 0 {
		s.t.GiveUp()
	}
	return s.t.Text()
}

// list opens a list of rows, the first of which begins the result. The lists are numbered in the order in which they come into the report.
func (s *tokens) list(number int) bool {
	if s.listed == 0 {
		s.begin(&s.result)
	}
	if s.listed > number {
		s.t.GiveUp()
	}
	s.listed = number
	return s.t.Array()
}

// room makes room for the finding that has been read from start on.
func (s *tokens) room(start int) { s.report.Findings = s.t.Room(s.report.Findings, start) }

// readPackages reads a list of packages; anything else is skipped.
func (s *tokens) readPackages(p *packages) {
	t := s.t
	if !t.Begins('[') {
		t.Skip()
		return
	}
	for open := t.Array(); open && t.Element(); {
		if !t.Begins('{') {
			t.Skip()
			continue
		}
		var next packageHash
		for open := t.Object(); open && t.Member(); {
			if field := next.field(t.Key()); field != nil {
				*field = hashBytes(t.Value())
			} else {
				t.Skip()
			}
		}
		p.add(&next)
	}
}

package aqua

import (
	"strings"

	"github.com/postee/postee/pkg/scan"
)

// readTokens reads a document by tokens.
func readTokens(t *scan.Tokens, doc *scan.Document) {
	s := &tokens{t: t}
	if !doc.IsArray() {
		if s.readScan(); s.finish(doc, doc.Raw) != nil {
			t.GiveUp()
		}
		return
	}
	for open := t.Array(); open && t.Element(); {
		s.readListed(doc)
	}
	if len(doc.Reports) == 0 {
		t.GiveUp()
	}
}

// tokens is an image scan while it is read by tokens. The structs that are filled again for each row are in it, so that they are
// made once.
type tokens struct {
	t *scan.Tokens
	imageScan
	report scan.Report

	resource      resource
	vulnerability vulnerability
}

// finish adds the scan to the document.
func (s *tokens) finish(doc *scan.Document, raw []byte) error {
	return s.imageScan.finish(doc, &s.report, raw)
}

// readListed reads an element of a list of scans, and adds it to the document.
func (s *tokens) readListed(doc *scan.Document) {
	t, name, found := s.t, "", false
	*s = tokens{t: t}
	var raw []byte
	for open := t.Object(); open && t.Member(); {
		switch t.Key() {
		case "image_name":
			name = strings.Clone(string(t.LooseText()))
		case "results":
			start := t.Start()
			s.readScan()
			raw, found = t.From(start), true
		default:
			t.Skip()
		}
	}
	if s.Image == "" {
		s.Image = name
	}
	if !found || !s.isScan() || s.finish(doc, raw) != nil {
		t.GiveUp()
	}
}

// readScan reads an image scan. What the report keeps of it for long, its names, is copied.
func (s *tokens) readScan() {
	t := s.t
	for open := t.Object(); open && t.Member(); {
		switch t.Key() {
		case "image":
			s.Image = strings.Clone(t.Text())
		case "registry":
			s.Registry = strings.Clone(t.Text())
		case "pull_name":
			s.PullName = strings.Clone(t.Text())
		case "digest":
			s.Digest = strings.Clone(t.Text())
		case "image_id":
			s.ImageID = t.LooseText()
		case "scanned_image_platform":
			s.Platform = scan.LooseText(strings.Clone(string(t.LooseText())))
		case "scan_started":
			t.Decode(&s.Started)
		case "scan_options":
			t.Decode(&s.Options)
		case "partial_results":
			s.Partial = t.LooseBool()
		case "resources":
			s.readResources()
		case "image_assurance_results":
			t.Decode(&s.Assurance)
		case "vulnerability_summary":
			t.Decode(&s.Summary)
		case "application_scope_owners":
			s.Owners = t.LooseStrings()
		case "malware":
			t.Decode(&s.MalwareItems)
		case "sensitive_data":
			t.Decode(&s.SensitiveItems)
		default:
			t.Skip()
		}
	}
}

// readResources reads the resources, and puts what they list into the report.
func (s *tokens) readResources() {
	if !s.t.Array() {
		return
	}
	s.Resources = []resource{} // listed, although they are not kept
	for s.t.Element() {
		s.readResource()
		s.addResource(&s.report, &s.resource)
	}
}

// readResource reads a resource whose vulnerabilities, if any, stand behind what they are of.
func (s *tokens) readResource() {
	t, res, listed := s.t, &s.resource, false
	*res = resource{}
	for open := t.Object(); open && t.Member(); {
		switch t.Key() {
		case "resource":
			if listed {
				t.GiveUp()
			}
			s.readSoftware()
		case "scanned":
			res.Scanned = t.LooseSwitch()
		case "vulnerabilities":
			for open := t.Array(); open && t.Element(); listed = true {
				start := t.Start()
				s.readVulnerability()
				s.report.Findings = t.Room(s.report.Findings, start)
				s.addVulnerability(&s.report, &s.vulnerability, &res.Resource)
			}
		case "malware_items":
			t.Decode(&res.Malware)
		case "sensitive_items":
			t.Decode(&res.Sensitive)
		default:
			t.Skip()
		}
	}
}

func (s *tokens) readSoftware() {
	t, p := s.t, &s.resource.Resource
	for open := t.Object(); open && t.Member(); {
		switch t.Key() {
		case "name":
			p.Name = t.Text()
		case "path":
			p.Path = t.Text()
		case "version":
			p.Version = t.Text()
		case "format":
			p.Format = t.LooseText()
		case "malware_items":
			t.Decode(&p.Malware)
		case "sensitive_items":
			t.Decode(&p.Sensitive)
		default:
			t.Skip()
		}
	}
}

func (s *tokens) readVulnerability() {
	t, v := s.t, &s.vulnerability
	*v = vulnerability{}
	for open := t.Object(); open && t.Member(); {
		switch t.Key() {
		case "name":
			v.Name = t.Text()
		case "description":
			v.Description = t.Sentence()
		case "nvd_severity":
			v.NVDSeverity = t.Text()
		case "nvd_url":
			v.NVDURL = t.Text()
		case "vendor_severity":
			v.VendorSeverity = t.Text()
		case "vendor_url":
			v.VendorURL = t.Text()
		case "fix_version":
			v.FixVersion = t.Text()
		case "aqua_severity":
			v.AquaSeverity = t.Text()
		case "already_acknowledged":
			v.Acknowledged = t.LooseBool()
		default:
			t.Skip()
		}
	}
}

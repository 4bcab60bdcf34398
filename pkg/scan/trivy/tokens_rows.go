package trivy

import "github.com/postee/postee/pkg/scan"

// readVulnerabilities reads the rows of an open list. That it is there counts too.
func (s *tokens) readVulnerabilities() {
	s.result.Vulnerabilities = []vulnerability{}
	for s.t.Element() {
		start := s.t.Start()
		s.readVulnerability()
		s.room(start)
		s.addVulnerability(&s.vulnerability)
	}
}

func (s *tokens) readVulnerability() {
	t, v := s.t, &s.vulnerability
	*v = vulnerability{}
	for open := t.Object(); open && t.Member(); {
		switch t.Key() {
		case "VulnerabilityID":
			v.VulnerabilityID = t.Text()
		case "VendorIDs":
			v.VendorIDs = vendorIDs(t)
		case "PkgName":
			v.PkgName = t.Text()
		case "PkgPath":
			v.PkgPath = t.Text()
		case "InstalledVersion":
			v.InstalledVersion = t.Text()
		case "FixedVersion":
			v.FixedVersion = t.Text()
		case "Status":
			v.Status = t.LooseText()
		case "Title":
			v.Title = t.Text()
		case "Severity":
			v.Severity = t.Text()
		case "PrimaryURL":
			v.PrimaryURL = t.Text()
		default:
			t.Skip()
		}
	}
}

// vendorIDs reads the other IDs of a vulnerability, nil for null.
func vendorIDs(t *scan.Tokens) *scan.LooseStrings {
	if t.Begins('n') {
		t.Skip()
		return nil
	}
	ids := t.LooseStrings()
	return &ids
}

// readMisconfigurations reads the rows of an open list.
func (s *tokens) readMisconfigurations() {
	s.result.Misconfigurations = []misconfiguration{}
	for s.t.Element() {
		start := s.t.Start()
		s.readMisconfiguration()
		s.room(start)
		s.addMisconfiguration(&s.misconfiguration)
	}
}

func (s *tokens) readMisconfiguration() {
	t, m := s.t, &s.misconfiguration
	*m = misconfiguration{}
	for open := t.Object(); open && t.Member(); {
		switch t.Key() {
		case "ID":
			m.ID = t.Text()
		case "AVDID":
			m.AVDID = t.Text()
		case "Namespace":
			m.Namespace = t.LooseText()
		case "Query":
			m.Query = t.LooseText()
		case "Title":
			m.Title = t.Text()
		case "Message":
			m.Message = t.Text()
		case "Severity":
			m.Severity = t.Text()
		case "PrimaryURL":
			m.PrimaryURL = t.Text()
		case "Status":
			m.Status = t.Text()
		case "CauseMetadata":
			s.readCause()
		default:
			t.Skip()
		}
	}
}

// readCause reads where the misconfiguration at hand is.
func (s *tokens) readCause() {
	t, c := s.t, &s.misconfiguration.CauseMetadata
	for open := t.Object(); open && t.Member(); {
		switch t.Key() {
		case "Resource":
			c.Resource = t.Text()
		case "StartLine":
			c.StartLine = t.LooseCount()
		case "EndLine":
			c.EndLine = t.LooseCount()
		default:
			t.Skip()
		}
	}
}

// readSecrets reads the rows of an open list.
func (s *tokens) readSecrets() {
	s.result.Secrets = []secret{}
	for s.t.Element() {
		start := s.t.Start()
		s.readSecret()
		s.room(start)
		s.addSecret(&s.secret)
	}
}

func (s *tokens) readSecret() {
	t, row := s.t, &s.secret
	*row = secret{}
	for open := t.Object(); open && t.Member(); {
		switch t.Key() {
		case "RuleID":
			row.RuleID = t.Text()
		case "Severity":
			row.Severity = t.Text()
		case "Title":
			row.Title = t.Text()
		case "StartLine":
			row.StartLine = t.LooseCount()
		case "EndLine":
			row.EndLine = t.LooseCount()
		case "Offset":
			row.Offset = t.LooseCount()
		case "Match":
			row.Match = t.LooseText()
		default:
			t.Skip()
		}
	}
}

// readLicences reads the rows of an open list.
func (s *tokens) readLicences() {
	s.result.Licenses = []licence{}
	for s.t.Element() {
		start := s.t.Start()
		s.readLicence()
		s.room(start)
		s.addLicence(&s.licence)
	}
}

func (s *tokens) readLicence() {
	t, l := s.t, &s.licence
	*l = licence{}
	for open := t.Object(); open && t.Member(); {
		switch t.Key() {
		case "Name":
			l.Name = t.Text()
		case "PkgName":
			l.PkgName = t.Text()
		case "FilePath":
			l.FilePath = t.Text()
		case "Link":
			l.Link = t.Text()
		case "Category":
			l.Category = t.Text()
		case "Severity":
			l.Severity = t.Text()
		default:
			t.Skip()
		}
	}
}

package trivy

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/postee/postee/pkg/scan"
)

// result is what Trivy found in one place: the system's packages, a lock file, a configuration file.
type result struct {
	Target            string
	Class             string
	Type              string
	Packages          packages
	Vulnerabilities   []vulnerability
	Misconfigurations []misconfiguration
	Secrets           []secret
	Licenses          []licence
	Modified          []modified `json:"ExperimentalModifiedFindings"`
}

type vulnerability struct {
	VulnerabilityID  string
	VendorIDs        *scan.LooseStrings
	PkgName          string
	PkgPath          string
	InstalledVersion string
	FixedVersion     string
	Status           scan.LooseText
	Title            string
	Severity         string
	PrimaryURL       string
}

type misconfiguration struct {
	ID            string
	AVDID         string
	Namespace     scan.LooseText
	Query         scan.LooseText
	Title         string
	Message       string
	Severity      string
	PrimaryURL    string
	Status        string
	CauseMetadata cause
}

type cause struct {
	Resource  string
	StartLine scan.LooseCount
	EndLine   scan.LooseCount
}

type secret struct {
	RuleID    string
	Severity  string
	Title     string
	StartLine scan.LooseCount
	EndLine   scan.LooseCount
	Offset    scan.LooseCount
	Match     scan.LooseText
}

type licence struct {
	Name     string
	PkgName  string
	FilePath string
	Link     string
	Category string
	Severity string
}

// modified is a finding that somebody has accepted or declared not applicable; which of its fields there are depends on Type.
type modified struct {
	Type    string
	Finding struct {
		vulnerability
		ID            string
		AVDID         string
		Namespace     scan.LooseText
		Query         scan.LooseText
		Message       string
		CauseMetadata cause
		RuleID        string
		StartLine     scan.LooseCount
		EndLine       scan.LooseCount
		Offset        scan.LooseCount
		Match         scan.LooseText
		Name          string
		FilePath      string
		Link          string
		Category      string
	}
}

// imageConfiguration is the place of what is wrong with an image's configuration: there is no file, and Trivy puts the name of what
// it scanned, which is another archive's with every build.
const imageConfiguration = "image configuration"

// places says how the places in a report are spelt.
type places struct {
	// root is the folder that was scanned.
	root string
	// configuration is the target that stands for the image's configuration, "" for artifacts that are no images.
	configuration string
	// asGiven keeps the places of vulnerabilities: in images, nothing is compared by them.
	asGiven bool
}

// placesOf returns how the places in a report about an artifact are spelt.
func placesOf(in *report, a *scan.Artifact) places {
	if a.Type == "image" {
		return places{configuration: in.ArtifactName, asGiven: true}
	}
	return places{root: in.ArtifactName}
}

// of returns the place of a finding that is no vulnerability.
func (p *places) of(location string) string {
	if p.configuration != "" && location == p.configuration {
		return imageConfiguration
	}
	return scan.StableLocation(location, p.root)
}

// ofPackage returns the place of a vulnerability: the package's own file, or the file that lists the package.
func (p *places) ofPackage(location string) string {
	if p.asGiven {
		return location
	}
	return scan.StableLocation(location, p.root)
}

// finding returns the row. Its ID is the CVE where the advisory has one: other databases call it by that.
func (v *vulnerability) finding(class scan.Class, location string) scan.Finding {
	f := scan.Finding{
		Kind: scan.Vulnerability, Severity: scan.SeverityOf(v.Severity), ID: v.VulnerabilityID, Class: class, Package: v.PkgName,
		Installed: v.InstalledVersion, Fixed: v.FixedVersion, Status: string(v.Status), Title: v.Title, URL: v.PrimaryURL, Location: location,
	}
	if v.VendorIDs != nil {
		f.ID, f.Aliases = scan.MainID(v.VulnerabilityID, v.VendorIDs.List)
	}
	return f
}

// failed reports whether the check has failed: a row of any other status ("PASS", "EXCEPTION", none) is no finding.
func (m *misconfiguration) failed() bool { return m.Status == "FAIL" }

func (m *misconfiguration) finding(location string) scan.Finding {
	return scan.Finding{
		Kind: scan.Misconfiguration, Severity: scan.SeverityOf(m.Severity), ID: m.check(), Title: cmp.Or(m.Title, m.Message),
		URL: m.PrimaryURL, Location: location, Resource: m.CauseMetadata.Resource, Lines: m.lines(),
	}
}

// check returns the ID of the check; one without is called by its namespace and query. Trivy writes "N/A" for those.
func (m *misconfiguration) check() string {
	if id := cmp.Or(m.AVDID, m.ID); id != "" && id != "N/A" {
		return scan.CheckID(id)
	}
	namespace, query := string(m.Namespace), strings.TrimPrefix(string(m.Query), "data.")
	if namespace == "" || strings.HasPrefix(query, namespace+".") {
		return query
	}
	return strings.TrimSuffix(namespace+"."+query, ".")
}

// lines returns what tells the places in a file apart, and what stands on one line by the message, which names the container.
func (m *misconfiguration) lines() string {
	lines := linesOf(m.CauseMetadata.StartLine, m.CauseMetadata.EndLine)
	if lines == "" || m.Message == "" {
		return lines + m.Message
	}
	return lines + " " + m.Message
}

// linesOf spells a range of lines, "" without one.
func linesOf(start, end scan.LooseCount) string {
	if start.N == 0 && end.N == 0 {
		return ""
	}
	return strconv.Itoa(start.N) + "-" + strconv.Itoa(end.N)
}

func (s *secret) finding(location string) scan.Finding {
	f := scan.Finding{
		Kind: scan.Secret, Severity: scan.SeverityOf(s.Severity), ID: s.RuleID, Title: s.Title, Location: location,
		Match: string(s.Match), Lines: linesOf(s.StartLine, s.EndLine),
	}
	if s.Offset.Given {
		f.Lines += "@" + strconv.Itoa(s.Offset.N)
	}
	return f
}

func (l *licence) finding(location string, p *places) scan.Finding {
	if l.FilePath != "" {
		location = p.of(l.FilePath)
	}
	return scan.Finding{
		Kind: scan.Licence, Severity: scan.SeverityOf(l.Severity), ID: l.Name, Package: l.PkgName, Title: l.Category, URL: l.Link, Location: location,
	}
}

// finding returns the row that was suppressed, of whatever kind.
func (m *modified) finding(t *result, p *places) scan.Finding {
	f := &m.Finding
	switch m.Type {
	case "misconfiguration":
		c := misconfiguration{
			ID: f.ID, AVDID: f.AVDID, Namespace: f.Namespace, Query: f.Query, Title: f.Title, Message: f.Message, Severity: f.Severity,
			PrimaryURL: f.PrimaryURL, CauseMetadata: f.CauseMetadata,
		}
		return c.finding(p.of(t.Target))
	case "secret":
		s := secret{RuleID: f.RuleID, Severity: f.Severity, Title: f.Title, StartLine: f.StartLine, EndLine: f.EndLine, Offset: f.Offset, Match: f.Match}
		return s.finding(p.of(t.Target))
	case "license":
		l := licence{Name: f.Name, PkgName: f.PkgName, FilePath: f.FilePath, Link: f.Link, Category: f.Category, Severity: f.Severity}
		return l.finding(p.of(t.Target), p)
	}
	return f.vulnerability.finding(t.class(), p.ofPackage(cmp.Or(f.PkgPath, t.Target)))
}

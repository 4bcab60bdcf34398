// Package trivy reads what Trivy writes with --format json: its report (SchemaVersion 2) and the Kubernetes report.
package trivy

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/postee/postee/pkg/scan"
)

// report is Trivy's report, SchemaVersion 2, as far as it is used here.
type report struct {
	ArtifactName string
	ArtifactType string
	Metadata     metadata
	Results      []result
}

type metadata struct {
	ImageID     string
	Reference   string
	RepoTags    []string
	RepoDigests []string
	RepoURL     string
}

type result struct {
	Target            string
	Class             string
	Type              string
	Vulnerabilities   []vulnerability
	Misconfigurations []misconfiguration
	Secrets           []secret
	Licenses          []licence
	Modified          []modified `json:"ExperimentalModifiedFindings"`
}

type vulnerability struct {
	VulnerabilityID  string
	PkgName          string
	PkgPath          string
	InstalledVersion string
	FixedVersion     string
	Title            string
	Severity         string
	PrimaryURL       string
}

type misconfiguration struct {
	ID            string
	AVDID         string
	Title         string
	Message       string
	Severity      string
	PrimaryURL    string
	Status        string
	CauseMetadata cause
}

type cause struct{ Resource string }

type secret struct {
	RuleID   string
	Severity string
	Title    string
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
		RuleID        string
		Name          string
		FilePath      string
		Link          string
		Category      string
		CauseMetadata cause
	}
}

// Format returns the format of reports about one artifact, "trivy".
//
// Source: Trivy's pkg/types/report.go, and reports of its versions up to 0.74.
func Format() scan.Format {
	return scan.Format{Name: "trivy", Recognise: recognise, WholeArray: legacyArray, Read: read, Components: components}
}

// recognise reports whether a document has SchemaVersion 2, spelt 2.0 too.
func recognise(k scan.Keys) bool {
	v := k.Number("SchemaVersion")
	version, err := strconv.ParseFloat(v, 64)
	return err == nil && version == 2
}

func read(doc *scan.Document) error {
	in, err := scan.Decode[report](doc)
	if err != nil {
		return err
	}
	r := scan.Report{Scanner: "trivy", Raw: doc.Raw}
	r.Artifact = artifact(in)
	addResults(doc, &r, in.Results)
	doc.Reports = append(doc.Reports, r)
	return nil
}

// addResults adds the findings of the results, and what the results prove.
//
// A kind is covered when a result of its class is present. Trivy writes the result of an operating system's packages even
// when nothing is wrong with them, but omits the result of a secret or licence scan that found nothing: those kinds are then
// not covered, because such a report looks like one for which they were not scanned. For the same reason a report without
// any result (absent, null, empty) covers nothing: an image whose distribution Trivy does not know has none either.
// It is false when a row does not say what it is: nothing then proves that a finding of its kind is gone.
func addResults(doc *scan.Document, r *scan.Report, results []result) (whole bool) {
	size, dropped := 0, 0
	for i := range results {
		size += len(results[i].Vulnerabilities) + len(results[i].Misconfigurations) + len(results[i].Secrets) + len(results[i].Licenses)
	}
	r.Findings = slices.Grow(r.Findings, size)
	doubtful := scan.Kinds(0)
	for i := range results {
		t := &results[i]
		covers := t.covers()
		r.Covers |= covers
		if n := t.add(r); n > 0 {
			dropped += n
			doubtful |= covers
		}
	}
	if dropped > 0 {
		r.Covers &^= doubtful
		doc.Warnf("skipped findings without an ID: %d", dropped)
	}
	return dropped == 0
}

// covers returns the kinds that the result proves. Reports before Trivy 0.20 have no Class.
func (t *result) covers() (set scan.Kinds) {
	switch t.Class {
	case "os-pkgs", "lang-pkgs":
		return scan.KindsOf(scan.Vulnerability)
	case "config":
		return scan.KindsOf(scan.Misconfiguration)
	case "secret":
		return scan.KindsOf(scan.Secret)
	case "license", "license-file":
		return scan.KindsOf(scan.Licence)
	}
	if t.Vulnerabilities != nil {
		set |= scan.KindsOf(scan.Vulnerability)
	}
	if t.Misconfigurations != nil {
		set |= scan.KindsOf(scan.Misconfiguration)
	}
	if t.Secrets != nil {
		set |= scan.KindsOf(scan.Secret)
	}
	if t.Licenses != nil {
		set |= scan.KindsOf(scan.Licence)
	}
	return set
}

// add puts the result's rows into the report. It returns how many it had to leave out because they do not say what they are.
func (t *result) add(r *scan.Report) (dropped int) {
	keep := func(list *[]scan.Finding, f scan.Finding) {
		if f.ID == "" {
			dropped++
			return
		}
		*list = append(*list, f)
	}
	for i := range t.Vulnerabilities {
		keep(&r.Findings, t.Vulnerabilities[i].finding(t.Target))
	}
	for i := range t.Misconfigurations {
		if m := &t.Misconfigurations[i]; m.Status == "FAIL" {
			keep(&r.Findings, m.finding(t.Target))
		}
	}
	for i := range t.Secrets {
		keep(&r.Findings, t.Secrets[i].finding(t.Target))
	}
	for i := range t.Licenses {
		keep(&r.Findings, t.Licenses[i].finding(t.Target))
	}
	for i := range t.Modified {
		keep(&r.Suppressed, t.Modified[i].finding(t.Target))
	}
	return dropped
}

func (v *vulnerability) finding(target string) scan.Finding {
	return scan.Finding{
		Kind: scan.Vulnerability, Severity: scan.SeverityOf(v.Severity), ID: v.VulnerabilityID, Package: v.PkgName, Installed: v.InstalledVersion,
		Fixed: v.FixedVersion, Title: v.Title, URL: v.PrimaryURL, Location: cmp.Or(v.PkgPath, target),
	}
}

func (m *misconfiguration) finding(target string) scan.Finding {
	return scan.Finding{
		Kind: scan.Misconfiguration, Severity: scan.SeverityOf(m.Severity), ID: scan.CheckID(cmp.Or(m.AVDID, m.ID)), Title: cmp.Or(m.Title, m.Message),
		URL: m.PrimaryURL, Location: target, Resource: m.CauseMetadata.Resource,
	}
}

func (s *secret) finding(target string) scan.Finding {
	return scan.Finding{Kind: scan.Secret, Severity: scan.SeverityOf(s.Severity), ID: s.RuleID, Title: s.Title, Location: target}
}

func (l *licence) finding(target string) scan.Finding {
	return scan.Finding{
		Kind: scan.Licence, Severity: scan.SeverityOf(l.Severity), ID: l.Name, Package: l.PkgName, Title: l.Category, URL: l.Link,
		Location: cmp.Or(l.FilePath, target),
	}
}

// finding returns the row that was suppressed, of whatever kind.
func (m *modified) finding(target string) scan.Finding {
	f := &m.Finding
	switch m.Type {
	case "misconfiguration":
		c := misconfiguration{ID: f.ID, AVDID: f.AVDID, Title: f.Title, Severity: f.Severity, PrimaryURL: f.PrimaryURL, CauseMetadata: f.CauseMetadata}
		return c.finding(target)
	case "secret":
		s := secret{RuleID: f.RuleID, Severity: f.Severity, Title: f.Title}
		return s.finding(target)
	case "license":
		l := licence{Name: f.Name, PkgName: f.PkgName, FilePath: f.FilePath, Link: f.Link, Category: f.Category, Severity: f.Severity}
		return l.finding(target)
	}
	return f.vulnerability.finding(target)
}

// artifact returns the artifact. An image that was scanned from a file goes by the name that is inside.
func artifact(in *report) scan.Artifact {
	kind := artifactType(in)
	if kind != "image" {
		a := scan.Artifact{Type: kind, Name: scan.WithoutUser(in.ArtifactName)}
		if scan.RelativePath(a.Name, kind) {
			a.Namespace = scan.WithoutUser(in.Metadata.RepoURL)
		}
		return a
	}
	name := in.ArtifactName
	if scan.IsFile(name) || name == "" {
		name = cmp.Or(in.Metadata.Reference, append(in.Metadata.RepoTags, "")[0], name)
	}
	a := scan.ImageArtifact(name)
	a.Digest = cmp.Or(scan.RepoDigest(in.Metadata.RepoDigests), a.Digest)
	return a
}

// artifactType returns the type as package scan names it. Early reports leave it out: an image has an ID.
func artifactType(in *report) string {
	switch in.ArtifactType {
	case "container_image", "image":
		return "image"
	case "cyclonedx", "spdx", "sbom":
		return "sbom"
	case "repository", "vm", "filesystem":
		return in.ArtifactType
	case "":
		if in.Metadata.ImageID != "" || len(in.Metadata.RepoTags) > 0 {
			return "image"
		}
	}
	return "filesystem"
}

// legacyArray reports whether an array is a report of Trivy before SchemaVersion: an array of targets.
func legacyArray(first scan.Keys) bool { return first.Has("Target") && !first.Has("SchemaVersion") }

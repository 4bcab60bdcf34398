package scan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// trivyReport is Trivy's report, SchemaVersion 2, as far as it is used here.
type trivyReport struct {
	ArtifactName string
	ArtifactType string
	Metadata     trivyMetadata
	Results      []trivyResult
}

type trivyMetadata struct {
	ImageID     string
	Reference   string
	RepoTags    []string
	RepoDigests []string
	RepoURL     string
}

type trivyResult struct {
	Target            string
	Class             string
	Type              string
	Vulnerabilities   []trivyVulnerability
	Misconfigurations []trivyMisconfiguration
	Secrets           []trivySecret
	Licenses          []trivyLicence
	Modified          []trivyModified `json:"ExperimentalModifiedFindings"`
}

type trivyVulnerability struct {
	VulnerabilityID  string
	PkgName          string
	PkgPath          string
	InstalledVersion string
	FixedVersion     string
	Title            string
	Severity         string
	PrimaryURL       string
}

type trivyMisconfiguration struct {
	ID            string
	AVDID         string
	Title         string
	Message       string
	Severity      string
	PrimaryURL    string
	Status        string
	CauseMetadata trivyCause
}

type trivyCause struct{ Resource string }

type trivySecret struct {
	RuleID   string
	Severity string
	Title    string
}

type trivyLicence struct {
	Name     string
	PkgName  string
	FilePath string
	Link     string
	Category string
	Severity string
}

// trivyModified is a finding that somebody has accepted or declared not applicable; which of its fields there are depends on Type.
type trivyModified struct {
	Type    string
	Finding struct {
		trivyVulnerability
		ID            string
		AVDID         string
		RuleID        string
		Name          string
		FilePath      string
		Link          string
		Category      string
		CauseMetadata trivyCause
	}
}

// recogniseTrivy wants SchemaVersion 2, spelt 2.0 too.
func recogniseTrivy(k Keys) bool {
	v := k.Number("SchemaVersion")
	version, err := strconv.ParseFloat(v, 64)
	return err == nil && version == 2
}

func readTrivy(doc *Document) error {
	in, err := Decode[trivyReport](doc)
	if err != nil {
		return err
	}
	r := Report{Scanner: "trivy", Raw: doc.Raw}
	r.Artifact = trivyArtifact(in)
	addTrivyResults(doc, &r, in.Results)
	doc.Reports = append(doc.Reports, r)
	return nil
}

// addTrivyResults adds the findings of the results, and what the results prove.
//
// A kind is covered when a result of its class is present. Trivy writes the result of an operating system's packages even
// when nothing is wrong with them, but omits the result of a secret or licence scan that found nothing: those kinds are then
// not covered, because such a report looks like one for which they were not scanned. For the same reason a report without
// any result (absent, null, empty) covers nothing: an image whose distribution Trivy does not know has none either.
// It is false when a row does not say what it is: nothing then proves that a finding of its kind is gone.
func addTrivyResults(doc *Document, r *Report, results []trivyResult) (whole bool) {
	size, dropped := 0, 0
	for i := range results {
		size += len(results[i].Vulnerabilities) + len(results[i].Misconfigurations) + len(results[i].Secrets) + len(results[i].Licenses)
	}
	r.Findings = slices.Grow(r.Findings, size)
	doubtful := Kinds(0)
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
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("skipped findings without an ID: %d", dropped))
	}
	return dropped == 0
}

// covers returns the kinds that the result proves. Reports before Trivy 0.20 have no Class.
func (t *trivyResult) covers() (set Kinds) {
	switch t.Class {
	case "os-pkgs", "lang-pkgs":
		return KindsOf(Vulnerability)
	case "config":
		return KindsOf(Misconfiguration)
	case "secret":
		return KindsOf(Secret)
	case "license", "license-file":
		return KindsOf(Licence)
	}
	if t.Vulnerabilities != nil {
		set |= KindsOf(Vulnerability)
	}
	if t.Misconfigurations != nil {
		set |= KindsOf(Misconfiguration)
	}
	if t.Secrets != nil {
		set |= KindsOf(Secret)
	}
	if t.Licenses != nil {
		set |= KindsOf(Licence)
	}
	return set
}

// add puts the result's rows into the report. It returns how many it had to leave out because they do not say what they are.
func (t *trivyResult) add(r *Report) (dropped int) {
	keep := func(list *[]Finding, f Finding) {
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

func (v *trivyVulnerability) finding(target string) Finding {
	return Finding{
		Kind: Vulnerability, Severity: SeverityOf(v.Severity), ID: v.VulnerabilityID, Package: v.PkgName, Installed: v.InstalledVersion,
		Fixed: v.FixedVersion, Title: v.Title, URL: v.PrimaryURL, Location: cmp.Or(v.PkgPath, target),
	}
}

func (m *trivyMisconfiguration) finding(target string) Finding {
	return Finding{
		Kind: Misconfiguration, Severity: SeverityOf(m.Severity), ID: CheckID(cmp.Or(m.AVDID, m.ID)), Title: cmp.Or(m.Title, m.Message),
		URL: m.PrimaryURL, Location: target, Resource: m.CauseMetadata.Resource,
	}
}

func (s *trivySecret) finding(target string) Finding {
	return Finding{Kind: Secret, Severity: SeverityOf(s.Severity), ID: s.RuleID, Title: s.Title, Location: target}
}

func (l *trivyLicence) finding(target string) Finding {
	return Finding{
		Kind: Licence, Severity: SeverityOf(l.Severity), ID: l.Name, Package: l.PkgName, Title: l.Category, URL: l.Link,
		Location: cmp.Or(l.FilePath, target),
	}
}

// finding makes the row that was suppressed, of whatever kind.
func (m *trivyModified) finding(target string) Finding {
	f := &m.Finding
	switch m.Type {
	case "misconfiguration":
		c := trivyMisconfiguration{ID: f.ID, AVDID: f.AVDID, Title: f.Title, Severity: f.Severity, PrimaryURL: f.PrimaryURL, CauseMetadata: f.CauseMetadata}
		return c.finding(target)
	case "secret":
		s := trivySecret{RuleID: f.RuleID, Severity: f.Severity, Title: f.Title}
		return s.finding(target)
	case "license":
		l := trivyLicence{Name: f.Name, PkgName: f.PkgName, FilePath: f.FilePath, Link: f.Link, Category: f.Category, Severity: f.Severity}
		return l.finding(target)
	}
	return f.trivyVulnerability.finding(target)
}

// trivyArtifact makes the artifact. An image that was scanned from a file goes by the name that is inside.
func trivyArtifact(in *trivyReport) Artifact {
	kind := trivyArtifactType(in)
	if kind != "image" {
		a := Artifact{Type: kind, Name: WithoutUser(in.ArtifactName)}
		if RelativePath(a.Name, kind) {
			a.Namespace = WithoutUser(in.Metadata.RepoURL)
		}
		return a
	}
	name := in.ArtifactName
	if IsFile(name) || name == "" {
		name = cmp.Or(in.Metadata.Reference, append(in.Metadata.RepoTags, "")[0], name)
	}
	a := ImageArtifact(name)
	a.Digest = repoDigest(in.Metadata.RepoDigests, a.Digest)
	return a
}

// trivyArtifactType names the type as this package does. Early reports leave it out: an image has an ID.
func trivyArtifactType(in *trivyReport) string {
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

// repoDigest takes the digest out of the first "repository@sha256:…"; without one it stays what the name said.
func repoDigest(digests []string, named string) string {
	for _, d := range digests {
		if _, digest, ok := strings.Cut(d, "@"); ok && digest != "" {
			return digest
		}
	}
	return named
}

// legacyArray knows Trivy's form before SchemaVersion: an array of targets.
func legacyArray(first Keys) bool { return first.Has("Target") && !first.Has("SchemaVersion") }

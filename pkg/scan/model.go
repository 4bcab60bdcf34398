package scan

import "fmt"

// Document is one JSON value of the input. It may speak of many artifacts: a Kubernetes report holds one [Report] per workload.
type Document struct {
	// Source is where the document stands: PATH#N, N from 1; standard input is "-#N".
	Source string
	// Offset is the position of the document's first byte in the decoded source, in bytes from 0.
	Offset int64
	// Format is the name of the format that read it: "trivy", [Generic].
	Format string
	// Raw holds the document's bytes exactly as they came.
	Raw []byte
	// Reports has at least one element for a document that was understood.
	Reports []Report
	// Warnings are things that a person should know although the document was understood.
	Warnings []string
}

// Warnf adds a warning, formatted as by fmt.Sprintf. It does not name the document: who shows it puts the source before it.
func (doc *Document) Warnf(format string, args ...any) {
	doc.Warnings = append(doc.Warnings, fmt.Sprintf(format, args...))
}

// Report is what one scanner said about one artifact.
type Report struct {
	// Artifact is what was scanned.
	Artifact Artifact
	// Scanner names the tool: "aqua", "trivy"; formats of one tool share it. "" for a generic document.
	Scanner string
	// Covers holds the kinds of finding whose absence this report proves.
	Covers Kinds
	// Compliance says whether the image is allowed, where the document says so.
	Compliance Compliance
	// Owners are the addresses of the application's owners, in the order of the document.
	Owners []string
	// Findings are the rows as listed, in the order of the document: duplicates are still there.
	Findings []Finding
	// Suppressed are rows that somebody accepted or declared not applicable: never reported, only counted.
	Suppressed []Finding
	// Summary holds the scanner's own counts by severity where the document lists nothing that was found (failed controls
	// aside) and the counts are not all zero; otherwise nil.
	Summary *[SeverityCount]int
	// Components are what is installed in the artifact, in the order of the document; nil unless Options.Components is set. A
	// scanner may list only what something is wrong with.
	Components []Component
	// Raw is the part of Document.Raw that speaks of this artifact: a sub-slice, never encoded again. Of a workload with
	// several entries it is the first with findings.
	Raw []byte
}

// Artifact is what was scanned, in the document's own words except for what [Artifact.Subject] says.
type Artifact struct {
	// Type is "image", "filesystem", "repository", "vm", "sbom", "kubernetes", "account" or "generic".
	Type string `json:"type"`
	// Name is the name as the scanner wrote it, without user information; for a generic artifact, 16 hex digits of its content.
	Name string `json:"name,omitzero"`
	// Host is the host of the image's registry, lower case, "" when the document names none.
	Host string `json:"host,omitzero"`
	// Registry is the registry's display name, as Aqua gives it ("Docker Hub"); otherwise "".
	Registry string `json:"registry,omitzero"`
	// Repository is the image's path without host, tag and digest.
	Repository string `json:"repository,omitzero"`
	// Tag is the image's tag, "" when there is none.
	Tag string `json:"tag,omitzero"`
	// Digest is "sha256:…" as the document gives it, "" when unknown.
	Digest string `json:"digest,omitzero"`
	// Namespace qualifies Name for artifacts that are not images: a cluster and namespace, a repository's URL.
	Namespace string `json:"namespace,omitzero"`
}

// Finding is one row of a report.
type Finding struct {
	Kind     Kind     `json:"kind"`
	Severity Severity `json:"severity"`
	// ID is what the world calls it: the CVE where the scanner gives an alias and a CVE, a normalised check ID, a rule ID.
	ID string `json:"id"`
	// Package is the name of the vulnerable or wrongly licensed package, "" for kinds that have none.
	Package string `json:"package,omitzero"`
	// Installed is the package's version.
	Installed string `json:"installed,omitzero"`
	// Fixed is the version or versions that mend it, as the scanner spells them; "" when there is none.
	Fixed string `json:"fixed,omitzero"`
	// Title is one sentence for people.
	Title string `json:"title,omitzero"`
	// URL leads to more about it.
	URL string `json:"url,omitzero"`
	// Location is the file, target or policy in which it was found.
	Location string `json:"location,omitzero"`
	// Resource narrows Location for misconfigurations: the resource in the file; never a line number.
	Resource string `json:"resource,omitzero"`
}

// Compliance is a document's word on whether the artifact is allowed.
type Compliance uint8

// The zero value is that the document does not say.
const (
	Unsaid Compliance = iota
	Compliant
	NonCompliant
)

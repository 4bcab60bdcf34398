package scan

import (
	"crypto/sha256"
	"fmt"
	"time"
)

// Document is one JSON value of the input. It may speak of many artifacts: a Kubernetes report holds one [Report] per workload.
type Document struct {
	// Source is where the document stands: PATH#N, N from 1; standard input is "-#N".
	Source string
	// Offset is the position of the document's first byte in the decoded source, in bytes from 0.
	Offset int64
	// Format is the name of the format that read it: "trivy", [Generic].
	Format string
	// Raw holds the document's bytes exactly as they came. Nobody may write to them, ever: strings of the reports are parts of them, and
	// stand for as long as somebody has one. They are part of a block that other documents are in too, so that whoever keeps a string of a
	// [Finding] for longer than the document keeps a megabyte; names of artifacts are copies.
	Raw []byte
	// Reports has at least one element for a document that was understood.
	Reports []Report
	// Warnings are things that a person should know although the document was understood.
	Warnings []string
	// Notes are things worth knowing that are as they should be: how an artifact got its name.
	Notes []string

	places []place // of its artifacts, those that go by a path which is relative to where the scanner ran
	// unread reads it, where that was put off; sum works out the SHA-256 of Raw, once.
	unread func() *InputError
	sum    func() [sha256.Size]byte
	plain  bool
	// byTypes is Options.ByTypes.
	byTypes bool
}

// Unread reports whether the document was known by its bytes (see [Options.Known]): it has no reports until [Document.Read].
func (doc *Document) Unread() bool { return doc.unread != nil }

// Read reads a document that is [Document.Unread], and returns why it cannot be read, nil where it can. Nothing else may use the
// document meanwhile.
func (doc *Document) Read() *InputError {
	read := doc.unread
	doc.unread = nil
	return read()
}

// Plain reports whether reading the document told nothing but its reports: no warning, no note, no artifact that goes by a relative
// path, and a known format. Only of such a document it can be said without reading it what reading it would tell.
func (doc *Document) Plain() bool { return doc.plain }

// Sum returns the SHA-256 of Raw. It is worked out once, also where many ask at once.
func (doc *Document) Sum() [sha256.Size]byte {
	if doc.sum == nil { // one that was made without the reader
		return sha256.Sum256(doc.Raw)
	}
	return doc.sum()
}

// Warnf adds a warning, formatted as by fmt.Sprintf. It does not name the document: who shows it puts the source before it.
func (doc *Document) Warnf(format string, args ...any) {
	doc.Warnings = append(doc.Warnings, fmt.Sprintf(format, args...))
}

// IsArray reports whether the document is an array (see [Format.WholeArray]).
func (doc *Document) IsArray() bool { return len(doc.Raw) > 0 && doc.Raw[0] == '[' }

// notef adds a note, formatted as by fmt.Sprintf.
func (doc *Document) notef(format string, args ...any) {
	doc.Notes = append(doc.Notes, fmt.Sprintf(format, args...))
}

// Report is what one scanner said about one artifact.
type Report struct {
	// Artifact is what was scanned.
	Artifact Artifact
	// Scanner names the tool: "aqua", "trivy"; formats of one tool share it. "" for a generic document.
	Scanner string
	// Variant tells apart what goes by one name at the same time: an image's platform ("linux/arm64"), a repository's branch
	// ("branch main"); "" where the document does not say. Each variant is compared with its own past.
	Variant string
	// Time is when the scan ran, by the document; the zero time where it does not say.
	Time time.Time
	// Covers is what the report proves absent where it does not list it.
	Covers Coverage
	// CoversIfChanged is what it proves absent only when Packages differ, by class, from those of the last scan: the packages are
	// listed, and nothing shows whether vulnerabilities were looked for.
	CoversIfChanged Coverage
	// Packages is, by class, a digest of the names and versions of the packages that are listed; 0 where none are.
	Packages [ClassCount]uint64
	// Unscanned are the names of packages which the document says were not looked at: nothing about them is proven.
	Unscanned []string
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
	// Type is "image", "filesystem", "rootfs", "repository", "vm", "sbom", "kubernetes", "account" or "generic". What is known to be
	// of an image is "image", although an SBOM was scanned.
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
	// Namespace qualifies Name for artifacts that are not images: a cluster and namespace, or the repository as host/path.
	Namespace string `json:"namespace,omitzero"`
	// Path is the path within the repository that Namespace names, "" for the whole of it.
	Path string `json:"path,omitzero"`
}

// Finding is one row of a report.
type Finding struct {
	Kind     Kind     `json:"kind"`
	Severity Severity `json:"severity"`
	// Class is the class of a vulnerability.
	Class Class `json:"-"`
	// ID is what the world calls it: the CVE where the scanner gives an alias and a CVE, a normalised check ID, a rule ID.
	ID string `json:"id"`
	// Aliases are other IDs of the same flaw that the document gives: an advisory's own number beside the CVE.
	Aliases []string `json:"aliases,omitzero"`
	// Package is the name of the vulnerable or wrongly licensed package, "" for kinds that have none.
	Package string `json:"package,omitzero"`
	// Installed is the package's version.
	Installed string `json:"installed,omitzero"`
	// Fixed is the version or versions that mend it, as the scanner spells them; "" when there is none.
	Fixed string `json:"fixed,omitzero"`
	// Status is what the vendor does about it, in the scanner's words: "affected", "will_not_fix"; "" when the document does not say.
	Status string `json:"status,omitzero"`
	// Title is one sentence for people.
	Title string `json:"title,omitzero"`
	// URL leads to more about it.
	URL string `json:"url,omitzero"`
	// Location is the file, target or policy in which it was found. A view names it among all locations.
	Location string `json:"-"`
	// Resource narrows Location for misconfigurations: the resource in the file; never a line number.
	Resource string `json:"resource,omitzero"`
	// Match is the masked text of a secret, as far as the scanner shows it. It is compared, and never printed or stored.
	Match string `json:"-"`
	// Lines says where in Location it stands, in any form that is different for two places: "12-14". Rows that are alike but for
	// it are as many findings as there are places; a row that moves is the same. It is never printed or stored.
	Lines string `json:"-"`
}

// Compliance is a document's word on whether the artifact is allowed.
type Compliance uint8

// The zero value is that the document does not say.
const (
	Unsaid Compliance = iota
	Compliant
	NonCompliant
)

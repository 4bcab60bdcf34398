package dedup

import "github.com/postee/postee/pkg/scan"

// Fingerprint is a finding's fingerprint under one state's salt: SipHash-2-4 of what the finding *is*.
// It means nothing outside that state; [Identity.Sum] is the fingerprint that does.
type Fingerprint uint64

// Identity is what makes a finding itself, and all that is kept of it when it is no longer in any document.
type Identity struct {
	Kind scan.Kind
	ID   string
	// Where is the package for vulnerabilities, and the location (and resource) for every other kind.
	Where    string
	Resource string
}

// Mark is one finding in a baseline: nine bytes on disk.
type Mark struct {
	Fingerprint Fingerprint
	Level       Level
}

// Level is the worst that was said of a finding: its severity, whether a fix existed, and (to know what a scan can prove) its kind.
// It is stored: bits 0 to 2 severity, bit 3 fix, bits 4 to 6 kind, bit 7 zero.
type Level uint8

// Baseline is what one route has said about one subject.
type Baseline struct {
	// First is true when the route has never spoken about the subject, whatever the scanner.
	First bool
	// Own are the marks of the scanner whose report is compared, by ascending Fingerprint.
	Own []Mark
	// Others are the marks of the other scanners, each by ascending Fingerprint.
	Others [][]Mark
	// Compliance is what was last said.
	Compliance scan.Compliance
}

// Item is one finding of a difference: all rows with one fingerprint, folded.
type Item struct {
	scan.Finding
	// Locations are all places, in the order of the document, without repeats.
	Locations []string `json:"locations,omitzero"`
}

// Change is a finding beside what was said of it before: it became worse, can be mended now, or is gone.
type Change struct {
	Item
	// Was is what the baseline had.
	Was Was `json:"was"`
}

// Was is the earlier severity and whether a fix existed then.
type Was struct {
	Severity scan.Severity `json:"severity"`
	Fixed    bool          `json:"fixed"`
}

// Delta is a difference. It is complete: whoever tells it looks nothing up.
type Delta struct {
	New     []Item   `json:"new,omitzero"`
	Changed []Change `json:"changed,omitzero"`
	// Fixed are findings of the baseline that the report proves gone; severity is the highest that was said.
	Fixed []Change `json:"fixed,omitzero"`
	// Known counts unchanged findings, Suppressed those that somebody accepted.
	Known      int `json:"known,omitzero"`
	Suppressed int `json:"suppressed,omitzero"`
	// First is true when the route had never spoken about the subject.
	First bool `json:"first,omitzero"`
	// Compliance is the word of this report, ComplianceChanged that it differs from the last word.
	Compliance        scan.Compliance `json:"compliance,omitzero"`
	ComplianceChanged bool            `json:"compliance_changed,omitzero"`
	// Open counts all open findings of the report by severity, known ones too.
	Open [scan.SeverityCount]int `json:"open,omitzero"`
	// Fixable counts the open findings that have a fix.
	Fixable int `json:"fixable,omitzero"`
}

// Empty reports whether there is nothing to say.
func (d *Delta) Empty() bool {
	return !d.First && !d.ComplianceChanged && len(d.New)+len(d.Changed)+len(d.Fixed) == 0
}

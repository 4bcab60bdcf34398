package dedup

import (
	"time"

	"github.com/postee/postee/pkg/scan"
)

// Fingerprint is a finding's fingerprint under one state's salt: SipHash-2-4 of what the finding *is*.
// It means nothing outside that state.
type Fingerprint uint64

// Day is a day in UTC, counted from 1970-01-01; 0 is none.
type Day int32

// DayOf returns the day of a time.
func DayOf(t time.Time) Day { return Day(t.Unix() / 86400) }

// Time returns the day's first instant.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// MarshalText writes the day as "2026-11-25".
func (d Day) MarshalText() ([]byte, error) { return []byte(d.Time().Format(time.DateOnly)), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Day) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	*d = DayOf(t)
	return err
}

// Mark is one finding in a baseline.
type Mark struct {
	Fingerprint Fingerprint
	Level       Level
	// Day is when the finding was first in a scan of the subject.
	Day Day
}

// Level is the worst that was said of a finding: its severity, whether a fix existed, and (to know what a scan can prove) its kind
// and class. It is stored: bits 0 to 2 severity, bit 3 fix, bits 4 to 6 kind, bits 7 and 8 class, the rest zero.
type Level uint16

// Baseline is what one route has said about one subject, as one view sees it: a scanner, and one variant of the subject.
type Baseline struct {
	// First is true when the route has never spoken about the subject, whatever the view.
	First bool
	// Own are the marks of the view whose report is compared, by ascending Fingerprint.
	Own []Mark
	// Others are the marks of the other views that still count, each by ascending Fingerprint.
	Others [][]Mark
	// Packages are the digests of the packages that the view's last scan listed, by class; 0 is unknown.
	Packages [scan.ClassCount]uint64
	// Compliance is what was last said.
	Compliance scan.Compliance
	// Today is the day that a finding gets which no scan of the subject had before.
	Today Day
	// FirstSeen returns the day on which a finding was first in a scan of the subject, whatever the route; 0 is never. It may be nil.
	FirstSeen func(Fingerprint) Day
}

// Item is one finding of a difference: all rows with one fingerprint, folded.
type Item struct {
	// Finding is the row that speaks for all of them, with what the others add. It may be the report's own: it is not changed.
	*scan.Finding
	// Locations are all places, sorted, without repeats: Finding.Location is one of them.
	Locations []string `json:"locations,omitzero"`
	// FirstSeen is the day on which it was first in a scan of the subject; 0 where that is not known.
	FirstSeen Day `json:"first_seen,omitzero"`
	// Detail and Ordinal are those of its Identity, where Finding does not tell them.
	Detail  string `json:"-"`
	Ordinal int    `json:"-"`
}

// Identity returns what makes the item itself.
func (it *Item) Identity() Identity {
	id := identityOf(it.Finding, false)
	id.Ordinal = it.Ordinal
	if it.Kind != scan.Misconfiguration {
		id.Detail = it.Detail
	}
	return id
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

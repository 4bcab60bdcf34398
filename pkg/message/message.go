// Package message is what is to be said, before it has a look: plain versioned data, because it waits on disk.
//
// Messages that were written by an older program must be read for ever: fields are added, never given another meaning.
// Every encoding that ever reached a disk has a file in testdata.
package message

import (
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/scan"
)

// Message is what one route says at one time: about one subject, or in a digest about several.
type Message struct {
	// Route is the name of the route that speaks.
	Route string `json:"route"`
	// Title replaces the built-in title when it is not "".
	Title string `json:"title,omitzero"`
	// Test marks a message that only tries a target out.
	Test bool `json:"test,omitzero"`
	// Threshold is what the route speaks of.
	Threshold Threshold `json:"threshold,omitzero"`
	// Whole is what the route's template made of a digest; nil puts what it made of the sections one after the other. It is made when the
	// digest is put together, and not stored.
	Whole *Custom `json:"-"`
	// Sections has one element per subject, oldest first.
	Sections []Section `json:"sections"`
}

// Threshold is what a finding must have for a route to speak of it. The zero value lets each pass.
type Threshold struct {
	// Least is the least severity; Fixable asks for a fix as well.
	Least   scan.Severity `json:"least,omitzero"`
	Fixable bool          `json:"fixable,omitzero"`
}

// Qualifies reports whether a finding has it, both in one.
func (t Threshold) Qualifies(i *dedup.Item) bool {
	return i.Severity >= t.Least && (!t.Fixable || i.Fixed != "")
}

// Held is a message that is in memory still, so that it need not be decoded to be delivered: it is shared, and not changed. The zero
// value is none.
type Held struct {
	Message *Message
	// Size is about how much memory it keeps, in bytes.
	Size int
}

// Section is what is said about one subject.
type Section struct {
	Subject string `json:"subject"`
	// Artifact and Scanner are the report's.
	Artifact scan.Artifact `json:"artifact"`
	Scanner  string        `json:"scanner,omitzero"`
	// Format is the document's format by name.
	Format string `json:"format,omitzero"`
	// Source is where the document stood: "report.json#1".
	Source string `json:"source,omitzero"`
	// Scanned is when the scan ran, by the document; the zero time where it does not say.
	Scanned time.Time `json:"scanned,omitzero"`
	// Told is when the route last spoke about the subject before, in seconds since 1970 UTC; 0 is never, or not known.
	Told int64 `json:"told,omitzero"`
	// Job is the address of the CI job that read the document, "" when there is none.
	Job    string   `json:"job,omitzero"`
	Owners []string `json:"owners,omitzero"`
	// Delta is the difference to say.
	Delta dedup.Delta `json:"delta"`
	// All lists every open finding when the route shows all; otherwise nil.
	All []dedup.Item `json:"all,omitzero"`
	// Open lists every open finding, told before or not, when a target of the route asks for that and All does not list them already;
	// otherwise nil. It is not shown: see [Section.OpenFindings].
	Open []dedup.Item `json:"open,omitzero"`
	// Components are the packages of the artifact when a target of the route asks for them; otherwise nil.
	Components []scan.Component `json:"components,omitzero"`
	// Custom is what the route's template made of the section, in place of the built-in layout; nil where there is no template.
	Custom *Custom `json:"custom,omitzero"`
	// Blob is the SHA-256 of the subject's own bytes of the document when a target of the route needs them; otherwise nil.
	Blob []byte `json:"blob,omitzero"`
	// Document holds those bytes while the message is being delivered. It is stored apart, never inside an encoded message.
	Document []byte `json:"-"`
}

// OpenFindings returns every finding that is open after the scan, for a target that asked for them; nil when none did.
func (s *Section) OpenFindings() []dedup.Item {
	if s.All != nil {
		return s.All
	}
	return s.Open
}

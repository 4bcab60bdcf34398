package state

import "iter"

// Record is what is remembered of one subject.
type Record struct {
	Subject string
	// Generation changes with every write; 0 is that there is no record.
	Generation uint64
	// Day is when the subject was last seen, in days since 1970-01-01 UTC.
	Day int64
	// Base is the number of the first message of each route: not 0 where the subject, or one that shares its group, was forgotten.
	Base uint64
	// Routes has an element for each route that ever spoke about the subject.
	Routes []RouteState
	// Scans has an element for each scanner and variant of the subject.
	Scans []Scan
	// Views has an element for each scan and set of routes that said the same.
	Views []View
}

// RouteState is what one route has said about the subject, whatever the scanner.
type RouteState struct {
	Route string
	// Number is that of the next message: the record's Base and one for each message so far.
	Number uint64
	// Told is when a target last confirmed a message, in seconds since 1970 UTC; 0 is never.
	Told int64
	// Compliance is what was last said, as pkg/scan numbers it.
	Compliance uint8
}

// Scan is what is kept of the last scan by one scanner of one variant of the subject, whatever routes made of it.
type Scan struct {
	Scanner, Variant string
	// Day is when such a scan was last seen, in days since 1970-01-01 UTC. Time is the newest one's own time, in microseconds since
	// 1970 UTC; 0 where none said.
	Day, Time int64
	// Seen are hashes of the last reports that were the newest, or had no time: the latest stands last.
	Seen []uint64
	// Packages are digests of the packages that it listed, of the system and of libraries; 0 where it listed none.
	Packages [2]uint64
}

// View is the marks of one scanner on one variant, shared by the routes that have said the same.
type View struct {
	Scanner, Variant string
	Routes           []string
	// Marks are encoded by pkg/dedup. They begin with their number, a varint, and as many fingerprints of eight bytes each: that much
	// is known here, because findings are named by them. None are no bytes.
	Marks []byte
}

// Identities are identities of findings, encoded by pkg/dedup. Each is asked for only when it has to be stored: most findings of most
// scans have a name already.
type Identities interface {
	// Fingerprints walks the findings' fingerprints, in any order.
	Fingerprints() iter.Seq[uint64]
	// Identity returns the identity of one of them; nil is left alone.
	Identity(fingerprint uint64) []byte
}

// Admission is all that one batch of documents changes.
type Admission struct {
	// Records are the new contents; Generation is the one that was viewed.
	Records []Record
	// Names are those of the findings that the records have; those already stored are left alone.
	Names []Identities
	// Entries are what is to be said. Admit sets Seq, and Claim where the entry heads its lane. Those with Gather wait in a queue.
	Entries []Entry
	// Digests are those that became complete by this admission; Admit sets them, with Seq and Claim.
	Digests []Entry
	// Blobs are documents by SHA-256; those that entries name must be here or stored already.
	Blobs map[[32]byte]Packed
	// Known are marks of documents that were decided, on Day, in days since 1970-01-01 UTC.
	Known []*Known
	Day   int64
	// Once are the keys of messages among the entries that are sent once in a while.
	Once []Once
}

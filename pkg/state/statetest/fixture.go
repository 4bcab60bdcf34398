package statetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postee/postee/pkg/state"
)

// Noon is when tests take place.
func Noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// Me is the process that has the store open, with a lease of a minute.
func Me(t testing.TB, s state.Store) state.Claimant {
	t.Helper()
	n, err := s.Owners().Self()
	if err != nil {
		t.Fatal(err)
	}
	return state.Claimant{Owner: n, Lease: time.Minute}
}

// Update is the store's; an error ends the test.
func Update(t testing.TB, s state.Store, fn func(tx state.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// View is the store's; an error ends the test.
func View(t testing.TB, s state.Store, fn func(tx state.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// Entry is a message in a lane, about subject s.
func Entry(key, lane string) state.Entry {
	return state.Entry{Key: key, Route: "r", Target: "t", Subject: "s", Lane: lane, Thread: "th-" + lane,
		Admitted: Noon(), Message: []byte("message " + key)}
}

// Admit admits entries, and returns them as the state has them.
func Admit(t testing.TB, s state.Store, c state.Claimant, entries ...state.Entry) []state.Entry {
	t.Helper()
	a := &state.Admission{Entries: entries}
	Update(t, s, func(tx state.Tx) error { return state.Admit(tx, c, a) })
	return a.Entries
}

// ClaimAll claims all that can be, and returns the keys.
func ClaimAll(t testing.TB, s state.Store, c state.Claimant) (keys []string) {
	t.Helper()
	for _, e := range ClaimEntries(t, s, c, nil) {
		keys = append(keys, e.Key)
	}
	return keys
}

// ClaimEntries claims all that is wanted and can be, two at a time.
func ClaimEntries(t testing.TB, s state.Store, c state.Claimant, wants func(*state.Entry) bool) (all []state.Entry) {
	t.Helper()
	q := state.Query{Wants: wants, Max: 2}
	for {
		var next *state.Walk
		Update(t, s, func(tx state.Tx) error {
			got, n, err := state.ClaimNext(tx, c, s.Owners(), q)
			all = append(all, got...)
			next = n
			return err
		})
		if next == nil {
			return all
		}
		q.Walk = *next
	}
}

// Settle settles an entry.
func Settle(t testing.TB, s state.Store, c state.Claimant, st state.Settlement) (next *state.Entry, err error) {
	t.Helper()
	Update(t, s, func(tx state.Tx) error {
		next, err = state.Settle(tx, c, st)
		return nil
	})
	return next, err
}

// Totals returns the size of a state.
func Totals(t testing.TB, s state.Store) (n state.Totals) {
	t.Helper()
	View(t, s, func(tx state.Tx) (err error) {
		n, err = state.Summarise(tx)
		return err
	})
	return n
}

// Subject is the i-th name of those that Populate uses.
func Subject(i int) string {
	return "docker.io/app:" + string(rune('A'+i%26)) + strings.Repeat("x", i/26)
}

// Populate writes something to every bucket: so many subjects, and messages that wait, are dead or queued.
func Populate(t testing.TB, s state.Store, subjects int) {
	t.Helper()
	doc := bytes.Repeat([]byte("a document "), 50)
	digest := [32]byte{1, 2, 3}
	names := Names{}
	a := &state.Admission{Blobs: map[[32]byte]state.Packed{digest: state.Pack(doc)}, Names: []state.Identities{names}}
	for i := range subjects {
		names[uint64(i)] = []byte("CVE-1 in " + Subject(i))
		a.Records = append(a.Records, state.Record{Subject: Subject(i), Day: 20779 + int64(i%3),
			Routes: []state.RouteState{{Route: "slack", Number: uint64(i), Told: 5}},
			Views:  []state.View{{Scanner: "trivy", Routes: []string{"slack"}, Marks: Marks(uint64(i))}}})
	}
	for _, k := range []string{"a1", "a2", "b1", "c1"} {
		e := Entry(k, k[:1])
		e.Document = digest[:]
		a.Entries = append(a.Entries, e)
	}
	for i := range subjects / 2 {
		a.Entries = append(a.Entries, Entry(strings.Repeat("y", 100)+Subject(i), Subject(i)))
	}
	for _, k := range []string{"q1", "q2", "q3"} { // a digest of two, and one that waits
		e := Entry(k, "queue")
		e.Document, e.Gather = digest[:], 2
		a.Entries = append(a.Entries, e)
	}
	me := Me(t, s)
	Update(t, s, func(tx state.Tx) error { return state.Admit(tx, me, a) })
	if _, err := Settle(t, s, me, state.Settlement{Entry: a.Entries[2], Outcome: state.Died, Receipt: []byte("ref")}); err != nil {
		t.Fatal(err)
	}
}

// Marks returns encoded marks with these fingerprints: what the state knows of them, and a byte for each that it does not.
func Marks(fingerprints ...uint64) []byte {
	if len(fingerprints) == 0 {
		return nil
	}
	marks := binary.AppendUvarint(nil, uint64(len(fingerprints)))
	for _, p := range fingerprints {
		marks = binary.BigEndian.AppendUint64(marks, p)
	}
	return append(marks, make([]byte, len(fingerprints))...)
}

// Names are identities of findings by fingerprint.
type Names map[uint64][]byte

// Fingerprints walks the keys.
func (n Names) Fingerprints() iter.Seq[uint64] { return maps.Keys(n) }

// Identity is the value.
func (n Names) Identity(fingerprint uint64) []byte { return n[fingerprint] }

// Remember admits a subject last seen on a day, with one finding of its own and marks of some size.
func Remember(t testing.TB, s state.Store, subject string, day int64, findings int) {
	t.Helper()
	names := Names{}
	a := &state.Admission{Names: []state.Identities{names}}
	a.Records = append(a.Records, RecordOf(t, s, subject, day, findings, names))
	Update(t, s, func(tx state.Tx) error { return state.Admit(tx, state.Claimant{}, a) })
}

// RecordOf makes the record that Remember admits; what its findings are called is added to names.
func RecordOf(t testing.TB, s state.Store, subject string, day int64, findings int, names map[uint64][]byte) state.Record {
	t.Helper()
	marks := make([]uint64, 0, findings)
	for i := range findings {
		p := uint64(len(subject))<<32 | uint64(subject[len(subject)-1])<<16 | uint64(i) + 1
		marks = append(marks, p)
		names[p] = fmt.Appendf(nil, "CVE-%d of %s", i, subject)
	}
	var known state.Record
	View(t, s, func(tx state.Tx) (err error) { known, err = state.Load(tx, subject); return err })
	return state.Record{Subject: subject, Day: day, Base: known.Base, Routes: []state.RouteState{{Route: "r", Number: known.Base + 1}},
		Views: []state.View{{Scanner: "trivy", Routes: []string{"r"}, Marks: Marks(marks...)}}}
}

// Subjects lists what is remembered.
func Subjects(t testing.TB, s state.Store) (all []string) {
	t.Helper()
	View(t, s, func(tx state.Tx) error {
		for r, err := range state.Subjects(tx) {
			if err != nil {
				return err
			}
			all = append(all, r.Subject)
		}
		return nil
	})
	slices.Sort(all)
	return all
}

// Sound fails unless all that is stored fits together.
func Sound(t testing.TB, s state.Store) {
	t.Helper()
	var problems []string
	View(t, s, func(tx state.Tx) error {
		problems = state.Audit(tx, state.Decoders{})
		return nil
	})
	if m := state.MaintenanceOf(s); m != nil && problems == nil {
		var err error
		if problems, err = m.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if problems != nil {
		t.Errorf("not sound: %v", problems)
	}
}

// Prune forgets what is beyond the bounds.
func Prune(t testing.TB, s state.Store, b state.Bounds) state.Pruned {
	t.Helper()
	done, err := state.Prune(t.Context(), s, b)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// WaitingForDigest makes n messages for one queue, which becomes a digest when so many wait.
func WaitingForDigest(from, n, gather int) (all []state.Entry) {
	for i := from; i < from+n; i++ {
		e := Entry(fmt.Sprintf("key-%d", i), "r\x00t")
		e.Subject, e.Thread, e.Gather = fmt.Sprint("subject-", i), "", gather
		all = append(all, e)
	}
	return all
}

// Gather admits messages in batches of a size and returns the digests that became complete.
func Gather(t testing.TB, s state.Store, entries []state.Entry, batch int) (digests []state.Entry) {
	t.Helper()
	me := Me(t, s)
	for len(entries) > 0 {
		n := min(batch, len(entries))
		a := &state.Admission{Entries: entries[:n]}
		Update(t, s, func(tx state.Tx) error { return state.Admit(tx, me, a) })
		digests = append(digests, a.Digests...)
		entries = entries[n:]
	}
	return digests
}

// Members returns the keys of the messages that a digest gathers.
func Members(t testing.TB, s state.Store, digest *state.Entry) (keys []string) {
	t.Helper()
	View(t, s, func(tx state.Tx) error {
		for after := uint64(0); ; {
			if after == digest.To {
				return nil
			}
			got, err := state.DigestMembers(tx, digest, after, 2)
			if err != nil {
				return err
			}
			for _, e := range got {
				if string(e.Message) != "message "+e.Key {
					t.Errorf("%s says %q", e.Key, e.Message)
				}
				keys = append(keys, e.Key)
			}
			after = got[len(got)-1].Seq
		}
	})
	return keys
}

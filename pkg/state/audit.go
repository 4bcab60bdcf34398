package state

import (
	"encoding/binary"
	"fmt"
)

// maxProblems bounds what Audit reports: after that many, more say nothing new.
const maxProblems = 100

// auditor reads everything once.
type auditor struct {
	tx       Tx
	decoders Decoders
	problems []string
	// lanes and lines are the keys that the outbox calls for; refs count who needs which document.
	lanes map[string]string
	lines map[string]bool
	refs  map[string]uint64
	// names are the fingerprints that have one.
	names fingerprintSet
	seen  counters
	// members are the keys in the queues that heads and digests call for.
	members map[string]bool
}

// Audit reads all buckets, and returns in words what does not fit together, at most a hundred problems: entries and lanes,
// documents and their counts, findings and their names, days, counters. decoders looks at what is opaque here.
func Audit(tx Tx, decoders Decoders) []string {
	a := &auditor{tx: tx, decoders: decoders, lanes: map[string]string{}, lines: map[string]bool{}, refs: map[string]uint64{}, members: map[string]bool{}}
	for _, step := range []func() error{a.meta, a.allNames, a.records, a.days, a.knownMarks, a.onceTimes, a.entries, a.queues, a.laneKeys, a.lineKeys, a.blobs, a.sums} {
		if err := step(); err != nil {
			a.problem("%v", err)
		}
	}
	for _, bucket := range []string{BucketMeta, BucketThread} {
		for _, err := range tx.Range(bucket, "") {
			if err != nil {
				a.problem("%v", err)
			}
		}
	}
	return a.problems
}

// meta decodes all that is there once, as opening does: what cannot be opened must not be taken for a state.
func (a *auditor) meta() error {
	for _, read := range []func() error{
		func() error { _, err := readSchema(a.tx); return err },
		func() error { _, err := Identity(a.tx); return err },
		func() error { _, err := Salt(a.tx); return err },
		func() error { _, err := Sweeps(a.tx); return err },
		func() error { _, err := Commits(a.tx); return err },
		func() error { _, err := getCounters(a.tx); return err },
		func() error { _, err := getLabels(a.tx); return err },
		func() error { _, err := getForgotten(a.tx); return err },
	} {
		if err := read(); err != nil {
			a.problem("%v", err)
		}
	}
	return nil
}

func (a *auditor) problem(format string, args ...any) {
	if len(a.problems) < maxProblems {
		a.problems = append(a.problems, fmt.Sprintf(format, args...))
	}
}

// records reads all subjects, and looks for their place in the index by day and for the names of their findings.
func (a *auditor) records() error {
	for r, err := range Subjects(a.tx) {
		if err != nil {
			return err
		}
		a.seen.subjects++
		if v, err := a.tx.Get(BucketSubj, hash16(r.Subject)); err != nil || v == nil {
			a.problem("subject %q stands in another's place", r.Subject)
		}
		if v, err := a.tx.Get(BucketSeen, seenKey(r.Day, r.Subject)); err != nil || v == nil {
			a.problem("subject %q is missing in the index by day", r.Subject)
		}
		for _, v := range r.Views {
			a.marks(r.Subject, v.Marks)
			a.says(a.decoders.Marks, v.Marks, "findings of subject %q", r.Subject)
		}
	}
	return nil
}

// marks looks whether all findings of a view have a name.
func (a *auditor) marks(subject string, marks []byte) {
	fingerprints, ok := fingerprintsOf(marks)
	if !ok {
		a.problem("subject %q has marks that cannot be read", subject)
		return
	}
	missing := 0
	for ; len(fingerprints) > 0; fingerprints = fingerprints[8:] {
		if !a.names.has(binary.BigEndian.Uint64(fingerprints)) {
			missing++
		}
	}
	if missing > 0 {
		a.problem("subject %q has %d findings without a name", subject, missing)
	}
}

// allNames gathers which findings have a name.
func (a *auditor) allNames() error {
	for p, err := range a.tx.Range(BucketName, "") {
		if err != nil {
			return err
		}
		if len(p.Key) != 8 {
			a.problem("name %x has a wrong length", p.Key)
			continue
		}
		a.names.add(binary.BigEndian.Uint64([]byte(p.Key)))
		a.says(a.decoders.Name, p.Value, "name of finding %x", p.Key)
	}
	return nil
}

// days counts the index by day: records has looked for each subject in it, so that it may have no more than these.
func (a *auditor) days() error {
	n := uint64(0)
	for p, err := range a.tx.Range(BucketSeen, "") {
		if err != nil {
			return err
		}
		if n++; n > a.seen.subjects {
			a.problem("the index by day has more than all subjects: %x", p.Key)
			return nil
		}
	}
	return nil
}

// entries reads the outbox and the dead ones.
func (a *auditor) entries() error {
	for _, dead := range []bool{false, true} {
		for e, err := range Entries(a.tx, dead) {
			if err != nil {
				return err
			}
			if dead {
				a.seen.dead++
			} else {
				a.seen.waiting++
				a.lanes[laneKey(e.Lane, e.Seq)] = e.Key
				for _, key := range lineKeys(&e) {
					a.lines[key] = true
				}
			}
			if e.Dead != dead {
				a.problem("message %s is among the wrong ones", e.Key)
			}
			if len(e.Document) > 0 {
				a.refs[string(e.Document)]++
			}
			a.seen.seq = max(a.seen.seq, e.Seq)
			if e.Scans == 0 {
				if err := a.message(dead, e.Seq); err != nil {
					return err
				}
			}
			if e.Scans > 0 {
				if err := a.gathered(e.Key, e.Lane, e.From, e.To, e.Scans); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// message looks at what an entry says.
func (a *auditor) message(dead bool, seq uint64) error {
	bucket := BucketOut
	if dead {
		bucket = BucketDead
	}
	e, _, err := getEntry(a.tx, bucket, seq)
	if err == nil {
		a.says(a.decoders.Message, e.Message, "message %s", e.Key)
	}
	return err
}

// laneKeys compares the lanes with the outbox.
func (a *auditor) laneKeys() error {
	for p, err := range a.tx.Range(BucketLane, "") {
		if err != nil {
			return err
		}
		switch key, found := a.lanes[p.Key]; {
		case !found:
			a.problem("lane %x leads to no message", p.Key)
		case len(p.Value) > 0 && string(p.Value) != key:
			a.problem("lane %x leads to a message with another key", p.Key)
		}
		delete(a.lanes, p.Key)
	}
	if n := len(a.lanes); n > 0 {
		a.problem("%d messages are in no lane", n)
	}
	return nil
}

// lineKeys compares the lines of the targets with the outbox.
func (a *auditor) lineKeys() error {
	for p, err := range a.tx.Range(BucketLine, "") {
		if err != nil {
			return err
		}
		if !a.lines[p.Key] {
			a.problem("line %x leads to no message", p.Key)
		}
		delete(a.lines, p.Key)
	}
	if n := len(a.lines); n > 0 {
		a.problem("%d messages are in no line", n)
	}
	return nil
}

// blobs compares the counts of references with the references, and unpacks every document.
func (a *auditor) blobs() error {
	for p, err := range a.tx.Range(BucketRefs, "") {
		if err != nil {
			return err
		}
		if n, err := references(a.tx, p.Key); err != nil || n != a.refs[p.Key] {
			a.problem("document %x has %d references, and is counted with %d (%v)", p.Key, a.refs[p.Key], n, err)
		}
		if _, err := Blob(a.tx, []byte(p.Key)); err != nil {
			a.problem("%v", err)
		}
		delete(a.refs, p.Key)
	}
	for digest := range a.refs {
		a.problem("document %x is missing", digest)
	}
	for p, err := range a.tx.Range(BucketBlob, "") {
		if err != nil {
			return err
		}
		if n, err := references(a.tx, p.Key); err != nil || n == 0 {
			a.problem("document %x is kept for nobody", p.Key)
		}
	}
	return nil
}

// sums compares the counters with what was counted.
func (a *auditor) sums() error {
	c, err := getCounters(a.tx)
	if err != nil {
		return err
	}
	noted, counted := c, a.seen
	noted.seq, noted.generation, counted.seq, counted.generation = 0, 0, 0, 0
	if noted != counted {
		a.problem("counted %d subjects, %d waiting, %d dead, %d queued; noted %d, %d, %d, %d",
			a.seen.subjects, a.seen.waiting, a.seen.dead, a.seen.queued, c.subjects, c.waiting, c.dead, c.queued)
	}
	if a.seen.seq > c.seq {
		a.problem("message number %d was never given", a.seen.seq)
	}
	return nil
}

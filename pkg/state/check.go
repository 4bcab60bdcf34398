package state

import (
	"context"
	"encoding/binary"
	"fmt"
)

// maxProblems bounds what Check reports: after that many, more say nothing new.
const maxProblems = 100

// Size returns the bytes of the file, and those of pages in it that are free to be used again.
func (b *Bolt) Size(ctx context.Context) (file, free int64, err error) {
	err = b.whole(ctx, func(o *opened, _ Tx) error {
		info, err := o.file.Stat()
		if err != nil {
			return b.unusable("cannot be read", err)
		}
		list, _, err := pageReader{file: o.file, pages: o.header.pages}.freelist(o.header.freelist)
		file, free = info.Size(), int64(len(list)/8)*pageSize
		return err
	})
	return file, free, err
}

// Check verifies the whole state: the pages, every value, and that entries, lanes, documents, counts and names fit one
// another. It returns what is wrong in words, at most a hundred; an error when it could not look.
func (b *Bolt) Check(ctx context.Context) (problems []string, err error) {
	err = b.whole(ctx, func(o *opened, tx Tx) error {
		// bbolt's own check runs in a goroutine, where a fault ends the process: it sees only what is in order.
		if err := inspect(o.file, o.header, true); err != nil {
			problems = append(problems, "pages: "+err.Error())
			return nil //nolint:nilerr // what is wrong is the answer
		}
		for err := range o.tx.Check() {
			if len(problems) < maxProblems {
				problems = append(problems, "pages: "+err.Error())
			}
		}
		if len(problems) == 0 {
			problems = checkAll(tx, b.decoders)
		}
		return nil
	})
	return problems, err
}

// whole runs fn in a View that can also see the file.
func (b *Bolt) whole(ctx context.Context, fn func(*opened, Tx) error) error {
	release, err := b.lock.acquire(ctx, b.timeout, !b.noCreate)
	if err != nil {
		return err
	}
	defer release()
	o, err := b.openFile(false)
	if err != nil {
		return b.placed(err)
	}
	defer b.shut(o)
	return b.placed(guarded("the pages", func() (err error) {
		if o.tx, err = o.db.Begin(false); err != nil {
			return err
		}
		return fn(o, newChecksummed(o.below()))
	}))
}

// auditor reads everything once.
type auditor struct {
	tx       Tx
	prove    Decoders
	problems []string
	// lanes are the keys that the outbox calls for; refs count who needs which document.
	lanes map[string]bool
	refs  map[string]uint64
	// names are the fingerprints that have one.
	names fingerprintSet
	seen  counters
	// members are the keys in the queues that heads and digests call for.
	members map[string]bool
}

// checkAll looks at what the buckets hold.
func checkAll(tx Tx, prove Decoders) []string {
	a := &auditor{tx: tx, prove: prove, lanes: map[string]bool{}, refs: map[string]uint64{}, members: map[string]bool{}}
	for _, step := range []func() error{a.allNames, a.records, a.days, a.entries, a.queues, a.laneKeys, a.blobs, a.sums} {
		if err := step(); err != nil {
			a.problem("%v", err)
		}
	}
	for _, bucket := range []string{bucketMeta, bucketThread} {
		for _, err := range tx.Range(bucket, "") {
			if err != nil {
				a.problem("%v", err)
			}
		}
	}
	return a.problems
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
		if v, err := a.tx.Get(bucketSeen, seenKey(r.Day, r.Subject)); err != nil || v == nil {
			a.problem("subject %q is missing in the index by day", r.Subject)
		}
		for _, v := range r.Views {
			a.marks(r.Subject, v.Marks)
			a.says(a.prove.Marks, v.Marks, "findings of subject %q", r.Subject)
		}
	}
	return nil
}

// marks looks whether all findings of a view have a name.
func (a *auditor) marks(subject string, marks []byte) {
	if len(marks)%markSize != 0 {
		a.problem("subject %q has marks of %d bytes", subject, len(marks))
		return
	}
	missing := 0
	for ; len(marks) > 0; marks = marks[markSize:] {
		if !a.names.has(binary.BigEndian.Uint64(marks)) {
			missing++
		}
	}
	if missing > 0 {
		a.problem("subject %q has %d findings without a name", subject, missing)
	}
}

// allNames gathers which findings have a name.
func (a *auditor) allNames() error {
	for p, err := range a.tx.Range(bucketName, "") {
		if err != nil {
			return err
		}
		if len(p.Key) != 8 {
			a.problem("name %x has a wrong length", p.Key)
			continue
		}
		a.names.add(binary.BigEndian.Uint64([]byte(p.Key)))
		a.says(a.prove.Name, p.Value, "name of finding %x", p.Key)
	}
	return nil
}

// days counts the index by day: records has looked for each subject in it, so that it may have no more than these.
func (a *auditor) days() error {
	n := uint64(0)
	for p, err := range a.tx.Range(bucketSeen, "") {
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
				a.lanes[laneKey(e.Lane, e.Seq)] = true
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
	bucket := bucketOut
	if dead {
		bucket = bucketDead
	}
	e, _, err := getEntry(a.tx, bucket, seq)
	if err == nil {
		a.says(a.prove.Message, e.Message, "message %s", e.Key)
	}
	return err
}

// laneKeys compares the lanes with the outbox.
func (a *auditor) laneKeys() error {
	for p, err := range a.tx.Range(bucketLane, "") {
		if err != nil {
			return err
		}
		if !a.lanes[p.Key] {
			a.problem("lane %x leads to no message", p.Key)
		}
		delete(a.lanes, p.Key)
	}
	if n := len(a.lanes); n > 0 {
		a.problem("%d messages are in no lane", n)
	}
	return nil
}

// blobs compares the counts of references with the references, and unpacks every document.
func (a *auditor) blobs() error {
	for p, err := range a.tx.Range(bucketRefs, "") {
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
	for p, err := range a.tx.Range(bucketBlob, "") {
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
	if _, err := Salt(a.tx); err != nil {
		return err
	}
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

package route

import (
	"bytes"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/state"
)

// unpacked is about how many times larger a message is in memory than it is encoded; inMemory is about what a finding takes there.
const (
	unpacked = 8
	inMemory = 320
)

// draft is one message while a batch is decided: what is said in order, and what is then worked out beside others.
type draft struct {
	route *Route
	c     *Case
	// number is the route's message number for the subject.
	number uint64
	// The rest follows from the above: the message and its encoded form, the document's digest where a target needs it, and the
	// fingerprints.
	held    message.Held
	encoded []byte
	blob    [32]byte
	packed  state.Packed
	hash    differenceHash
}

// addDraft takes a message's number, advances the baseline with it, and leaves the rest to buildMessages.
func (d *decision) addDraft(r *Route, k *Case) {
	d.advance(k.subj, r.Name, k.job, &k.comparison().next)
	k.job.entries += len(r.Targets)
	d.drafts = append(d.drafts, &draft{route: r, c: k, number: d.nextNumber(k.subj, r.Name)})
}

// build encodes the message. It touches nothing but u, so that several can be worked out at once.
func (u *draft) build() {
	if len(u.route.Targets) == 0 { // a comparison: nobody is told
		return
	}
	needs := u.route.contents()
	m := &message.Message{Route: u.route.Name, Threshold: u.route.Threshold, Sections: []message.Section{Section(u.c, u.route.ShowAll, needs)}}
	if needs.Document {
		u.blob, u.packed = u.c.job.blob()
		m.Sections[0].Blob = bytes.Clone(u.blob[:])
	}
	u.hash = hashDifference(u.c.Delta())
	var exact bool
	u.encoded, exact = message.Encode(m)
	// The message keeps the whole report in memory until it is delivered: not worth it where it tells little of that. Others share it.
	if d := u.c.Delta(); exact && 2*(len(d.New)+len(d.Changed)+len(d.Fixed)) >= len(u.c.Report.Findings) {
		u.held = message.Held{Message: m, Size: (len(u.c.Report.Raw) + inMemory*len(u.c.Report.Findings)) / max(1, u.c.job.entries)}
	}
}

// buildMessages works the batch's messages out, on all processors, and makes their entries in order.
func (d *decision) buildMessages() {
	inParallel(len(d.drafts), func(i int) { d.drafts[i].build() })
	for _, u := range d.drafts {
		d.addEntries(u)
	}
}

// addEntries makes an entry for each target of a message.
func (d *decision) addEntries(u *draft) {
	if u.packed != nil {
		d.out.Documents[u.blob], d.packed[u.blob] = u.c.Report.Raw, u.packed
	}
	says := u.c.Sentence()
	first := len(d.entries)
	for _, t := range u.route.Targets {
		if t.Owners && !owned(u.c) {
			d.out.Results = append(d.out.Results, Result{
				Source: u.c.Doc.Source, Subject: u.c.Subject, Route: u.route.Name, Target: t.Name, Status: Filtered, Reason: ownersKey, Told: u.c.Told,
			})
			continue
		}
		thread := u.route.Name + "\x00" + t.Name + "\x00" + u.c.Subject
		lane := thread
		if u.route.Serialize {
			lane = u.route.Name + "\x00\x00" + u.c.Subject
		}
		entry := state.Entry{
			Key: u.hash.key(u.route.Name, t.Name, u.c.Subject, u.number), Route: u.route.Name, Target: t.Name, Subject: u.c.Subject,
			Lane: lane, Thread: thread, Local: t.Local, Admitted: d.now, Message: u.encoded, Gather: u.route.Aggregate.gather(),
			Numbered: u.number > 0, Shared: u.route.Serialize, Chained: u.route.Serialize && len(d.entries) > first,
		}
		if entry.Address = t.Address; t.Address != "" {
			// What waits for another address must not stand in the way.
			entry.Lane += "\x00" + t.Address
		}
		if entry.Gather > 0 {
			// What waits for a digest, and the digests, follow one another on the route and target, whatever the subject.
			entry.Lane, entry.Thread, entry.Shared, entry.Chained = u.route.Name+"\x00"+t.Name, "", false, false
			entry.Weight, entry.Unique = unpacked*int64(len(u.encoded)), d.engine.Against != nil
		}
		if t.Document {
			entry.Document = bytes.Clone(u.blob[:]) // who keeps the entry does not keep the draft
		}
		if t.Document && entry.Gather > 0 {
			entry.Weight += int64(len(u.c.Report.Raw))
		}
		d.entries = append(d.entries, entry)
		d.notes, d.held = append(d.notes, Note{u.c.Doc.Source, says}), append(d.held, u.held)
	}
}

// recordAdmitted takes down what the state has stored: entries of the outbox, messages that wait for a digest, and digests.
func (d *decision) recordAdmitted(a *state.Admission) {
	for i := range a.Entries {
		e, note := &a.Entries[i], d.notes[i]
		if e.Gather == 0 {
			d.out.Entries = append(d.out.Entries, *e)
			d.out.Notes, d.out.Held = append(d.out.Notes, note), append(d.out.Held, d.held[i])
			continue
		}
		d.out.Results = append(d.out.Results, Result{
			Source: note.Source, Subject: e.Subject, Route: e.Route, Target: e.Target, Status: Queued, Key: e.Key, Says: note.Says,
		})
	}
	d.out.addDigests(a.Digests)
}

// Section returns what a message says of a case: the difference, all open findings where they are shown, and what else is needed of it.
func Section(c *Case, showAll bool, needs Contents) message.Section {
	s := message.Section{
		Subject: c.Subject, Artifact: c.Report.Artifact, Scanner: c.Report.Scanner, Format: c.Doc.Format,
		Source: c.Doc.Source, Custom: c.custom, Owners: c.Report.Owners, Delta: *c.Delta(), Scanned: c.Report.Time, Told: c.Told, Job: c.decision.engine.Job,
	}
	switch {
	case showAll:
		s.All = c.Set.All(&c.comparison().next)
	case needs.Open:
		s.Open = c.Set.All(&c.comparison().next)
	}
	if needs.Components {
		s.Components = c.Report.Components
	}
	return s
}

// nextNumber returns the message's number for route and subject and counts it. With --baseline nothing is counted.
func (d *decision) nextNumber(subj *subjectState, route string) uint64 {
	said := subj.route(route)
	if said == nil {
		return 0
	}
	n := said.Number
	said.Number++
	subj.edit()
	return n
}

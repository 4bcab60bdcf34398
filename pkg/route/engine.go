package route

import (
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/policy"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// Engine admits documents: it decides what is said, and writes baselines and outbox together.
type Engine struct {
	Routes []*Route
	Store  state.Store
	// Against is the document of --baseline: reports are compared with it, and baselines are neither read nor advanced.
	Against []*scan.Report
	// Subject replaces every report's subject when it is not "".
	Subject string
	// SubjectBy says what a report is a scan of, for the gate and for routes that have none of their own; nil is the artifact's own
	// subject.
	SubjectBy func(*scan.Report) string
	// AnyAge compares scans that are older than the last one of their view too.
	AnyAge bool
	// AquaServer is the console's URL, for links and policies; "" when there is none.
	AquaServer string
	// Job is the address of the CI job that the run is part of, for messages; "" when there is none.
	Job string
	// Record advances baselines, the gate's too, without saying anything.
	Record bool
	Gate   Gate
	// Lease is how long a claim of an admitted entry is good for.
	Lease time.Duration
	// Touch, if set, is told the subjects of every batch that was admitted.
	Touch func(subject string)
	// Observe, if set, sees every report before every route, with the decision. With Explain every rule is asked, also after one
	// has refused, and the decision has them all.
	Observe func(context.Context, *Case, *Route, *Verdict)
	Explain bool

	// Whole lets policies see whole documents, also where it is known which parts they look at.
	Whole bool
	// Decider is a hash of all that decides beside the documents and the state: the program, its configuration and flags. A document that
	// was decided under the same one is known by its bytes. The zero value knows none.
	Decider [sha256.Size]byte

	fingerprinter *dedup.Fingerprinter
	against       []*dedup.FindingSet
	// needs is what the policies of all routes look at.
	needs *policy.Needs
}

// Result is what became of one report on one route where nothing is to be delivered, or not yet.
type Result struct {
	Source, Subject, Route, Target string
	Status                         Status
	// Reason names the key as the user wrote it, or says what failed; GivenUp is that it was said of an earlier report, and holds for
	// all that follow.
	Reason  string
	GivenUp bool
	// Key is that of a message that waits for a digest, Says its difference in one line, or why the report was not compared; "" for
	// others.
	Key, Says string
	// Known counts what was compared, Told is when the route last spoke (seconds since 1970 UTC, 0 never).
	Known int
	Told  int64
}

// Note is what a report tells a person about an entry.
type Note struct {
	// Source is where the document stood, Says the difference in one line.
	Source, Says string
}

// Admitted is what became of a batch.
type Admitted struct {
	Results []Result
	// Entries are in the outbox now, digests that became complete among them; Notes and Held have one element for each.
	Entries []state.Entry
	Notes   []Note
	Held    []message.Held
	// Documents are the bytes that the entries' targets need, by SHA-256.
	Documents map[[32]byte][]byte
	// Unreadable are documents that were not read at first, because they looked like known ones, and are not understood.
	Unreadable []*scan.InputError
	// Warnings are worth telling a person, one sentence each.
	Warnings []string
	// Tripped are the findings at which the gate tripped, Unjudged the reports for which it cannot vouch.
	Tripped  []Trip
	Unjudged []Unjudged
}

// reportSubject returns what a report is a scan of, for the gate and for routes that do not say otherwise.
func (e *Engine) reportSubject(r *scan.Report) string {
	switch {
	case e.Subject != "":
		return e.Subject
	case e.SubjectBy != nil:
		return e.SubjectBy(r)
	}
	return r.Artifact.Subject()
}

// subjectOf returns what j is a scan of for a route.
func (e *Engine) subjectOf(r *Route, j *job) string {
	if r.Subject == nil || e.Subject != "" {
		return j.subject // that of the run, of common, or the artifact's own
	}
	return r.Subject(j.report)
}

// subjectsOf lists what j is a scan of: for the gate, and for each route.
func (e *Engine) subjectsOf(j *job) []string {
	subjects := []string{j.subject}
	for _, r := range e.Routes {
		if subject := e.subjectOf(r, j); !slices.Contains(subjects, subject) {
			subjects = append(subjects, subject)
		}
	}
	return subjects
}

// salted reads the state's salt, once, under which findings are digested.
func (e *Engine) salted(tx state.Tx) error {
	if e.fingerprinter != nil {
		return nil
	}
	salt, err := state.Salt(tx)
	if err != nil {
		return err
	}
	e.fingerprinter = dedup.NewFingerprinter(salt)
	for _, r := range e.Against {
		e.against = append(e.against, dedup.NewFindingSet(e.fingerprinter, r))
	}
	return nil
}

// loadRecords loads the records of a batch's subjects; with --baseline they are left alone.
func (e *Engine) loadRecords(tx state.Tx, batch []*job) (map[string]*subjectState, error) {
	subjects := map[string]*subjectState{}
	var names []string
	for _, j := range batch {
		for _, subject := range e.subjectsOf(j) {
			if _, known := subjects[subject]; !known {
				subjects[subject] = nil
				names = append(names, subject)
			}
		}
	}
	records := make([]state.Record, len(names))
	if e.Against == nil {
		var err error
		if records, err = state.LoadAll(tx, names); err != nil {
			return nil, err
		}
	}
	for i, name := range names {
		records[i].Subject = name
		var err error
		if subjects[name], err = decodeSubject(records[i]); err != nil {
			return nil, err
		}
	}
	return subjects, nil
}

// loadNames reads the identities of what stands in a view of a report's scanner and not in the report.
func (e *Engine) loadNames(tx state.Tx, subjects map[string]*subjectState, batch []*job) error {
	wanted := map[uint64][]*subjectState{}
	for _, j := range batch {
		for _, subject := range e.subjectsOf(j) {
			m := subjects[subject]
			for _, p := range m.gone(j.set) {
				wanted[uint64(p)] = append(wanted[uint64(p)], m)
			}
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	names, err := state.LoadNames(tx, slices.Sorted(maps.Keys(wanted)))
	if err != nil {
		return err
	}
	for p, encoded := range names {
		identity, err := dedup.DecodeIdentity(encoded)
		if err != nil {
			return err
		}
		for _, m := range wanted[p] {
			m.names[dedup.Fingerprint(p)] = identity
		}
	}
	return nil
}

package state

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
)

const (
	// knownSwept is how many marks of other days one admission takes out at most.
	knownSwept = 1024
	// knownPruned is how many marks one transaction takes out at most of a state that is too large.
	knownPruned = 4096
)

// DocumentHash tells documents apart, together with everything else that decides what is said of them.
type DocumentHash [16]byte

// Known is a mark that a document was decided, and what would be said of it if it were decided again. It holds on one day, and while
// the records of its subjects are those that were left then.
type Known struct {
	Document DocumentHash
	// Subjects are what the document speaks of.
	Subjects []KnownSubject
	// Decided has an element for each report and route, routes within reports.
	Decided []Decided
}

// KnownSubject is a subject of a document that is known.
type KnownSubject struct {
	// Record is what is remembered of it; the zero value is that nothing is, which has to stay so. Of a mark that is admitted only Subject
	// counts, and the Generation of one that is not written along with it, 0 where nothing is remembered.
	Record Record
	hash   string
}

// Decided is what would be said of a report on a route: Subject is the place of its subject among the mark's, of which something is
// remembered; the rest are numbers that mean something to pkg/route.
type Decided struct {
	Subject, Status, Rule, Findings uint64
}

// knownKey orders by day, as seenKey does.
func knownKey(day int64, document DocumentHash) string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(day)^1<<63)) + string(document[:])
}

// knownDay returns the part of the key that is the same for all marks of a day.
func knownDay(day int64) string { return knownKey(day, DocumentHash{})[:dayKey] }

// encode writes: count of subjects, each the sixteen bytes of its hash and the generation of its record; count of outcomes, each the
// numbers of Decided. Numbers are varints.
func (k *Known) encode(generations map[string]uint64) []byte {
	b := binary.AppendUvarint(make([]byte, 0, 64), uint64(len(k.Subjects)))
	for i := range k.Subjects {
		name := k.Subjects[i].Record.Subject
		b = append(b, hash16(name)...)
		b = binary.AppendUvarint(b, generations[name])
	}
	b = binary.AppendUvarint(b, uint64(len(k.Decided)))
	for _, o := range k.Decided {
		for _, n := range [...]uint64{o.Subject, o.Status, o.Rule, o.Findings} {
			b = binary.AppendUvarint(b, n)
		}
	}
	return b
}

// decodeKnown reads what encode wrote.
func decodeKnown(value []byte) (*Known, error) {
	d := decoder{rest: value}
	k := &Known{}
	for n := d.count(); n > 0 && !d.bad; n-- {
		var s KnownSubject
		s.hash, s.Record.Generation = string(d.take(hashKey)), d.uint()
		k.Subjects = append(k.Subjects, s)
	}
	for n := d.count(); n > 0 && !d.bad; n-- {
		o := Decided{Subject: d.uint(), Status: d.uint(), Rule: d.uint(), Findings: d.uint()}
		d.bad = d.bad || o.Subject >= uint64(len(k.Subjects)) || k.Subjects[o.Subject].Record.Generation == 0
		k.Decided = append(k.Decided, o)
	}
	if d.bad || len(d.rest) > 0 {
		return nil, errors.New("the mark of a document cannot be read")
	}
	return k, nil
}

// anyKnown reports whether any document is marked on a day.
func anyKnown(tx Tx, day int64) (bool, error) {
	for p, err := range tx.Range(BucketKnown, knownDay(day)) {
		return err == nil && strings.HasPrefix(p.Key, knownDay(day)), err
	}
	return false, nil
}

// MayKnow reports for each of some documents whether it is marked on a day: a hint, [Recall] says whether the mark holds.
func MayKnow(tx Tx, day int64, documents []DocumentHash) ([]bool, error) {
	return exist(tx, BucketKnown, knownKeys(day, documents))
}

func knownKeys(day int64, documents []DocumentHash) []string {
	keys := make([]string, len(documents))
	for i, document := range documents {
		keys[i] = knownKey(day, document)
	}
	return keys
}

// Recall returns the marks of documents on a day, in their order, with the records of their subjects; nil where there is none, or one
// that holds no more.
func Recall(tx Tx, day int64, documents []DocumentHash) ([]*Known, error) {
	keys := knownKeys(day, documents)
	values, err := tx.GetAll(BucketKnown, keys)
	if err != nil {
		return nil, err
	}
	marks := make([]*Known, len(documents))
	var subjects []string
	for i, v := range values {
		if v == nil {
			continue
		}
		if marks[i], err = decodeKnown(v); err != nil {
			return nil, Damaged(BucketKnown, keys[i], err.Error())
		}
		marks[i].Document = documents[i]
		for _, s := range marks[i].Subjects {
			subjects = append(subjects, s.hash)
		}
	}
	if len(subjects) == 0 {
		return marks, nil
	}
	if err := prefetch(tx, BucketSubj, subjects); err != nil {
		return nil, err
	}
	l, err := getLabels(tx)
	if err != nil {
		return nil, err
	}
	for i, k := range marks {
		if k == nil {
			continue
		}
		holds, err := k.holds(tx, l)
		if err != nil {
			return nil, err
		}
		if !holds {
			marks[i] = nil
		}
	}
	return marks, nil
}

// holds reports whether the records of the mark's subjects are what they were, and fills them in.
func (k *Known) holds(tx Tx, l *labels) (bool, error) {
	for i := range k.Subjects {
		s := &k.Subjects[i]
		v, err := tx.Get(BucketSubj, s.hash)
		switch {
		case err != nil:
			return false, err
		case v == nil && s.Record.Generation == 0:
			continue
		case v == nil:
			return false, nil
		}
		r, err := decodeRecord(v, l)
		if err != nil || hash16(r.Subject) != s.hash {
			return false, Damaged(BucketSubj, s.hash, "the record cannot be read")
		}
		if r.Generation != s.Record.Generation {
			return false, nil
		}
		s.Record = r
	}
	return true, nil
}

// admitKnown writes an admission's marks, once its records are written, and takes out marks of other days.
func admitKnown(tx Tx, a *Admission, generation uint64) error {
	if len(a.Known) == 0 {
		return nil
	}
	if err := sweepKnown(tx, a.Day); err != nil {
		return err
	}
	generations, err := generationsOf(tx, a, generation)
	if err != nil {
		return err
	}
	marks := slices.SortedFunc(slices.Values(a.Known), func(one, other *Known) int {
		return slices.Compare(one.Document[:], other.Document[:])
	})
	for _, k := range marks {
		// What is not written now must still be what was viewed.
		if slices.ContainsFunc(k.Subjects, func(s KnownSubject) bool {
			now := generations[s.Record.Subject]
			return now != generation && now != s.Record.Generation
		}) {
			continue
		}
		if err := tx.Put(BucketKnown, knownKey(a.Day, k.Document), k.encode(generations)); err != nil {
			return err
		}
	}
	return nil
}

// generationsOf returns the generations of the records of all that an admission marks: those of what it writes are the new one.
func generationsOf(tx Tx, a *Admission, generation uint64) (map[string]uint64, error) {
	generations := make(map[string]uint64, len(a.Records))
	for i := range a.Records {
		generations[a.Records[i].Subject] = generation
	}
	var others []string
	for _, k := range a.Known {
		for i := range k.Subjects {
			name := k.Subjects[i].Record.Subject
			if _, listed := generations[name]; !listed {
				generations[name], others = 0, append(others, name)
			}
		}
	}
	if len(others) == 0 {
		return generations, nil
	}
	records, err := LoadAll(tx, others)
	for i := range records {
		generations[others[i]] = records[i].Generation
	}
	return generations, err
}

// sweepKnown takes marks of other days out, not too many at once.
func sweepKnown(tx Tx, today int64) error {
	var old []string
	day := knownDay(today)
	for _, from := range []string{"", knownDay(today + 1)} {
		for p, err := range tx.Range(BucketKnown, from) {
			if err != nil {
				return err
			}
			if strings.HasPrefix(p.Key, day) || len(old) == knownSwept {
				break
			}
			old = append(old, p.Key)
		}
	}
	return deleteAll(tx, BucketKnown, old)
}

// unmark takes marks of documents out, those of the earliest day first, until the excess is gone: without its mark a document is only read
// again, and without its subject's record it would be told again. more reports whether there may be more to take out.
func (p *pruning) unmark(tx Tx, excess int64) (more bool, err error) {
	var keys []string
	for q, err := range tx.Range(BucketKnown, "") {
		if err != nil {
			return false, err
		}
		if more = len(keys) == knownPruned; more || p.now.bytes >= excess {
			break
		}
		keys = append(keys, q.Key)
		p.now.bytes += int64(len(q.Key) + len(q.Value) + pairCost)
	}
	return more, deleteAll(tx, BucketKnown, keys)
}

// knownMarks decodes all marks.
func (a *auditor) knownMarks() error {
	for p, err := range a.tx.Range(BucketKnown, "") {
		if err != nil {
			return err
		}
		if _, err := decodeKnown(p.Value); err != nil || len(p.Key) != dayKey+hashKey {
			a.problem("mark %x of a document cannot be read", p.Key)
		}
	}
	return nil
}

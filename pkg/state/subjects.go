package state

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
)

// hash16 is the first sixteen bytes of SHA-256: the key of subjects, lanes and threads.
func hash16(s string) string {
	sum := sha256.Sum256([]byte(s))
	return string(sum[:16])
}

// Load returns what is remembered of a subject. Generation is 0 when nothing is.
func Load(tx Tx, subject string) (Record, error) {
	records, err := LoadAll(tx, []string{subject})
	if err != nil {
		return Record{}, err
	}
	return records[0], nil
}

// LoadAll returns what is remembered of many subjects, in their order, as [Load] does.
func LoadAll(tx Tx, subjects []string) ([]Record, error) {
	keys := make([]string, len(subjects))
	for i, subject := range subjects {
		keys[i] = hash16(subject)
	}
	values, err := tx.GetAll(BucketSubj, keys)
	if err != nil {
		return nil, err
	}
	if err := prefetch(tx, BucketMeta, []string{metaLabels, metaForgotten}); err != nil {
		return nil, err
	}
	l, err := getLabels(tx)
	if err != nil {
		return nil, err
	}
	gone, err := getForgotten(tx)
	if err != nil {
		return nil, err
	}
	records := make([]Record, len(subjects))
	for i, v := range values {
		records[i] = Record{Subject: subjects[i], Base: gone[slotOf(subjects[i])]}
		if v == nil {
			continue
		}
		if records[i], err = namedRecord(v, subjects[i], l); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// namedRecord decodes the record of a subject.
func namedRecord(v []byte, subject string, l *labels) (Record, error) {
	r, err := decodeRecord(v, l)
	if err == nil && r.Subject != subject {
		err = errors.New("it belongs to another subject")
	}
	if err != nil {
		return Record{}, Damaged(BucketSubj, hash16(subject), err.Error())
	}
	return r, nil
}

// Subjects walks all records, in no order that means anything.
func Subjects(tx Tx) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		l, err := getLabels(tx)
		if err != nil {
			yield(Record{}, err)
			return
		}
		for p, err := range tx.Range(BucketSubj, "") {
			var r Record
			if err == nil {
				if r, err = decodeRecord(p.Value, l); err != nil {
					err = Damaged(BucketSubj, p.Key, err.Error())
				}
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// Forget removes what is remembered of a subject; waiting messages about it stay. What is kept is where its messages go on, should it
// be seen again. found is false when nothing was remembered.
func Forget(tx Tx, subject string) (found bool, err error) {
	r, err := Load(tx, subject)
	if err != nil || r.Generation == 0 {
		return false, err
	}
	if err := tx.Delete(BucketSubj, hash16(subject)); err != nil {
		return false, err
	}
	if err := tx.Delete(BucketSeen, seenKey(r.Day, subject)); err != nil {
		return false, err
	}
	if err := noteForgotten(tx, []Record{r}); err != nil {
		return false, err
	}
	return true, count(tx, func(c *counters) { c.subjects-- })
}

// putRecord replaces the record known as old (Generation 0 when there is none), and moves the subject in the index by day.
func putRecord(tx Tx, old Record, r *Record, l *labels) error {
	if err := tx.Put(BucketSubj, hash16(r.Subject), encodeRecord(r, l)); err != nil {
		return err
	}
	if old.Generation != 0 {
		if old.Day == r.Day {
			return nil
		}
		if err := tx.Delete(BucketSeen, seenKey(old.Day, r.Subject)); err != nil {
			return err
		}
	}
	return tx.Put(BucketSeen, seenKey(r.Day, r.Subject), nil)
}

// seenKey orders by day; the sign bit is turned, so that days before 1970 (a wrong clock) come first too.
func seenKey(day int64, subject string) string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(day)^1<<63)) + hash16(subject)
}

// encodeRecord writes: subject, generation, day; count of routes, each number of its name, message number, told, compliance;
// count of scans, each number of the scanner's name, variant, day, time, digests of packages, count and hashes of what was seen;
// count of views, each number of its
// scan from 0, count and numbers of routes, marks; where messages do not begin with 0, the number with which they do. Numbers are varints, digests and hashes eight bytes, strings have their length before them.
func encodeRecord(r *Record, l *labels) []byte {
	b := appendRoutes(nil, r, l)
	scans := r.scansOfViews()
	b = binary.AppendUvarint(b, uint64(len(scans)))
	for _, s := range scans {
		b = binary.AppendUvarint(b, l.number(s.Scanner))
		b = appendBytes(b, s.Variant)
		b = binary.AppendVarint(b, s.Day)
		b = binary.AppendVarint(b, s.Time)
		for _, digest := range s.Packages {
			b = binary.BigEndian.AppendUint64(b, digest)
		}
		b = binary.AppendUvarint(b, uint64(len(s.Seen)))
		for _, hash := range s.Seen {
			b = binary.BigEndian.AppendUint64(b, hash)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(r.Views)))
	for _, v := range r.Views {
		b = binary.AppendUvarint(b, uint64(indexOfScan(scans, v.Scanner, v.Variant)))
		b = binary.AppendUvarint(b, uint64(len(v.Routes)))
		for _, route := range v.Routes {
			b = binary.AppendUvarint(b, l.number(route))
		}
		b = appendBytes(b, v.Marks)
	}
	if r.Base > 0 {
		b = binary.AppendUvarint(b, r.Base)
	}
	return b
}

// appendRoutes writes the beginning of a record, up to its routes.
func appendRoutes(b []byte, r *Record, l *labels) []byte {
	b = appendBytes(b, r.Subject)
	b = binary.AppendUvarint(b, r.Generation)
	b = binary.AppendVarint(b, r.Day)
	b = binary.AppendUvarint(b, uint64(len(r.Routes)))
	for _, s := range r.Routes {
		b = binary.AppendUvarint(b, l.number(s.Route))
		b = binary.AppendUvarint(b, s.Number)
		b = binary.AppendVarint(b, s.Told)
		b = append(b, s.Compliance)
	}
	return b
}

// scansOfViews returns the scans, with one for each view that has none.
func (r *Record) scansOfViews() []Scan {
	scans := r.Scans
	for _, v := range r.Views {
		if indexOfScan(scans, v.Scanner, v.Variant) < 0 {
			scans = append(slices.Clone(scans), Scan{Scanner: v.Scanner, Variant: v.Variant, Day: r.Day})
		}
	}
	return scans
}

// indexOfScan returns the place of a scanner and variant, -1 where there is none.
func indexOfScan(scans []Scan, scanner, variant string) int {
	return slices.IndexFunc(scans, func(s Scan) bool { return s.Scanner == scanner && s.Variant == variant })
}

// decodeRecord reads what encodeRecord wrote, and copies it: nothing in the record points into the value.
func decodeRecord(value []byte, l *labels) (Record, error) {
	d := decoder{rest: value}
	r := d.routes(l)
	named := func() string { return d.named(l) }
	for n := d.count(); n > 0 && !d.bad; n-- {
		s := Scan{Scanner: named(), Variant: string(d.bytes()), Day: d.int(), Time: d.int()}
		for i := range s.Packages {
			s.Packages[i] = d.fixed()
		}
		for m := d.count(); m > 0 && !d.bad; m-- {
			s.Seen = append(s.Seen, d.fixed())
		}
		r.Scans = append(r.Scans, s)
	}
	for n := d.count(); n > 0 && !d.bad; n-- {
		scan := d.uint()
		if scan >= uint64(len(r.Scans)) {
			d.bad = true
			break
		}
		v := View{Scanner: r.Scans[scan].Scanner, Variant: r.Scans[scan].Variant}
		for m := d.count(); m > 0 && !d.bad; m-- {
			v.Routes = append(v.Routes, named())
		}
		v.Marks = append([]byte(nil), d.bytes()...) // nil stays nil
		r.Views = append(r.Views, v)
	}
	if len(d.rest) > 0 {
		r.Base = d.uint()
		d.bad = d.bad || r.Base == 0 || r.Base > highest
	}
	if d.bad || len(d.rest) > 0 {
		return Record{}, errors.New("the record cannot be read")
	}
	return r, nil
}

// routes reads what appendRoutes wrote.
func (d *decoder) routes(l *labels) Record {
	r := Record{Subject: string(d.bytes()), Generation: d.uint(), Day: d.int()}
	n := d.count()
	for r.Routes = slices.Grow(r.Routes, n); n > 0 && !d.bad; n-- {
		r.Routes = append(r.Routes, RouteState{Route: d.named(l), Number: d.uint(), Told: d.int(), Compliance: d.byte()})
	}
	return r
}

// named reads a number, and returns the name that it stands for.
func (d *decoder) named(l *labels) string {
	name, err := l.name(d.uint())
	d.bad = d.bad || err != nil
	return name
}

package state

import "errors"

// mostTold bounds how many records a [Settler] holds until it writes them: a digest may gather a thousand subjects.
const mostTold = 1024

// told is the record of a subject while a transaction writes down that targets have confirmed entries: its beginning, in which that
// stands, and the rest as it is stored.
type told struct {
	record  Record
	rest    []byte
	changed bool
}

// markTold takes down that a target has confirmed an entry: in the record of its subject or, of a digest, in those of all that it
// gathers. A subject that was forgotten meanwhile has none. The generation stays: what was decided on the record is not concerned.
func (s *Settler) markTold(e *Entry) error {
	subjects := []string{e.Subject}
	if e.Scans > 0 {
		subjects = subjects[:0]
		for member, err := range inQueue(s.tx, e.Lane, e.From, e.To) {
			if err != nil {
				return err
			}
			subjects = append(subjects, member.Subject)
		}
	}
	if err := s.load(subjects); err != nil {
		return err
	}
	now := s.tx.Now().Unix()
	for _, subject := range subjects {
		t := s.told[subject]
		if t == nil {
			continue
		}
		if said := t.record.Said(e.Route); said != nil && said.Told < now {
			said.Told, t.changed = now, true
		}
	}
	return nil
}

// load reads the records of subjects that were not read yet: many routes speak about the same subjects, and each is read once.
func (s *Settler) load(subjects []string) error {
	if len(s.told) >= mostTold {
		if err := s.Close(); err != nil {
			return err
		}
	}
	var asked, keys []string
	for _, subject := range subjects {
		if _, known := s.told[subject]; !known {
			asked, keys = append(asked, subject), append(keys, hash16(subject))
		}
	}
	if len(asked) == 0 {
		return nil
	}
	if err := s.loadLabels(); err != nil {
		return err
	}
	values, err := s.tx.GetAll(BucketSubj, keys)
	if err != nil {
		return err
	}
	for i, v := range values {
		if s.told[asked[i]] = nil; v == nil {
			continue
		}
		d := decoder{rest: v}
		r := d.routes(s.labels)
		if d.bad {
			err = errors.New("the record cannot be read")
		} else if r.Subject != asked[i] {
			err = errors.New("it belongs to another subject")
		}
		if err != nil {
			return Damaged(BucketSubj, keys[i], err.Error())
		}
		s.told[asked[i]] = &told{record: r, rest: d.rest}
	}
	return nil
}

// loadLabels reads the names of routes, once.
func (s *Settler) loadLabels() (err error) {
	if s.labels == nil {
		s.labels, err = getLabels(s.tx)
	}
	return err
}

// Close writes down who was told.
func (s *Settler) Close() error {
	for subject, t := range s.told {
		if t == nil || !t.changed {
			continue
		}
		b := appendRoutes(make([]byte, 0, len(t.rest)+len(subject)+16*len(t.record.Routes)+32), &t.record, s.labels)
		if err := s.tx.Put(BucketSubj, hash16(subject), append(b, t.rest...)); err != nil {
			return err
		}
	}
	clear(s.told)
	return nil
}

// Said returns what a route has said, nil when it never spoke.
func (r *Record) Said(name string) *RouteState {
	for i := range r.Routes {
		if r.Routes[i].Route == name {
			return &r.Routes[i]
		}
	}
	return nil
}

// keepTold keeps what was confirmed since a record was viewed.
func (r *Record) keepTold(stored *Record) {
	for i := range r.Routes {
		if before := stored.Said(r.Routes[i].Route); before != nil {
			r.Routes[i].Told = max(r.Routes[i].Told, before.Told)
		}
	}
}

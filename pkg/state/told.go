package state

// markTold writes that a target has confirmed an entry: into the record of its subject or, of a digest, into those of all that it
// gathers. A subject that was forgotten meanwhile has none. The generation stays: what was decided on the record is not concerned.
func markTold(tx Tx, e *Entry) error {
	subjects := []string{e.Subject}
	if e.Scans > 0 {
		subjects = subjects[:0]
		for member, err := range inQueue(tx, e.Lane, e.From, e.To) {
			if err != nil {
				return err
			}
			subjects = append(subjects, member.Subject)
		}
	}
	records, err := LoadAll(tx, subjects)
	if err != nil {
		return err
	}
	now := tx.Now().Unix()
	l, err := getLabels(tx)
	if err != nil {
		return err
	}
	for i := range records {
		r := &records[i]
		said := r.Said(e.Route)
		if r.Generation == 0 || said == nil || said.Told >= now {
			continue
		}
		said.Told = now
		if err := tx.Put(BucketSubj, hash16(r.Subject), encodeRecord(r, l)); err != nil {
			return err
		}
	}
	return l.put(tx)
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

package state

// lanesPerEntry is how many keys of lanes may be read at once to spare a look into one lane for each entry.
const lanesPerEntry = 32

// laneIndex knows which lanes have entries that wait, while entries are admitted.
type laneIndex struct {
	tx Tx
	// lanes are those that were looked at, by hash. complete reports whether it has all that are not empty; otherwise one that is not
	// there is looked at.
	lanes    map[string]*waitingLane
	complete bool
}

// waitingLane is what is known of a lane.
type waitingLane struct {
	// some reports whether an entry waits.
	some bool
	// keys are the numbers of entries by their keys: those admitted with this index, and all others once they are read.
	keys map[string]uint64
	read bool
	// unnamed are the numbers of entries whose keys are not in the lane: a version wrote them that did not write keys there.
	unnamed []uint64
}

// newLaneIndex makes the index for some entries that are to be admitted. waiting is how many entries wait: few are read at once.
func newLaneIndex(tx Tx, entries []Entry, waiting uint64) (*laneIndex, error) {
	x := &laneIndex{tx: tx, lanes: map[string]*waitingLane{}}
	if waiting > uint64(len(entries)*lanesPerEntry) {
		return x, nil
	}
	x.complete = true
	if waiting == 0 {
		return x, nil
	}
	for p, err := range tx.Range(BucketLane, "") {
		if err != nil {
			return nil, err
		}
		hash, seq, err := splitLane(p.Key)
		if err != nil {
			return nil, err
		}
		l := x.lanes[hash]
		if l == nil {
			l = &waitingLane{some: true, read: true}
			x.lanes[hash] = l
		}
		l.take(p, seq)
	}
	return x, nil
}

// lane returns what is known of a lane.
func (x *laneIndex) lane(name string) (*waitingLane, error) {
	hash := hash16(name)
	l := x.lanes[hash]
	if l == nil {
		l = &waitingLane{}
		x.lanes[hash] = l
		if !x.complete {
			seq, err := headOf(x.tx, name, nil)
			if err != nil {
				return nil, err
			}
			l.some = seq != 0
		}
	}
	return l, nil
}

// look reports whether the entry would head its lane, and which waiting entry (0: none) has its key already. A long lane is not
// read for an entry whose key is new.
func (x *laneIndex) look(e *Entry) (head bool, duplicate uint64, err error) {
	l, err := x.lane(e.Lane)
	if err != nil {
		return false, 0, err
	}
	if !e.Numbered {
		if err := x.readKeys(l, e.Lane); err != nil {
			return false, 0, err
		}
	}
	return !l.some, l.keys[e.Key], nil
}

// readKeys reads the keys of all entries of a lane, once.
func (x *laneIndex) readKeys(l *waitingLane, lane string) error {
	if l.some && !l.read {
		l.read = true
		for p, err := range lanePairs(x.tx, lane, 0) {
			if err != nil {
				return err
			}
			_, seq, err := splitLane(p.Key)
			if err != nil {
				return err
			}
			l.take(p, seq)
		}
	}
	for _, seq := range l.unnamed {
		waiting, found, err := getEntry(x.tx, BucketOut, seq)
		if err != nil {
			return err
		}
		if !found {
			return Damaged(BucketLane, laneKey(lane, seq), "it leads to no entry")
		}
		l.note(waiting.Key, seq)
	}
	l.unnamed = nil
	return nil
}

// take takes down a pair of the lane.
func (l *waitingLane) take(p Pair, seq uint64) {
	if len(p.Value) == 0 {
		l.unnamed = append(l.unnamed, seq)
		return
	}
	l.note(string(p.Value), seq)
}

// note takes down the first entry that has a key.
func (l *waitingLane) note(key string, seq uint64) {
	if l.keys == nil {
		l.keys = map[string]uint64{}
	}
	if before := l.keys[key]; before == 0 || seq < before {
		l.keys[key] = seq
	}
}

// add notes that an entry, which was looked for, waits at the end of its lane.
func (x *laneIndex) add(e *Entry) {
	l := x.lanes[hash16(e.Lane)]
	l.some = true
	l.note(e.Key, e.Seq)
}

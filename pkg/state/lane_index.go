package state

// lanesPerEntry is how many keys of lanes may be read at once to spare a walk through one lane for each entry.
const lanesPerEntry = 32

// laneIndex knows which entries wait in lanes, while entries are admitted.
type laneIndex struct {
	tx Tx
	// lanes has the numbers of entries, oldest first, by the lane's hash. complete reports whether it has all lanes that are not
	// empty; otherwise a lane that is not there is read.
	lanes    map[string][]uint64
	complete bool
}

// newLaneIndex makes the index for some entries that are to be admitted. waiting is how many entries wait: few are read at once.
func newLaneIndex(tx Tx, entries []Entry, waiting uint64) (*laneIndex, error) {
	x := &laneIndex{tx: tx, lanes: map[string][]uint64{}}
	if waiting > 0 && waiting > uint64(len(entries)*lanesPerEntry) {
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
		x.lanes[hash] = append(x.lanes[hash], seq)
	}
	var keys []string
	for i := range entries {
		for _, seq := range x.lanes[hash16(entries[i].Lane)] {
			keys = append(keys, seqKey(seq))
		}
	}
	return x, prefetch(tx, BucketOut, keys)
}

// look reports whether the entry would head its lane, and which waiting entry (0: none) has its key already.
func (x *laneIndex) look(e *Entry) (head bool, duplicate uint64, err error) {
	hash := hash16(e.Lane)
	if _, read := x.lanes[hash]; !read && !x.complete {
		seqs := []uint64{}
		for seq, err := range inLane(x.tx, e.Lane) {
			if err != nil {
				return false, 0, err
			}
			seqs = append(seqs, seq)
		}
		x.lanes[hash] = seqs
	}
	for _, seq := range x.lanes[hash] {
		waiting, found, err := getEntry(x.tx, BucketOut, seq)
		if err != nil {
			return false, 0, err
		}
		if !found {
			return false, 0, Damaged(BucketLane, laneKey(e.Lane, seq), "it leads to no entry")
		}
		if waiting.Key == e.Key {
			return false, seq, nil
		}
	}
	return len(x.lanes[hash]) == 0, 0, nil
}

// add notes that an entry waits at the end of its lane.
func (x *laneIndex) add(e *Entry) {
	hash := hash16(e.Lane)
	x.lanes[hash] = append(x.lanes[hash], e.Seq)
}

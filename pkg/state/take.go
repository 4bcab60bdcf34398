package state

// take claims an entry, and adds the receipt of its thread. A claim that somebody else has left behind may have been made use of.
func take(tx Tx, c Claimant, e *Entry) (err error) {
	if e.Claim.Owner != 0 && e.Claim.Owner != c.Owner {
		e.Unsure = tx.Now()
	}
	e.Claim = c.claim(tx.Now())
	if err := putEntry(tx, BucketOut, e); err != nil {
		return err
	}
	if e.After != 0 {
		if _, e.Barred, err = getEntry(tx, BucketDead, e.After); err != nil {
			return err
		}
	}
	e.Last, err = receipt(tx, e)
	return err
}

// Renew makes claims last from now on again. Those that are somebody else's by now, and entries that are gone, are lost.
func Renew(tx Tx, c Claimant, seqs []uint64) (lost []uint64, err error) {
	keys := make([]string, len(seqs))
	for i, seq := range seqs {
		keys[i] = seqKey(seq)
	}
	if err := prefetch(tx, BucketOut, keys); err != nil {
		return nil, err
	}
	for _, seq := range seqs {
		e, found, err := getEntry(tx, BucketOut, seq)
		if err != nil {
			return nil, err
		}
		if !found || c.Owner == 0 || e.Claim.Owner != c.Owner {
			lost = append(lost, seq)
			continue
		}
		e.Claim = c.claim(tx.Now())
		if err := putEntry(tx, BucketOut, &e); err != nil {
			return nil, err
		}
	}
	return lost, nil
}

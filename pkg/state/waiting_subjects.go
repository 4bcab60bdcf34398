package state

// waitingReader is a bucket of messages that wait for something. In one that is ordered by Seq what is new stands at the end; another
// is read anew, as a whole, when anything was admitted.
type waitingReader struct {
	bucket string
	bySeq  bool
}

// subjectsOf lists the buckets whose messages keep their subjects from being forgotten.
func subjectsOf() []waitingReader {
	return []waitingReader{{BucketQueue, false}, {BucketOut, true}, {BucketDead, true}}
}

// waitingSubjects is the set of subjects, by their hashes, that messages are about. It is gathered over several transactions; what
// other processes admit in between is noticed by the counter of messages.
type waitingSubjects struct {
	subjects map[string]struct{}
	// seq is the counter when the walk began; at holds the key that was seen last in each bucket, done those seen to the end.
	seq  uint64
	at   map[string]string
	done map[string]bool
}

// gather looks at up to scanLimit messages, and reports whether all have been seen. A message moves between buckets in the
// order in which they are listed, or gets a new number: none is missed.
func (t *waitingSubjects) gather(tx Tx) (all bool, err error) {
	n, err := getCounters(tx)
	if err != nil {
		return false, err
	}
	if t.subjects == nil {
		t.subjects, t.at = map[string]struct{}{}, map[string]string{}
	}
	if t.done == nil || t.seq != n.seq {
		t.seq, t.done = n.seq, map[string]bool{}
	}
	left := scanLimit
	for _, k := range subjectsOf() {
		if t.done[k.bucket] {
			continue
		}
		if all, err = t.walk(tx, k, &left); err != nil || !all {
			return false, err
		}
		t.done[k.bucket] = true
	}
	return true, nil
}

// walk goes on in one bucket while there is something left of how many messages may be looked at, and reports whether it came to
// the end.
func (t *waitingSubjects) walk(tx Tx, k waitingReader, left *int) (all bool, err error) {
	from := ""
	if k.bySeq {
		from = t.at[k.bucket]
	}
	for p, err := range tx.Range(k.bucket, from) {
		if err != nil {
			return false, err
		}
		if from != "" && p.Key == from {
			continue
		}
		if *left--; *left < 0 && k.bySeq {
			return false, nil
		}
		e, _, err := decodeHeader(p.Value)
		if err != nil {
			return false, Damaged(k.bucket, p.Key, "the entry cannot be read")
		}
		t.subjects[hash16(e.Subject)] = struct{}{}
		t.at[k.bucket] = p.Key
	}
	return true, nil
}

package state

// gathered looks whether a digest, or a part of a queue, has the messages that it speaks of, and none that another one has.
func (a *auditor) gathered(name, lane string, from, to uint64, scans int) error {
	found := 0
	for e, err := range inQueue(a.tx, lane, from, to) {
		if err != nil {
			return err
		}
		key := laneKey(lane, e.Seq)
		if a.members[key] {
			a.problem("message %s is in two digests", e.Key)
		}
		a.members[key] = true
		found++
		a.says(a.decoders.Message, e.Message, "message %s", e.Key)
		a.seen.seq = max(a.seen.seq, e.Seq)
		if len(e.Document) > 0 {
			a.refs[string(e.Document)]++
		}
	}
	if found != scans {
		a.problem("digest %s has %d of %d messages", name, found, scans)
	}
	return nil
}

// queues compares the heads of the queues with what is in them.
func (a *auditor) queues() error {
	all, err := heads(a.tx)
	if err != nil {
		return err
	}
	for _, h := range all {
		for _, s := range h.segments {
			a.seen.queued += s.count
			if err := a.gathered("of route "+h.route, h.lane, s.from, s.to, int(s.count)); err != nil {
				return err
			}
		}
	}
	for p, err := range a.tx.Range(BucketQueue, "") {
		if err != nil {
			return err
		}
		if !a.members[p.Key] {
			a.problem("message %x waits for no digest", p.Key)
		}
	}
	return nil
}

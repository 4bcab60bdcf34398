package state

import "time"

// Opening is what a run asks of a state before it does anything else, read in one transaction.
type Opening struct {
	// Totals are the sizes.
	Totals Totals
	// Queues are what waits for digests.
	Queues []Queue
	// Ahead is by how much the state's clock is ahead of this process's.
	Ahead time.Duration
	// Known: some document is marked as known today, by this process's clock.
	Known bool
}

// secondsOfDay is how many seconds a day has.
const secondsOfDay = 24 * 60 * 60

// ReadOpening reads it.
func ReadOpening(tx Tx) (o Opening, err error) {
	o.Ahead = Ahead(tx)
	if o.Known, err = anyKnown(tx, time.Now().Unix()/secondsOfDay); err != nil {
		return o, err
	}
	if o.Totals, err = Summarise(tx); err != nil || o.Totals.Queued == 0 {
		return o, err
	}
	o.Queues, err = Queues(tx)
	return o, err
}

// Ahead returns by how much the state's clock is ahead of this process's.
func Ahead(tx Tx) time.Duration { return tx.Now().Sub(time.Now().Round(0)) }

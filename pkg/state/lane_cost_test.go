package state

import (
	"fmt"
	"iter"
	"testing"
)

// walked counts what a transaction looks at: keys that are asked for, and pairs that are walked over.
type walked struct {
	Tx
	looked int
}

func (w *walked) Get(bucket, key string) ([]byte, error) {
	w.looked++
	return w.Tx.Get(bucket, key)
}

func (w *walked) GetAll(bucket string, keys []string) ([][]byte, error) {
	w.looked += len(keys)
	return w.Tx.GetAll(bucket, keys)
}

func (w *walked) Range(bucket, from string) iter.Seq2[Pair, error] {
	return func(yield func(Pair, error) bool) {
		for p, err := range w.Tx.Range(bucket, from) {
			if w.looked++; !yield(p, err) {
				return
			}
		}
	}
}

// longLane returns messages of one lane.
func longLane(from, n int) *Admission {
	a := &Admission{}
	for i := from; i < from+n; i++ {
		a.Entries = append(a.Entries, Entry{Key: fmt.Sprintf("%032x", i), Route: "r", Target: "t", Subject: "s", Lane: "l", Numbered: i > 0, Message: []byte("m")})
	}
	return a
}

// TestALongLaneCostsInProportion admits scans of one subject batch by batch, and confirms them one by one, or hundreds in a transaction.
// What that looks at is the same for each message, however many wait before or behind it, or were confirmed with it.
func TestALongLaneCostsInProportion(t *testing.T) {
	me := Claimant{Owner: 1, Lease: MaxLease}
	cost := func(n, together int) (admitting, confirming int) {
		below := NewBuffer(nothing{})
		if err := Establish(below); err != nil {
			t.Fatal(err)
		}
		w := &walked{Tx: below}
		act := func(fn func(Tx) error) {
			b := NewBuffer(w)
			if err := fn(b); err != nil {
				t.Fatal(err)
			}
			if err := b.Flush(below); err != nil {
				t.Fatal(err)
			}
		}
		var next *Entry
		for i := 0; i < n; i += 64 {
			a := longLane(i, 64)
			act(func(tx Tx) error { return Admit(tx, me, a) })
			if i == 0 {
				next = &a.Entries[0]
			}
		}
		admitting, w.looked = w.looked, 0
		for range n / together {
			act(func(tx Tx) (err error) {
				s := NewSettler(tx, me)
				for range together {
					if next, err = s.Settle(Settlement{Entry: *next}); err != nil {
						return err
					}
				}
				return s.Close()
			})
		}
		if next != nil {
			t.Errorf("%d messages: one is left", n)
		}
		return admitting, w.looked
	}
	a, c := cost(1024, 1)
	many, manyConfirmed := cost(8*1024, 1)
	if float64(many) > 8*1.2*float64(a) || float64(manyConfirmed) > 8*1.2*float64(c) {
		t.Errorf("8 times the messages: admitting looks at %d instead of %d, confirming at %d instead of %d", many, a, manyConfirmed, c)
	}
	if _, together := cost(8*1024, 512); together > manyConfirmed {
		t.Errorf("confirming looks at %d one by one, at %d together", manyConfirmed, together)
	}
}

// TestKeysStandInLanes holds that an entry whose key waits already is found by the lane alone, also in one that an earlier version wrote.
func TestKeysStandInLanes(t *testing.T) {
	below := NewBuffer(nothing{})
	if err := Establish(below); err != nil {
		t.Fatal(err)
	}
	if err := Admit(below, Claimant{}, longLane(0, 100)); err != nil {
		t.Fatal(err)
	}
	if err := below.Put(BucketLane, laneKey("l", 7), nil); err != nil {
		t.Fatal(err)
	}
	again := longLane(0, 100)
	for i := range again.Entries {
		again.Entries[i].Numbered = false
	}
	again.Entries = append(again.Entries[:1:1], again.Entries[5:8]...)
	if err := Admit(below, Claimant{}, again); err != nil {
		t.Fatal(err)
	}
	for i, want := range []uint64{1, 6, 7, 8} {
		if got := again.Entries[i].Seq; got != want {
			t.Errorf("entry %d has number %d, want %d", i, got, want)
		}
	}
}

package state

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func goldenHead() *head {
	h := &head{lane: "slack\x00slack", route: "slack", target: "slack", local: true, oldest: time.Date(2026, 11, 22, 10, 0, 0, 5, time.UTC)}
	h.segments = []segment{{from: 3, to: 9, count: 4, weight: 8 << 20, chain: [16]byte{1, 2, 3}}, {from: 1 << 40, to: 1 << 40, count: 1, weight: 1}}
	return h
}

// TestQueueGolden: heads and digests of schema 2 are read for ever.
func TestQueueGolden(t *testing.T) {
	want := goldenHead()
	got, err := decodeHead(golden(t, "head-2.hex", want.encode()))
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(head{}, segment{})); err != nil || diff != "" {
		t.Errorf("head: %v %s", err, diff)
	}
	e := want.digest(&want.segments[0], want.oldest)
	e.Seq = 1<<40 + 1
	now, err := encodeEntry(&e)
	if err != nil {
		t.Fatal(err)
	}
	back, err := decodeEntry(golden(t, "digest-2.hex", now))
	if e.Message = []byte{}; err != nil || back.Key != e.Key || len(back.Key) != 32 || back.Scans != 4 || back.From != 3 || back.To != 9 || back.Weight != 8<<20 {
		t.Errorf("digest: %+v, %v", back, err)
	}
}

func FuzzHead(f *testing.F) {
	f.Add(goldenHead().encode())
	f.Add([]byte{0, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decodeHead(b)
		if err != nil {
			return
		}
		again, err := decodeHead(h.encode())
		if diff := cmp.Diff(h, again, cmp.AllowUnexported(head{}, segment{})); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	})
}

// counting counts the operations of a transaction.
type counting struct {
	Tx
	reads, writes int
}

func (c *counting) Get(bucket, key string) ([]byte, error) {
	c.reads++
	return c.Tx.Get(bucket, key)
}

func (c *counting) Put(bucket, key string, value []byte) error {
	c.writes++
	return c.Tx.Put(bucket, key, value)
}

// TestQueueingCostsTheSame: the ten-thousandth message that joins a queue reads and writes as often as the tenth.
func TestQueueingCostsTheSame(t *testing.T) {
	below := newLayer(nothing{})
	if err := establish(below); err != nil {
		t.Fatal(err)
	}
	var tenth, last counting
	for i := range 10_000 {
		tx := counting{Tx: below}
		e := Entry{Key: "k", Route: "r", Target: "t", Subject: "s", Lane: "r\x00t", Message: []byte("m"), Gather: GatherUntilAsked}
		if err := Admit(&tx, Claimant{}, &Admission{Entries: []Entry{e}}); err != nil {
			t.Fatal(err)
		}
		if last = tx; i == 9 {
			tenth = tx
		}
	}
	if last.reads != tenth.reads || last.writes != tenth.writes || last.writes == 0 {
		t.Errorf("the tenth: %d reads, %d writes; the last: %d, %d", tenth.reads, tenth.writes, last.reads, last.writes)
	}
}

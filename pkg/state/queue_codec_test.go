package state

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func goldenHead() *head {
	h := &head{lane: "slack\x00slack", route: "slack", target: "slack", local: true, oldest: time.Date(2026, 11, 22, 10, 0, 0, 5, time.UTC)}
	h.segments = []segment{{from: 3, to: 9, count: 4, weight: 8 << 20, chain: [16]byte{1, 2, 3}}, {from: 1 << 40, to: 1 << 40, count: 1, weight: 1}}
	return h
}

// TestQueueGolden: heads and digests of schema 1 are read for ever.
func TestQueueGolden(t *testing.T) {
	want := goldenHead()
	got, err := decodeHead(golden(t, "head-1.hex", want.encode()))
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(head{}, segment{})); err != nil || diff != "" {
		t.Errorf("head: %v %s", err, diff)
	}
	e := want.digest(&want.segments[0], want.oldest)
	e.Seq = 1<<40 + 1
	now := encodeEntry(&e)
	back, err := decodeEntry(golden(t, "digest-1.hex", now))
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

// TestQueueingCostsTheSame: the ten-thousandth message that joins a queue reads and writes as often as the tenth.
func TestQueueingCostsTheSame(t *testing.T) {
	below := NewBuffer(nothing{})
	if err := Establish(below); err != nil {
		t.Fatal(err)
	}
	var tenth, last operations
	for i := range 10_000 {
		tx := counted{Tx: below}
		b := NewBuffer(&tx)
		e := Entry{Key: "k", Route: "r", Target: "t", Subject: "s", Lane: "r\x00t", Message: []byte("m"), Gather: GatherUntilAsked}
		if err := errors.Join(Admit(b, Claimant{}, &Admission{Entries: []Entry{e}}), b.Flush(&tx)); err != nil {
			t.Fatal(err)
		}
		if last = tx.operations; i == 9 {
			tenth = last
		}
	}
	if last != tenth || last.Put == 0 {
		t.Errorf("the tenth: %+v; the last: %+v", tenth, last)
	}
}

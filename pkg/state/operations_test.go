package state

import (
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"testing"
)

// operations counts what a backend is asked for: each is a round trip where the state is elsewhere, but Put and Delete, which
// come together at the end.
type operations struct{ Get, GetAll, Exist, Range, Put, Delete int }

// counted is a backend's transaction that counts.
type counted struct {
	Tx
	operations
	// last is the key that was written last; disorder counts writes to the same bucket that went back.
	last     Pair
	disorder int
}

func (c *counted) Get(bucket, key string) ([]byte, error) {
	c.operations.Get++
	return c.Tx.Get(bucket, key)
}

func (c *counted) GetAll(bucket string, keys []string) ([][]byte, error) {
	c.operations.GetAll++
	return c.Tx.GetAll(bucket, keys)
}

func (c *counted) Exist(bucket string, keys []string) ([]bool, error) {
	c.operations.Exist++
	return exist(c.Tx, bucket, keys)
}

func (c *counted) Range(bucket, from string) iter.Seq2[Pair, error] {
	c.operations.Range++
	return c.Tx.Range(bucket, from)
}

func (c *counted) Put(bucket, key string, value []byte) error {
	c.operations.Put++
	c.written(bucket, key)
	return c.Tx.Put(bucket, key, value)
}

func (c *counted) Delete(bucket, key string) error {
	c.operations.Delete++
	c.written(bucket, key)
	return c.Tx.Delete(bucket, key)
}

func (c *counted) written(bucket, key string) {
	if now := bucket + "/"; string(c.last.Value) == now && key <= c.last.Key {
		c.disorder++
	}
	c.last = Pair{Key: key, Value: []byte(bucket + "/")}
}

// named are names as a map has them.
type named map[uint64][]byte

// Fingerprints walks the keys.
func (n named) Fingerprints() iter.Seq[uint64] { return maps.Keys(n) }

// Identity is the value.
func (n named) Identity(p uint64) []byte { return n[p] }

// firstBatch is what a first scan of 64 images with 210 findings each admits on two routes.
func firstBatch() *Admission {
	names := named{}
	a := &Admission{Names: []Identities{names}}
	for i := range 64 {
		r := Record{Subject: fmt.Sprintf("registry.example/app:%d", i), Day: 20779}
		var marks []byte
		for k := range 210 {
			p := uint64(i*210+k+1) * 0x9E3779B97F4A7C15
			marks = append(binary.BigEndian.AppendUint64(marks, p), 3)
			names[p] = fmt.Appendf(nil, "CVE-%d-%d", i, k)
		}
		v := View{Scanner: "trivy", Marks: marks}
		for _, route := range []string{"slack", "mail"} {
			r.Routes = append(r.Routes, RouteState{Route: route, Number: 1, Told: 1})
			v.Routes = append(v.Routes, route)
			lane := route + "\x00" + r.Subject
			a.Entries = append(a.Entries, Entry{Key: fmt.Sprintf("%032x", len(a.Entries)), Route: route, Target: route, Subject: r.Subject,
				Lane: lane, Thread: lane, Message: []byte("m")})
		}
		r.Views = []View{v}
		a.Records = append(a.Records, r)
	}
	return a
}

// run runs fn as a backend does, and returns what it asked the backend for.
func runCounted(t *testing.T, below Tx, fn func(Tx) error) operations {
	t.Helper()
	c := &counted{Tx: below}
	b := NewBuffer(c)
	if err := fn(b); err != nil {
		t.Fatal(err)
	}
	if err := b.Flush(c); err != nil {
		t.Fatal(err)
	}
	if c.disorder > 0 {
		t.Errorf("%d writes were out of order", c.disorder)
	}
	return c.operations
}

// TestOperationsOfABatch: what a batch reads takes a handful of round trips, however large it is, and each key is written once.
func TestOperationsOfABatch(t *testing.T) {
	below := NewBuffer(nothing{})
	if err := Establish(below); err != nil {
		t.Fatal(err)
	}
	batch := firstBatch()
	me := Claimant{Owner: 1, Lease: MaxLease}
	got := runCounted(t, below, func(tx Tx) error { return Admit(tx, me, batch) })
	// Names, records with their day, entries with their lane and line, counters and labels.
	if least := 64*210 + 2*64 + 3*128 + 2; got.Put != least || got.Get+got.GetAll > 4 || got.Exist != 1 || got.Range != 0 {
		t.Errorf("the first batch: %+v, want %d writes and a handful of reads", got, least)
	}
	t.Logf("the first batch: %+v", got)
	got = runCounted(t, below, func(tx Tx) error {
		for i := range batch.Entries {
			if _, err := Settle(tx, me, Settlement{Entry: batch.Entries[i], Receipt: []byte("ref")}); err != nil {
				return err
			}
		}
		return nil
	})
	if got.Get > 2*128+2 || got.Range > 128 {
		t.Errorf("confirming: %+v", got)
	}
	t.Logf("confirming it in one transaction: %+v", got)
	for i := range batch.Records {
		batch.Records[i].Generation = 1
	}
	got = runCounted(t, below, func(tx Tx) error { return Admit(tx, me, batch) })
	if got.Put != 64+3*128+1 || got.Get+got.GetAll > 4 || got.Exist != 1 || got.Range != 0 {
		t.Errorf("the second batch: %+v", got)
	}
	for i := range batch.Records {
		batch.Records[i].Generation = 2
	}
	batch.Names = nil
	got = runCounted(t, below, func(tx Tx) error { return Admit(tx, me, batch) })
	if got.Put != 64+1 || got.Get+got.GetAll > 5 || got.Range != 1 {
		t.Errorf("a batch while its messages wait: %+v", got)
	}
	t.Logf("a batch while its messages wait: %+v", got)
}

// TestOperationsOfClaiming: a claim walks the outbox once, and reads no lane by itself.
func TestOperationsOfClaiming(t *testing.T) {
	below := NewBuffer(nothing{})
	if err := Establish(below); err != nil {
		t.Fatal(err)
	}
	runCounted(t, below, func(tx Tx) error { return Admit(tx, Claimant{}, firstBatch()) })
	me, walk := Claimant{Owner: 1, Lease: MaxLease}, Walk{}
	for n := 0; ; n++ {
		var next *Walk
		got := runCounted(t, below, func(tx Tx) (err error) {
			_, next, err = ClaimNext(tx, me, &singleOwner{number: 1}, Query{Max: 50, Walk: walk})
			return err
		})
		if got.Range != 1 || got.Get > 0 || got.GetAll > 1 {
			t.Errorf("call %d: %+v", n, got)
		}
		if next == nil {
			break
		}
		walk = *next
	}
}

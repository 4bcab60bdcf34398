package state

import (
	"fmt"
	"testing"
)

// subjectOperations counts how many records a transaction reads and writes.
type subjectOperations struct {
	Tx
	read, written int
}

func (c *subjectOperations) GetAll(bucket string, keys []string) ([][]byte, error) {
	if bucket == BucketSubj {
		c.read += len(keys)
	}
	return c.Tx.GetAll(bucket, keys)
}

func (c *subjectOperations) Put(bucket, key string, value []byte) error {
	if bucket == BucketSubj {
		c.written++
	}
	return c.Tx.Put(bucket, key, value)
}

// TestConfirmingTouchesARecordOnce: two hundred routes that have spoken about the same subject are confirmed with one look at its record.
func TestConfirmingTouchesARecordOnce(t *testing.T) {
	below := NewBuffer(nothing{})
	if err := Establish(below); err != nil {
		t.Fatal(err)
	}
	me := Claimant{Owner: 1, Lease: MaxLease}
	r := Record{Subject: "app"}
	a := &Admission{}
	for i := range 200 {
		name := fmt.Sprintf("route %d", i)
		r.Routes = append(r.Routes, RouteState{Route: name})
		a.Entries = append(a.Entries, Entry{Key: name, Route: name, Target: "t", Subject: r.Subject, Lane: name})
	}
	a.Records = []Record{r}
	if err := Admit(below, me, a); err != nil {
		t.Fatal(err)
	}
	c := &subjectOperations{Tx: below}
	s := NewSettler(c, me)
	for i := range a.Entries {
		if _, err := s.Settle(Settlement{Entry: a.Entries[i]}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if c.read != 1 || c.written != 1 {
		t.Errorf("the record was read %d times and written %d times", c.read, c.written)
	}
}

package state

import (
	"fmt"
	"testing"
)

// TestForgottenIsBounded: however many subjects are forgotten, what is left of them stays small, and none goes on at a lower number.
func TestForgottenIsBounded(t *testing.T) {
	tx := NewBuffer(nothing{})
	var records []Record
	for i := range 20_000 {
		records = append(records, Record{Subject: fmt.Sprint("subject ", i), Base: uint64(i % 3), Routes: []RouteState{{Number: uint64(i % 7)}}})
	}
	for len(records) > 0 {
		n := min(256, len(records))
		if err := noteForgotten(tx, records[:n]); err != nil {
			t.Fatal(err)
		}
		f, err := getForgotten(tx)
		if err != nil {
			t.Fatal(err)
		}
		for i := range records[:n] {
			if r := &records[i]; f[slotOf(r.Subject)] < max(r.Base, r.Routes[0].Number) {
				t.Fatalf("%s goes on at %d", r.Subject, f[slotOf(r.Subject)])
			}
		}
		records = records[n:]
	}
	if v, err := tx.Get(BucketMeta, metaForgotten); err != nil || len(v) > 3*forgottenSlots {
		t.Errorf("%d bytes, %v", len(v), err)
	}
}

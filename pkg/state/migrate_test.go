package state

import (
	"errors"
	"strings"
	"testing"
)

// TestMigrate runs the migrations that lie between the state's schema and the wanted one, in order, and no other.
func TestMigrate(t *testing.T) {
	ran := ""
	step := func(name string) migration {
		return func(tx Tx) error {
			ran += name
			return tx.Put(BucketThread, name, nil)
		}
	}
	boom := errors.New("boom")
	steps := map[uint64]migration{1: step("a"), 2: step("b"), 3: step("c"), 5: func(Tx) error { return boom }}
	tx := NewBuffer(nothing{})
	if err := Establish(tx); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		to     uint64
		ran    string
		schema uint64
		fails  string
	}{{1, "", 1, ""}, {3, "ab", 3, ""}, {3, "ab", 3, ""}, {2, "ab", 3, ""}, {5, "abc", 3, "schema 4"}} {
		err := migrate(tx, "x", c.to, steps)
		if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
			t.Errorf("to %d: %v", c.to, err)
		}
		if n, err := readSchema(tx); err != nil || n != c.schema || ran != c.ran {
			t.Errorf("to %d: schema %d after %q, %v", c.to, n, ran, err)
		}
	}
	if err := putSchema(tx, 5); err != nil {
		t.Fatal(err)
	}
	if err := migrate(tx, "x", 6, steps); !errors.Is(err, boom) {
		t.Error(err)
	}
	if err := Migrate(tx, "x"); err != nil { // newer: CheckSchema's to refuse
		t.Error(err)
	}
	var u *UnusableError
	if _, err := CheckSchema(tx, "x"); !errors.As(err, &u) || u.Hint == "" {
		t.Error(err)
	}
}

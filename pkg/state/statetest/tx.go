package statetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
)

func testVerbs(t *testing.T, k Backend) {
	s := k.open(t)
	Update(t, s, func(tx state.Tx) error {
		for _, k := range []string{"b", "d", "a", "c"} {
			if err := tx.Put("thread", k, []byte("1"+k)); err != nil {
				return err
			}
		}
		return tx.Put("thread", "e", nil)
	})
	Update(t, s, func(tx state.Tx) error {
		if err := tx.Delete("thread", "b"); err != nil {
			return err
		}
		if err := tx.Put("thread", "bb", []byte("new")); err != nil {
			return err
		}
		return tx.Put("thread", "d", []byte("2d"))
	})
	boom := errors.New("boom")
	err := s.Update(t.Context(), func(tx state.Tx) error {
		_ = tx.Put("thread", "zz", []byte("never"))
		return boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("a failing update gave %v", err)
	}
	var got []string
	View(t, s, func(tx state.Tx) error {
		for p, err := range tx.Range("thread", "aa") {
			if err != nil {
				return err
			}
			got = append(got, p.Key+"="+string(p.Value))
		}
		v, err := tx.Get("thread", "e")
		if v == nil {
			t.Error("an empty value reads as none")
		}
		if tx.Put("thread", "x", nil) == nil {
			t.Error("a view can write")
		}
		return err
	})
	if diff := cmp.Diff([]string{"bb=new", "c=1c", "d=2d", "e="}, got); diff != "" {
		t.Error(diff)
	}
}

// testMany: many keys at once are the same as each by itself, whether the transaction wrote them or an earlier one did.
func testMany(t *testing.T, k Backend) {
	s := k.open(t)
	Update(t, s, func(tx state.Tx) error {
		return errors.Join(tx.Put("thread", "a", []byte("1")), tx.Put("thread", "b", []byte("2")), tx.Put("thread", "e", nil))
	})
	keys := []string{"d", "b", "a", "b", "c", "e"}
	Update(t, s, func(tx state.Tx) error {
		if err := errors.Join(tx.Put("thread", "c", []byte("3")), tx.Delete("thread", "b")); err != nil {
			return err
		}
		for range 2 {
			values, err := tx.GetAll("thread", keys)
			if diff := cmp.Diff([][]byte{nil, nil, []byte("1"), nil, []byte("3"), {}}, values); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		}
		if values, err := tx.GetAll("thread", nil); err != nil || len(values) != 0 {
			t.Errorf("%v, %v", values, err)
		}
		return nil
	})
}

// testTime: the time of a transaction stands still while it lasts, and does not go back from one to the next.
func testTime(t *testing.T, k Backend) {
	s := k.Open(t)
	var last time.Time
	for range 3 {
		View(t, s, func(tx state.Tx) error {
			now := tx.Now()
			if now.IsZero() || now.Before(last) || !tx.Now().Equal(now) {
				t.Errorf("%s after %s, then %s", now, last, tx.Now())
			}
			last = now
			return nil
		})
	}
}

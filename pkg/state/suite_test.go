package state_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, path string) *state.Bolt {
	t.Helper()
	b, err := state.Open(t.Context(), state.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// backends runs a test on every kind of store.
func backends(t *testing.T, test func(t *testing.T, s state.Store)) {
	t.Run("bolt", func(t *testing.T) { test(t, open(t, filepath.Join(t.TempDir(), "state.db"))) })
	t.Run("memory", func(t *testing.T) { test(t, state.Memory()) })
	t.Run("overlay", func(t *testing.T) {
		test(t, state.Overlay(open(t, filepath.Join(t.TempDir(), "state.db"))))
	})
	t.Run("overlay of overlay", func(t *testing.T) { test(t, state.Overlay(state.Memory())) })
	t.Run("faulty", func(t *testing.T) {
		test(t, state.Faulty(state.Memory(), func(string) error { return nil }))
	})
}

func update(t testing.TB, s state.Store, fn func(tx state.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s state.Store, fn func(tx state.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func claimant(t testing.TB, s state.Store, now time.Time) state.Claimant {
	t.Helper()
	n, err := s.Owners().Self()
	if err != nil {
		t.Fatal(err)
	}
	return state.Claimant{Owner: n, Now: now, Lease: time.Minute}
}

func entry(key, lane string) state.Entry {
	return state.Entry{Key: key, Route: "r", Target: "t", Subject: "s", Lane: lane, Thread: "th-" + lane,
		Admitted: noon, Message: []byte("message " + key)}
}

func admit(t testing.TB, s state.Store, c state.Claimant, entries ...state.Entry) []state.Entry {
	t.Helper()
	a := &state.Admission{Entries: entries}
	update(t, s, func(tx state.Tx) error { return state.Admit(tx, c, a) })
	return a.Entries
}

func claimAll(t testing.TB, s state.Store, c state.Claimant) (keys []string) {
	t.Helper()
	for _, e := range claimEntries(t, s, c, nil) {
		keys = append(keys, e.Key)
	}
	return keys
}

func claimEntries(t testing.TB, s state.Store, c state.Claimant, wants func(*state.Entry) bool) (all []state.Entry) {
	t.Helper()
	q := state.Query{Wants: wants, Max: 2, Blocked: map[string]bool{}}
	for {
		var next uint64
		update(t, s, func(tx state.Tx) error {
			got, n, err := state.ClaimNext(tx, c, s.Owners(), q)
			all = append(all, got...)
			next = n
			return err
		})
		if next == 0 {
			return all
		}
		q.After = next
	}
}

func settle(t testing.TB, s state.Store, c state.Claimant, st state.Settlement) (next *state.Entry, err error) {
	t.Helper()
	update(t, s, func(tx state.Tx) error {
		next, err = state.Settle(tx, c, st)
		return nil
	})
	return next, err
}

func totals(t testing.TB, s state.Store) (n state.Totals) {
	t.Helper()
	view(t, s, func(tx state.Tx) (err error) {
		n, err = state.Summarise(tx)
		return err
	})
	return n
}

func TestVerbs(t *testing.T) {
	backends(t, func(t *testing.T, s state.Store) {
		update(t, s, func(tx state.Tx) error {
			for _, k := range []string{"b", "d", "a", "c"} {
				if err := tx.Put("thread", k, []byte("1"+k)); err != nil {
					return err
				}
			}
			return tx.Put("thread", "e", nil)
		})
		update(t, s, func(tx state.Tx) error {
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
		view(t, s, func(tx state.Tx) error {
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
	})
}

func someRecord() state.Record {
	return state.Record{Subject: "docker.io/app:1", Day: 20779,
		Routes: []state.RouteState{{Route: "slack", Number: 3, Told: 1795000000, Compliance: 2}, {Route: "mail", Told: -5}},
		Views: []state.View{
			{Scanner: "trivy", Routes: []string{"slack", "mail"}, Marks: []byte("123456789")},
			{Scanner: "grype", Routes: []string{"mail"}}}}
}

func TestRecords(t *testing.T) {
	backends(t, func(t *testing.T, s state.Store) {
		r := someRecord()
		write := func(r state.Record) error {
			return s.Update(t.Context(), func(tx state.Tx) error {
				return state.Admit(tx, state.Claimant{}, &state.Admission{Records: []state.Record{r}})
			})
		}
		if err := write(r); err != nil {
			t.Fatal(err)
		}
		if err := write(r); !errors.Is(err, state.ErrStale) {
			t.Errorf("a generation that moved: %v", err)
		}
		load := func() (got state.Record) {
			view(t, s, func(tx state.Tx) (err error) {
				got, err = state.Load(tx, r.Subject)
				return err
			})
			return got
		}
		got := load()
		first := got.Generation
		if first == 0 {
			t.Error("a stored record has generation 0")
		}
		got.Generation = 0
		if diff := cmp.Diff(r, got); diff != "" {
			t.Error(diff)
		}
		got.Generation, got.Day = first, 20780
		if err := write(got); err != nil {
			t.Fatal(err)
		}
		update(t, s, func(tx state.Tx) error {
			found, err := state.Forget(tx, r.Subject)
			if !found {
				t.Error("nothing to forget")
			}
			for range tx.Range("seen", "") {
				t.Error("the index by day keeps a forgotten subject")
			}
			return err
		})
		if n := totals(t, s); n.Subjects != 0 {
			t.Errorf("%d subjects after forgetting", n.Subjects)
		}
		if err := write(got); !errors.Is(err, state.ErrStale) {
			t.Errorf("an old generation of a forgotten record: %v", err)
		}
		if err := write(r); err != nil {
			t.Fatal(err)
		}
		if got := load(); got.Generation <= first+1 {
			t.Errorf("generation %d again after %d", got.Generation, first+1)
		}
	})
}

func TestStaleStoresNothing(t *testing.T) {
	backends(t, func(t *testing.T, s state.Store) {
		a := &state.Admission{Records: []state.Record{{Subject: "a"}, {Subject: "b", Generation: 7}},
			Names: map[uint64][]byte{1: []byte("x")}, Entries: []state.Entry{entry("k", "l")}}
		err := s.Update(t.Context(), func(tx state.Tx) error { return state.Admit(tx, state.Claimant{}, a) })
		if !errors.Is(err, state.ErrStale) {
			t.Fatal(err)
		}
		if n := totals(t, s); n != (state.Totals{Schema: 2}) {
			t.Errorf("stored all the same: %+v", n)
		}
	})
}

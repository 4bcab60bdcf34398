package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postee/postee/pkg/config"
	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
	"github.com/postee/postee/pkg/state/statetest"
)

// aged makes a state of subjects that were seen longer and longer ago, day by day, with about two kilobytes each.
func aged(t *testing.T, subjects int) *boltfile.Store {
	t.Helper()
	store, err := boltfile.Open(t.Context(), boltfile.Options{Path: filepath.Join(t.TempDir(), "state.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	a := &state.Admission{}
	for i := range subjects {
		a.Records = append(a.Records, state.Record{
			Subject: fmt.Sprintf("app:%04d", i), Day: time.Now().Unix()/86400 - int64(i),
			Views: []state.View{{Scanner: "trivy", Marks: statetest.Marks(slices.Repeat([]uint64{1}, 210)...)}},
		})
	}
	if err := store.Update(t.Context(), func(tx state.Tx) error { return state.Admit(tx, state.Claimant{}, a) }); err != nil {
		t.Fatal(err)
	}
	return store
}

// left counts what is remembered.
func left(t *testing.T, store state.Store) (n int) {
	t.Helper()
	err := store.View(t.Context(), func(tx state.Tx) error {
		totals, err := state.Summarise(tx)
		n = totals.Subjects
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// ending is the end of a send.
func ending(l state.Limits) (*sendRun, *bytes.Buffer) {
	var log bytes.Buffer
	a := &app{process: &process{}, log: slog.New(&textHandler{out: &log, level: slog.LevelInfo, turn: &sync.Mutex{}})}
	return &sendRun{app: a, options: &sendOptions{}, setup: &setup{Setup: &config.Setup{Common: config.Common{DeleteOldData: l.Age, MaxDBSize: l.Size}}}}, &log
}

// TestSendForgetsSome: at most so many at the end of a run, never its own, and the rest in the next.
func TestSendForgetsSome(t *testing.T) {
	t.Parallel()
	store := aged(t, 2000)
	s, log := ending(state.Limits{Age: 5 * 24 * time.Hour})
	kept := state.Kept{}
	kept.Add("app:1999")
	for _, want := range []int{2000 - 1024 - 2, 7, 7} {
		if err := s.upkeepAfter(t.Context(), store, kept, nil); err != nil {
			t.Fatal(err)
		}
		if n := left(t, store); n != want {
			t.Errorf("%d subjects are left, want %d", n, want)
		}
	}
	if !strings.Contains(log.String(), "1,026 subjects unseen for long: forgotten") || !strings.Contains(log.String(), "postee flush does all of it") {
		t.Error(log)
	}
}

// TestSendWithoutBounds: neither a run without bounds, nor one in memory, nor one that failed, forgets anything.
func TestSendWithoutBounds(t *testing.T) {
	t.Parallel()
	store := aged(t, 50)
	s, _ := ending(state.Limits{})
	if s.keep() != nil {
		t.Error("a run without bounds remembers whom it is about")
	}
	for _, end := range []struct {
		store  state.Store
		kept   state.Kept
		failed error
	}{{store, nil, nil}, {state.Memory(), state.Kept{}, nil}, {store, state.Kept{}, &stateError{fmt.Errorf("broken")}}} {
		s.setup.Common = config.Common{DeleteOldData: time.Hour}
		if err := s.upkeepAfter(t.Context(), end.store, end.kept, end.failed); err != nil || left(t, store) != 50 {
			t.Errorf("%d left, %v", left(t, store), err)
		}
	}
}

// TestSizeIsHeld: what is left is not much less than what is allowed, whoever holds the bound; again it is nothing.
func TestSizeIsHeld(t *testing.T) {
	t.Parallel()
	const size = 2 << 20
	for name, hold := range map[string]func(*sendRun, *boltfile.Store) error{
		"send": func(s *sendRun, b *boltfile.Store) error { return s.upkeepAfter(t.Context(), b, state.Kept{}, nil) },
		"flush": func(s *sendRun, b *boltfile.Store) error {
			_, err := s.upkeep(t.Context(), b, s.setup.limits(), nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := aged(t, 1500)
			s, log := ending(state.Limits{Size: size})
			for range 5 {
				if err := hold(s, store); err != nil {
					t.Fatal(err)
				}
			}
			u, err := store.Usage(t.Context())
			if err != nil || u.InUse > size || u.InUse < size*3/4 {
				t.Errorf("%d of %d bytes in use, %v\n%s", u.InUse, size, err, log)
			}
			rest := left(t, store)
			log.Reset()
			if err := hold(s, store); err != nil || left(t, store) != rest || log.Len() > 0 {
				t.Errorf("again: %d of %d left, %v\n%s", left(t, store), rest, err, log)
			}
		})
	}
}

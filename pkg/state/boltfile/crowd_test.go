package boltfile_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
	"github.com/postee/postee/pkg/state/statetest"
)

// childCommits commits without pause until it is killed.
func childCommits() {
	b, err := boltfile.Open(context.Background(), boltfile.Options{Path: os.Getenv("STATE_TEST_PATH")})
	check(err)
	fmt.Println("ready")
	for {
		check(statetest.Increment(context.Background(), b))
	}
}

// waits measures the longest of some Views and Updates that write, in turn.
func waits(t *testing.T, b *boltfile.Store, tries int) (longest time.Duration) {
	for i := range tries {
		start := time.Now()
		var err error
		if i%2 == 0 {
			err = b.View(t.Context(), func(tx state.Tx) error {
				_, err := state.Load(tx, "counter")
				return err
			})
		} else {
			err = b.Update(t.Context(), func(tx state.Tx) error {
				return state.Admit(tx, state.Claimant{}, &state.Admission{Records: []state.Record{{Subject: fmt.Sprintf("%p %d", b, i)}}})
			})
		}
		if err != nil {
			t.Error(err)
			return longest
		}
		longest = max(longest, time.Since(start))
	}
	return longest
}

// TestNobodyStarves: beside a process that commits without pause, no transaction waits longer than 200 ms.
func TestNobodyStarves(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	b := open(t, path)
	_, out := child(t, "commit", path)
	if _, err := out.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	tries := 400
	if testing.Short() {
		tries = 40
	}
	before := statetest.Counter(t, b)
	longest := waits(t, b, tries)
	for again := 0; longest > 200*time.Millisecond && again < 2; again++ {
		longest = waits(t, b, tries) // a machine that does other things too must not decide
	}
	if longest > 200*time.Millisecond {
		t.Errorf("waited %s", longest)
	}
	if statetest.Counter(t, b) < before+10 {
		t.Error("the other process did not commit: nothing was measured")
	}
	t.Logf("the longest of %d transactions beside %d commits took %s", tries, statetest.Counter(t, b)-before, longest)
}

// TestTwentyWaiters: twenty at once, beside one that commits without pause, all get their turn.
func TestTwentyWaiters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	open(t, path)
	_, out := child(t, "commit", path)
	if _, err := out.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var longest time.Duration
	var all sync.WaitGroup
	start := time.Now()
	for range 20 {
		b := open(t, path) // with descriptors of its own, as another process has
		all.Go(func() {
			mine := waits(t, b, 20)
			mu.Lock()
			defer mu.Unlock()
			longest = max(longest, mine)
		})
	}
	all.Wait()
	if longest > 5*time.Second {
		t.Errorf("waited %s: half of everybody's patience", longest)
	}
	t.Logf("400 transactions of 20 waiters took %s, the longest %s", time.Since(start), longest)
}

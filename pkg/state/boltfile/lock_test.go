package boltfile_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
	"github.com/postee/postee/pkg/state/statetest"
)

// TestMain makes the test binary the other process when the environment says so.
func TestMain(m *testing.M) {
	switch os.Getenv("STATE_TEST_CHILD") {
	case "claim":
		childClaims()
	case "commit":
		childCommits()
	case "count":
		childCounts()
	default:
		os.Exit(m.Run())
	}
}

// child starts this binary as another process.
func child(t *testing.T, kind, path string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	// At its end the race detector waits 20 ms, not a whole second, for goroutines that go on.
	cmd.Env = append(os.Environ(), "STATE_TEST_CHILD="+kind, "STATE_TEST_PATH="+path, strings.TrimSpace("GORACE=atexit_sleep_ms=20 "+os.Getenv("GORACE")))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, bufio.NewReader(out)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// childClaims claims all there is, says so, and stays.
func childClaims() {
	b, err := boltfile.Open(context.Background(), boltfile.Options{Path: os.Getenv("STATE_TEST_PATH"), LockTimeout: time.Hour})
	check(err)
	n, err := b.Owners().Self()
	check(err)
	check(b.Update(context.Background(), func(tx state.Tx) error {
		got, _, err := state.ClaimNext(tx, state.Claimant{Owner: n, Lease: time.Hour}, b.Owners(), state.Query{})
		fmt.Println(len(got))
		return err
	}))
	select {}
}

// childCounts adds a record's number a hundred times.
func childCounts() {
	b, err := boltfile.Open(context.Background(), boltfile.Options{Path: os.Getenv("STATE_TEST_PATH"), LockTimeout: time.Hour})
	check(err)
	for range 100 {
		check(statetest.Increment(context.Background(), b))
	}
	check(b.Close())
}

func TestProcessesTakeTurns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	a, _ := child(t, "count", path)
	b, _ := child(t, "count", path)
	one, two := open(t, path), open(t, path)
	var all sync.WaitGroup
	for _, s := range []state.Store{one, one, two} {
		all.Go(func() {
			for range 100 {
				if err := statetest.Increment(t.Context(), s); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	for _, c := range []*exec.Cmd{a, b} {
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
	if n := statetest.Counter(t, one); n != 500 {
		t.Errorf("counted to %d, want 500", n)
	}
	if problems, err := one.Check(t.Context()); err != nil || problems != nil {
		t.Errorf("%v, %v", problems, err)
	}
}

func TestKilledProcessLosesItsClaims(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	statetest.Admit(t, s, state.Claimant{}, statetest.Entry("a", "a"), statetest.Entry("b", "b"))
	cmd, out := child(t, "claim", path)
	line, err := out.ReadString('\n')
	if n, _ := strconv.Atoi(strings.TrimSpace(line)); err != nil || n != 2 {
		t.Fatalf("the child claimed %q, %v", line, err)
	}
	me := statetest.Me(t, s)
	if keys := statetest.ClaimAll(t, s, me); keys != nil {
		t.Fatalf("claimed from a live process: %v", keys)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	start := time.Now()
	if keys := statetest.ClaimAll(t, s, me); len(keys) != 2 {
		t.Errorf("after the death: %v", keys)
	}
	t.Logf("free %s after the death", time.Since(start))
}

func TestLockWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	holder := open(t, path)
	short, long := impatient(t, path, 20*time.Millisecond), open(t, path)
	inside, leave := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		err := holder.Update(t.Context(), func(state.Tx) error {
			close(inside)
			<-leave
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-inside
	nothing := func(state.Tx) error { return nil }
	var locked *state.LockedError
	for range 3 { // the second waits behind the first wait, which nothing can call back
		if err := short.View(t.Context(), nothing); !errors.As(err, &locked) {
			t.Errorf("a locked state: %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(5*time.Millisecond, cancel)
	if err := long.Update(ctx, nothing); !errors.Is(err, context.Canceled) { // or it waits for an hour
		t.Errorf("a cancelled wait: %v", err)
	}
	close(leave)
	all.Wait()
	for _, s := range []state.Store{long, holder} {
		if err := s.Update(t.Context(), nothing); err != nil {
			t.Error(err)
		}
	}
}

// TestWhyARunEnded: whenever the end of the run comes, before the wait for the lock or in it, the error says why.
func TestWhyARunEnded(t *testing.T) {
	why := errors.New("somebody wants it to end")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := boltfile.Open(ctx, boltfile.Options{Path: filepath.Join(t.TempDir(), "state.db")}); !errors.Is(err, why) {
		t.Errorf("the file: %v", err)
	}
	if err := state.Memory().View(ctx, func(state.Tx) error { return nil }); !errors.Is(err, why) {
		t.Errorf("the state in memory: %v", err)
	}
}

func TestReplacedLockFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	a, b := open(t, path), open(t, path)
	if err := os.Remove(path + ".lock"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, s := range []state.Store{a, b} {
			if err := statetest.Increment(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := statetest.Counter(t, a); n != 6 {
		t.Errorf("counted to %d", n)
	}
}

func TestPanicOfTheCallerPasses(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	func() {
		defer func() {
			if r := recover(); r != "mine" {
				t.Errorf("recovered %v", r)
			}
		}()
		_ = s.Update(t.Context(), func(state.Tx) error { panic("mine") })
	}()
	if err := statetest.Increment(t.Context(), s); err != nil {
		t.Error(err)
	}
}

package deliver

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// fake is a sink made of functions; what was sent is kept.
type fake struct {
	plan func(*message.Message) ([]sinks.Part, error)
	send func(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error)

	mu       sync.Mutex
	attempts []string // subject and part, as they began
	sent     []string // those that succeeded
	busy     int
	most     int // of busy
}

func (f *fake) Plan(m *message.Message) ([]sinks.Part, error) {
	if f.plan != nil {
		return f.plan(m)
	}
	return []sinks.Part{{Name: "1/1", Body: m.Sections[0].Document}}, nil
}

func (f *fake) Send(ctx context.Context, d sinks.Delivery) (r sinks.Receipt, err error) {
	name := d.Subject + " " + d.Part.Name
	f.mu.Lock()
	f.attempts = append(f.attempts, name)
	f.busy++
	f.most = max(f.most, f.busy)
	f.mu.Unlock()
	if f.send != nil {
		r, err = f.send(ctx, d)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy--
	if err == nil {
		f.sent = append(f.sent, name)
	}
	return r, err
}

// asked counts attempts for a subject.
func (f *fake) asked(subject string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.attempts {
		if a == subject+" 1/1" {
			n++
		}
	}
	return n
}

// entry is one to a target about a subject.
func entry(t *testing.T, target, subject string, number int) state.Entry {
	t.Helper()
	m := &message.Message{Route: "r", Sections: []message.Section{{Subject: subject}}}
	p, _ := message.Encode(m)
	lane := "r/" + target + "/" + subject
	key := fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%s %d", lane, number)))[:32]
	return state.Entry{
		Key: key, Route: "r", Target: target, Subject: subject, Lane: lane, Thread: lane, Admitted: time.Now(), Message: p,
	}
}

// entries are n of different subjects to one target.
func entries(t *testing.T, target string, n int) []state.Entry {
	t.Helper()
	all := make([]state.Entry, n)
	for i := range all {
		all[i] = entry(t, target, fmt.Sprintf("s%04d", i), 0)
	}
	return all
}

// admit puts entries into the state as the process of store does, or as nobody: then they wait from an earlier run.
func admit(t *testing.T, store state.Store, claim bool, all []state.Entry, blobs map[[32]byte][]byte) []state.Entry {
	t.Helper()
	owner, err := store.Owners().Self()
	if err != nil {
		t.Fatal(err)
	}
	if !claim {
		owner = 0
	}
	err = store.Update(t.Context(), func(tx state.Tx) error {
		a := state.Admission{Entries: slices.Clone(all), Blobs: map[[32]byte]state.Packed{}}
		for digest, document := range blobs {
			a.Blobs[digest] = state.Pack(document)
		}
		if err := state.Admit(tx, state.Claimant{Owner: owner, Lease: 5 * time.Minute}, &a); err != nil {
			return err
		}
		all = a.Entries
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// run is a Deliverer under test with its results.
type run struct {
	*Deliverer
	t       *testing.T
	store   state.Store
	results []Result
}

// begin starts a Deliverer over a store.
func begin(ctx context.Context, t *testing.T, store state.Store, o Options) *run {
	t.Helper()
	r := &run{t: t, store: store}
	o.Store = store
	o.Report = func(one Result) { r.results = append(r.results, one) }
	r.Deliverer = New(o)
	if err := r.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return r
}

// born admits entries as this run does, and hands them over.
func (r *run) born(all ...state.Entry) {
	r.t.Helper()
	if err := r.Add(r.t.Context(), admit(r.t, r.store, true, all, nil), nil, nil); err != nil {
		r.t.Fatal(err)
	}
}

// finish ends the run, and checks that what was reported is what the state has.
func (r *run) finish() {
	r.t.Helper()
	if err := r.Wait(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	r.agree()
}

// agree checks that everything reported delivered is gone, and everything else is there, claimed by nobody.
func (r *run) agree() {
	r.t.Helper()
	waiting, dead := stored(r.t, r.store)
	for _, one := range r.results {
		_, waits := waiting[one.Entry.Seq]
		_, died := dead[one.Entry.Seq]
		if waits != (one.Status == Pending) || died != (one.Status == Dead) {
			r.t.Errorf("%s is reported as %d (%s), waiting %v, dead %v", one.Entry.Subject, one.Status, one.Reason, waits, died)
		}
	}
	for _, e := range waiting {
		if e.Claim != (state.Claim{}) {
			r.t.Errorf("%s is still claimed", e.Subject)
		}
	}
}

// count counts results by status.
func (r *run) count(s Status) (n int) {
	for _, one := range r.results {
		if one.Status == s {
			n++
		}
	}
	return n
}

// expect checks the numbers of results.
func (r *run) expect(delivered, pending, dead int) {
	r.t.Helper()
	if d, p, x := r.count(Delivered), r.count(Pending), r.count(Dead); d != delivered || p != pending || x != dead {
		r.t.Errorf("%d delivered, %d pending, %d dead; want %d, %d, %d", d, p, x, delivered, pending, dead)
		for _, one := range r.results[:min(len(r.results), 5)] {
			r.t.Logf("%s: %d %s", one.Entry.Subject, one.Status, one.Reason)
		}
	}
}

// of returns the result of a subject.
func (r *run) of(subject string) Result {
	r.t.Helper()
	for _, one := range r.results {
		if one.Entry.Subject == subject {
			return one
		}
	}
	r.t.Fatalf("no result for %s", subject)
	return Result{}
}

// stored returns what the state has, by Seq.
func stored(t *testing.T, store state.Store) (waiting, dead map[uint64]state.Entry) {
	t.Helper()
	waiting, dead = make(map[uint64]state.Entry), make(map[uint64]state.Entry)
	err := store.View(t.Context(), func(tx state.Tx) error {
		for _, d := range []bool{false, true} {
			for e, err := range state.Entries(tx, d) {
				if err != nil {
					return err
				}
				if d {
					dead[e.Seq] = e
				} else {
					waiting[e.Seq] = e
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return waiting, dead
}

// target is a fake as a target.
func target(name string, f *fake) Target {
	return Target{Name: name, Sink: f, Needs: sinks.Needs{Concurrent: 4}}
}

// nap waits in the bubble's time.
func nap(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answer is an HTTP error.
func answer(status int, wait time.Duration) error {
	return &sinks.HTTPError{Status: status, Wait: wait}
}

var errDown = errors.New("connection refused")

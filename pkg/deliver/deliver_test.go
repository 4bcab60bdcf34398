package deliver

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
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
	p, err := message.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
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
		a := state.Admission{Entries: slices.Clone(all), Blobs: blobs}
		if err := state.Admit(tx, state.Claimant{Owner: owner, Now: time.Now(), Lease: 5 * time.Minute}, &a); err != nil {
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

// run is a Courier under test with its results.
type run struct {
	*Courier
	t       *testing.T
	store   state.Store
	results []Result
}

// begin starts a Courier over a store.
func begin(ctx context.Context, t *testing.T, store state.Store, o Options) *run {
	t.Helper()
	r := &run{t: t, store: store}
	o.Store = store
	o.Report = func(one Result) { r.results = append(r.results, one) }
	r.Courier = New(o)
	if err := r.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return r
}

// born admits entries as this run does, and hands them over.
func (r *run) born(all ...state.Entry) {
	r.t.Helper()
	if err := r.Born(r.t.Context(), admit(r.t, r.store, true, all, nil), nil); err != nil {
		r.t.Fatal(err)
	}
}

// finish ends the run, and checks that what was reported is what the state has.
func (r *run) finish() {
	r.t.Helper()
	if err := r.Finish(r.t.Context()); err != nil {
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

// of gives the result of a subject.
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

// stored gives what the state has, by Seq.
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

func TestDelivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{send: func(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			return sinks.Receipt{Ref: "T-" + d.Subject}, nap(ctx, time.Millisecond)
		}}
		store := state.Memory()
		admit(t, store, false, entries(t, "a", 300), nil)
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", f)}})
		for i := range 1000 {
			r.born(entry(t, "a", fmt.Sprintf("new%d", i), 0))
		}
		r.finish()
		r.expect(1300, 0, 0)
		if f.most != 4 || len(f.attempts) != 1300 {
			t.Errorf("%d at once in %d attempts, want 4 in 1300", f.most, len(f.attempts))
		}
		if one := r.of("new7"); !one.Born || !one.Tried || one.Ref != "T-new7" || one.Entry.Attempts != 1 {
			t.Errorf("%+v", one)
		}
		if one := r.of("s0007"); one.Born {
			t.Errorf("%+v", one)
		}
	})
}

func TestLanes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f *fake
		f = &fake{send: func(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			want := ""
			if n := f.asked(d.Subject); n > 1 {
				want = fmt.Sprint(n - 1)
			}
			if d.Last.Ref != want {
				t.Errorf("%s: last receipt %q, want %q", d.Key, d.Last.Ref, want)
			}
			return sinks.Receipt{Ref: fmt.Sprint(f.asked(d.Subject))}, nap(ctx, time.Second)
		}}
		r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("a", f)}})
		var all []state.Entry
		for number := range 5 {
			for _, s := range []string{"x", "y", "z"} {
				all = append(all, entry(t, "a", s, number))
			}
		}
		r.born(all...)
		r.finish()
		r.expect(15, 0, 0)
		for _, s := range []string{"x", "y", "z"} {
			var refs []string
			for _, one := range r.results {
				if one.Entry.Subject == s {
					refs = append(refs, one.Entry.Key+one.Ref)
				}
			}
			for number := range 5 {
				if want := entry(t, "a", s, number).Key + fmt.Sprint(number+1); refs[number] != want {
					t.Errorf("%s: %d. is %s, want %s", s, number, refs[number], want)
				}
			}
		}
		if f.most != 3 {
			t.Errorf("%d at once, want one for each of 3 lanes", f.most)
		}
	})
}

func TestDeadTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{send: func(context.Context, sinks.Delivery) (sinks.Receipt, error) { return sinks.Receipt{}, errDown }}
		good := &fake{send: func(ctx context.Context, _ sinks.Delivery) (sinks.Receipt, error) {
			return sinks.Receipt{}, nap(ctx, time.Millisecond)
		}}
		began := time.Now()
		r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("down", f), target("up", good)}})
		for chunk := range slices.Chunk(entries(t, "down", 2000), 64) {
			r.born(chunk...)
		}
		for chunk := range slices.Chunk(entries(t, "up", 2000), 64) {
			r.born(chunk...)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("handing over took %v: a dead target delays another", took)
		}
		r.finish()
		r.expect(2000, 2000, 0)
		if n := len(f.attempts); n < 5 || n > 60 {
			t.Errorf("a dead target was asked %d times", n)
		}
		if took := time.Since(began); took < 40*time.Second || took > 2*time.Minute {
			t.Errorf("gave up after %v", took)
		}
		t.Logf("%d attempts in %v", len(f.attempts), time.Since(began))
	})
}

func TestPoisonedMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{send: func(_ context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			if d.Subject == "s0000" {
				return sinks.Receipt{}, answer(500, 0)
			}
			return sinks.Receipt{}, nil
		}}
		r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("a", f)}})
		r.born(entries(t, "a", 500)...)
		r.finish()
		r.expect(499, 1, 0)
		if n := f.asked("s0000"); n < 5 || n > 60 {
			t.Errorf("the poisoned message was attempted %d times", n)
		}
		if one := r.of("s0000"); one.Reason != "HTTP 500 Internal Server Error" || one.Entry.Attempts != f.asked("s0000") {
			t.Errorf("%+v after %d attempts", one, f.asked("s0000"))
		}
		if !r.given[r.of("s0000").Entry.Seq] {
			t.Error("what was given back may be claimed again in this run")
		}
	})
}

func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		f := &fake{send: func(ctx context.Context, _ sinks.Delivery) (sinks.Receipt, error) {
			if time.Since(began) < 20*time.Second {
				return sinks.Receipt{}, errDown
			}
			return sinks.Receipt{}, nap(ctx, 100*time.Millisecond)
		}}
		r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("a", f)}})
		r.born(entries(t, "a", 1000)...)
		r.finish()
		r.expect(1000, 0, 0)
		if took := time.Since(began); took > time.Minute {
			t.Errorf("took %v: once it answers, a target is asked by all again", took)
		}
	})
}

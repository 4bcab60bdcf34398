package deliver

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// process is a store seen by one of several live processes.
type process struct {
	state.Store
	number uint64
}

func (p process) Owners() state.Owners                   { return p }
func (p process) Self() (uint64, error)                  { return p.number, nil }
func (p process) Alive(owner uint64) (alive, known bool) { return owner < 100, true }

func TestBehindAnotherProcess(t *testing.T) {
	for name, c := range map[string]struct {
		takes time.Duration
		fails bool
		want  Status
		sent  int
	}{
		"it hands over":     {20 * time.Second, false, Delivered, 0},
		"it gives up":       {20 * time.Second, true, Pending, 0},
		"it takes for ever": {5 * time.Minute, false, Pending, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				memory := state.Memory()
				theirs := &fake{send: func(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
					if err := nap(ctx, c.takes); err != nil || c.fails {
						return sinks.Receipt{}, answer(401, 0)
					}
					return sinks.Receipt{}, nil
				}}
				other := begin(t.Context(), t, process{memory, 1}, Options{Targets: []Target{target("a", theirs)}, Timeout: time.Hour})
				other.born(entry(t, "a", "x", 0))
				synctest.Wait()
				ours := &fake{}
				r := begin(t.Context(), t, process{memory, 2}, Options{Targets: []Target{target("a", ours)}})
				r.born(entry(t, "a", "x", 1))
				if err := r.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				if one := r.of("x"); len(r.results) != 1 || one.Status != c.want || !one.Own || one.Tried {
					t.Errorf("%+v", r.results)
				}
				if len(ours.sent) != c.sent {
					t.Errorf("sent %v", ours.sent)
				}
				if err := other.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

func TestHeadOfADeadProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := state.Memory()
		admit(t, process{memory, 666}, true, []state.Entry{entry(t, "a", "x", 0)}, nil)
		if err := nap(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
		f := &fake{}
		r := begin(t.Context(), t, process{memory, 2}, Options{Targets: []Target{target("a", f)}})
		r.born(entry(t, "a", "x", 1))
		r.finish()
		r.expect(2, 0, 0)
		if !r.results[1].Own || r.results[0].Own {
			t.Errorf("%+v", r.results)
		}
	})
}

// TestLostClaim has another process take over while this one hangs; what it then confirms is not reported as ours.
func TestLostClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := state.Memory()
		admit(t, memory, false, []state.Entry{entry(t, "a", "old", 0)}, nil)
		f := slow(10 * time.Minute)
		r := begin(t.Context(), t, process{memory, 2}, Options{Targets: []Target{target("a", f)}, Timeout: time.Hour})
		r.born(entry(t, "a", "mine", 0))
		synctest.Wait()
		err := memory.Update(t.Context(), func(tx state.Tx) error {
			for _, seq := range []uint64{1, 2} {
				if err := state.Drop(tx, seq); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		r.finish()
		if took := time.Since(began); took > 3*time.Minute {
			t.Errorf("the attempts went on for %v", took)
		}
		if len(r.results) != 1 || r.results[0].Entry.Subject != "mine" {
			t.Errorf("%+v", r.results)
		}
	})
}

// TestHandedOverBeforeBorn settles a lane's head between the admission of the next and its being handed over.
func TestHandedOverBeforeBorn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := state.Memory()
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", slow(time.Second))}})
		r.born(entry(t, "a", "x", 0))
		second := admit(t, store, true, []state.Entry{entry(t, "a", "x", 1)}, nil)
		if err := nap(t.Context(), 10*time.Second); err != nil {
			t.Fatal(err)
		}
		if err := r.Add(t.Context(), second, nil, nil); err != nil {
			t.Fatal(err)
		}
		r.finish()
		r.expect(2, 0, 0)
		if len(r.results) != 2 || !r.results[1].Own {
			t.Errorf("%+v", r.results)
		}
	})
}

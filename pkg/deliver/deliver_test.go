package deliver

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

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
		if one := r.of("new7"); !one.Own || !one.Tried || one.Ref != "T-new7" || one.Entry.Attempts != 1 {
			t.Errorf("%+v", one)
		}
		if one := r.of("s0007"); one.Own {
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
		if !r.claims.returned[r.of("s0000").Entry.Seq] {
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

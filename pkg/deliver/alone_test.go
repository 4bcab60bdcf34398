package deliver

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// fails is a failure that is about its part only.
func fails(verdict sinks.Verdict, why string) error {
	return &sinks.Failure{Verdict: verdict, Alone: true, Err: errors.New(why)}
}

// TestAlone: two of five parts fail: three are delivered at once, the two later, none twice.
func TestAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := state.Memory()
		left := map[string]int{"b": 2, "d": 1}
		f := &fake{plan: parts("v1", "a", "b", "c", "d", "e")}
		f.send = func(_ context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			if left[d.Part.Name]--; left[d.Part.Name] >= 0 {
				return sinks.Receipt{}, fails(sinks.Retry, "busy")
			}
			return sinks.Receipt{}, nil
		}
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("mail", f)}})
		r.born(entry(t, "mail", "x", 0))
		r.finish()
		r.expect(1, 0, 0)
		if diff := cmp.Diff(strings.Fields("a c e d b"), names(f.sent)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(strings.Fields("a b c d e b d b"), names(f.attempts)); diff != "" {
			t.Error(diff)
		}
	})
}

// names are the parts of what was sent about one subject.
func names(sent []string) []string {
	var list []string
	for _, s := range sent {
		_, part, _ := strings.Cut(s, " ")
		list = append(list, part)
	}
	return list
}

// TestAloneNextRun: what is left is sent by the next run; what was delivered behind a failure is not sent again.
func TestAloneNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := state.Memory()
		down := true
		f := &fake{plan: parts("v1", "a", "b", "c")}
		f.send = func(_ context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			if down && d.Part.Name == "a" {
				return sinks.Receipt{}, fails(sinks.Retry, "away")
			}
			return sinks.Receipt{}, nil
		}
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("mail", f)}})
		r.born(entry(t, "mail", "x", 0))
		r.finish()
		r.expect(0, 1, 0)
		waiting, _ := stored(t, store)
		for _, e := range waiting {
			if !cmp.Equal(e.Done, []string{"b", "c"}) || e.Reason != "away" {
				t.Errorf("the state has %v of it, and why not: %q", e.Done, e.Reason)
			}
		}
		down = false
		r = begin(t.Context(), t, store, Options{Targets: []Target{target("mail", f)}})
		r.finish()
		r.expect(1, 0, 0)
		if diff := cmp.Diff(strings.Fields("b c a"), names(f.sent)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestAloneSaved: what was delivered behind a failure is in the state before anything waits, so that a kill repeats none of it.
func TestAloneSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := state.Memory()
		failures := 2
		f := &fake{plan: parts("v1", "a", "b")}
		f.send = func(_ context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			if d.Part.Name == "b" {
				return sinks.Receipt{}, nil
			}
			if failures--; failures >= 0 {
				if waiting, _ := stored(t, store); failures == 0 {
					for _, e := range waiting {
						if !slices.Contains(e.Done, "b") {
							t.Errorf("the state has %v only, and b was delivered", e.Done)
						}
					}
				}
				return sinks.Receipt{}, fails(sinks.Retry, "busy")
			}
			return sinks.Receipt{}, nil
		}
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("mail", f)}})
		r.born(entry(t, "mail", "x", 0))
		r.finish()
		r.expect(1, 0, 0)
		if failures >= 0 {
			t.Error("the second attempt did not come")
		}
	})
}

// TestAloneRefused: a part that is refused for good is asked for once in a run, and makes the message dead when all else is done.
func TestAloneRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := state.Memory()
		busy := 3
		f := &fake{plan: parts("v1", "gone", "busy", "well")}
		f.send = func(_ context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			switch {
			case d.Part.Name == "gone":
				return sinks.Receipt{}, fails(sinks.Dead, "550 no such user")
			case d.Part.Name == "busy" && busy > 0:
				busy--
				return sinks.Receipt{}, fails(sinks.Retry, "450 later")
			}
			return sinks.Receipt{}, nil
		}
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("mail", f)}})
		r.born(entry(t, "mail", "x", 0))
		r.finish()
		r.expect(0, 0, 1)
		if diff := cmp.Diff([]string{"gone", "busy", "well", "busy", "busy", "busy"}, names(f.attempts)); diff != "" {
			t.Error(diff)
		}
		if one := r.of("x"); one.Reason != "550 no such user" {
			t.Errorf("%+v", one)
		}
		_, dead := stored(t, store)
		for _, e := range dead {
			if !cmp.Equal(e.Done, []string{"well", "busy"}) {
				t.Errorf("the state has %v of it", e.Done)
			}
		}
	})
}

// TestAloneHasItsTime: a part behind one that took all the time there was has its own.
func TestAloneHasItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{plan: parts("v1", "slow", "well")}
		f.send = func(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			if d.Part.Name == "slow" {
				_ = nap(ctx, time.Hour)
				return sinks.Receipt{}, fails(sinks.Retry, "no answer")
			}
			return sinks.Receipt{}, nap(ctx, time.Second)
		}
		r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("mail", f)}, Timeout: 10 * time.Second})
		r.born(entry(t, "mail", "x", 0))
		r.finish()
		r.expect(0, 1, 0)
		if diff := cmp.Diff([]string{"well"}, names(f.sent)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestTogether: what several failures mean, and that each is told.
func TestTogether(t *testing.T) {
	retry, hold, dead := fails(sinks.Retry, "later"), &sinks.Failure{Verdict: sinks.Hold, Err: errors.New("mend it")}, fails(sinks.Dead, "never")
	for _, c := range []struct {
		list failures
		want sinks.Verdict
		text string
	}{
		{failures{dead, dead}, sinks.Dead, "never; never"}, {failures{dead, retry, nil}, sinks.Retry, "never; later"},
		{failures{retry, dead}, sinks.Retry, "later; never"}, {failures{retry, hold}, sinks.Hold, "later; mend it"},
		{failures{dead, answer(429, time.Minute)}, sinks.Retry, "never; HTTP 429 Too Many Requests"},
		{failures{retry, errInterrupted}, sinks.Retry, "later; " + errInterrupted.Error()},
	} {
		err := c.list.join()
		if verdict, _ := sinks.Judge(err); verdict != c.want || err.Error() != c.text || alone(err) {
			t.Errorf("%v: verdict %d, want %d, of %q", c.list, verdict, c.want, err)
		}
		for _, one := range c.list {
			if one != nil && !errors.Is(err, one) {
				t.Errorf("%v is lost in %v", one, err)
			}
		}
	}
	if err := (failures{nil}).join(); err != nil {
		t.Errorf("nothing went wrong, and yet %v", err)
	}
}

package deliver

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// countingStore counts what is written.
type countingStore struct {
	state.Store
	updates atomic.Int32
}

func (s *countingStore) Update(ctx context.Context, fn func(state.Tx) error) error {
	s.updates.Add(1)
	return s.Store.Update(ctx, fn)
}

// lane returns n messages about one subject.
func lane(t *testing.T, n int) (all []state.Entry) {
	t.Helper()
	for i := range n {
		all = append(all, entry(t, "a", "s", i))
	}
	return all
}

// numbered returns a sink that answers each message by its number in a lane, and what it has taken, in order.
func numbered(all []state.Entry, answer func(n int) error) (f *fake, taken *[]int) {
	taken = &[]int{}
	f = &fake{}
	f.send = func(_ context.Context, d sinks.Delivery) (sinks.Receipt, error) {
		n := slices.IndexFunc(all, func(e state.Entry) bool { return e.Key == d.Key })
		if err := answer(n); err != nil {
			return sinks.Receipt{}, err
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		*taken = append(*taken, n)
		return sinks.Receipt{Ref: d.Key}, nil
	}
	return f, taken
}

// upTo returns the numbers below n.
func upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

// TestALaneIsConfirmedTogether: the messages of a long lane go out in order, each with the receipt of the one before, and a commit
// confirms many of them.
func TestALaneIsConfirmedTogether(t *testing.T) {
	const messages = 1000
	synctest.Test(t, func(t *testing.T) {
		store := &countingStore{Store: state.Memory()}
		all := lane(t, messages)
		f, taken := numbered(all, func(int) error { return nil })
		send, last := f.send, ""
		f.send = func(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			if d.Last.Ref != last {
				t.Errorf("%s got the receipt %q, want %q", d.Key, d.Last.Ref, last)
			}
			last = d.Key
			return send(ctx, d)
		}
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", f)}})
		r.born(all...)
		before := store.updates.Load()
		r.finish()
		r.expect(messages, 0, 0)
		if !slices.Equal(*taken, upTo(messages)) {
			t.Errorf("sent %v", *taken)
		}
		if most, commits := int32(3*messages/maxCommit), store.updates.Load()-before; commits > most {
			t.Errorf("%d commits, want at most %d", commits, most)
		}
	})
}

// TestALaneStopsAtAFailure: nothing of a lane goes out behind a message that was not delivered, unless that one is dead.
func TestALaneStopsAtAFailure(t *testing.T) {
	const messages, failing = 20, 7
	for name, c := range map[string]struct {
		err             error
		times           int
		taken           []int
		pending, deadly int
	}{
		"for a while": {errDown, 3, upTo(messages), 0, 0},
		"held":        {answer(403, 0), 99, upTo(failing), messages - failing, 0},
		"dead":        {answer(400, 0), 99, slices.Concat(upTo(failing), upTo(messages)[failing+1:]), 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				all, failed := lane(t, messages), 0
				f, taken := numbered(all, func(n int) error {
					if n == failing && failed < c.times {
						failed++
						return c.err
					}
					return nil
				})
				r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("a", f)}})
				r.born(all...)
				r.finish()
				r.expect(len(c.taken), c.pending, c.deadly)
				if !slices.Equal(*taken, c.taken) {
					t.Errorf("sent %v, want %v", *taken, c.taken)
				}
			})
		})
	}
}

// TestALaneGoesOnAfterADeath: what was sent and not confirmed when the state failed is sent again, in order, and nothing else is.
func TestALaneGoesOnAfterADeath(t *testing.T) {
	const messages = 100
	for fails := 1; ; fails++ {
		survived := false
		synctest.Test(t, func(t *testing.T) {
			base, all := state.Memory(), lane(t, messages)
			updates := 0
			store := state.Faulty(base, func(now string) error {
				if now == "update:before" {
					if updates++; updates > fails {
						return errors.New("the state is gone")
					}
				}
				return nil
			})
			f, taken := numbered(all, func(int) error { return nil })
			r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", f)}})
			r.born(all...)
			survived = r.Wait(t.Context()) == nil
			waiting, _ := stored(t, base)
			if !slices.Equal(*taken, upTo(len(*taken))) || len(*taken)+len(waiting) < messages {
				t.Fatalf("sent %v, and %d wait", *taken, len(waiting))
			}
			*taken = nil
			if err := nap(t.Context(), time.Hour); err != nil { // until the claims have ended
				t.Fatal(err)
			}
			begin(t.Context(), t, base, Options{Targets: []Target{target("a", f)}}).finish()
			if !slices.Equal(*taken, upTo(messages)[messages-len(waiting):]) {
				t.Errorf("%d waited, sent were %v", len(waiting), *taken)
			}
		})
		if survived || t.Failed() {
			return
		}
	}
}

// TestALaneWithoutSome: somebody drops messages that were read ahead. Nothing is sent twice, and the run comes to its end.
func TestALaneWithoutSome(t *testing.T) {
	const messages = 10
	synctest.Test(t, func(t *testing.T) {
		store, all := state.Memory(), lane(t, messages)
		f, taken := numbered(all, func(int) error { return nil })
		send := f.send
		f.send = func(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			if d.Key == all[1].Key {
				err := store.Update(ctx, func(tx state.Tx) error {
					return errors.Join(state.Drop(tx, all[2].Seq), state.Drop(tx, all[5].Seq))
				})
				if err != nil {
					t.Error(err)
				}
			}
			if err := nap(ctx, 2*gathering); err != nil { // so that each is confirmed before the next but one is sent
				return sinks.Receipt{}, err
			}
			return send(ctx, d)
		}
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", f)}})
		all = admit(t, store, true, all, nil)
		if err := r.Add(t.Context(), all, nil, nil); err != nil {
			t.Fatal(err)
		}
		if err := r.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		sorted := slices.Sorted(slices.Values(*taken))
		if len(slices.Compact(sorted)) != len(*taken) || len(*taken) < messages-2 {
			t.Errorf("sent %v", *taken)
		}
		if waiting, dead := stored(t, store); len(waiting)+len(dead) > 0 {
			t.Errorf("%d wait, %d are dead", len(waiting), len(dead))
		}
	})
}

// TestReadingAheadIsBounded: what is read of lanes counts as memory as everything else does, and nothing of it is left at the end.
func TestReadingAheadIsBounded(t *testing.T) {
	const size, lanes, messages = 20 << 10, 60, 20
	synctest.Test(t, func(t *testing.T) {
		var all []state.Entry
		for i := range lanes * messages {
			e := entry(t, "a", fmt.Sprint(i%lanes), i)
			text := make([]byte, size/2)
			_, _ = rand.NewChaCha8([32]byte{byte(i), byte(i >> 8)}).Read(text)
			e.Message, _ = message.Encode(&message.Message{Route: "r", Sections: []message.Section{{Subject: e.Subject, Source: hex.EncodeToString(text)}}})
			all = append(all, e)
		}
		f := &fake{plan: parts("v1", "1/1")}
		r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("a", f)}})
		q := r.targets["a"]
		f.send = func(context.Context, sinks.Delivery) (sinks.Receipt, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			if q.bytes > maxBytes {
				t.Errorf("%d bytes are held", q.bytes)
			}
			return sinks.Receipt{}, nil
		}
		r.born(all...)
		r.finish()
		r.expect(lanes*messages, 0, 0)
		if q.bytes != 0 || *q.all != 0 {
			t.Errorf("%d and %d bytes are left", q.bytes, *q.all)
		}
	})
}

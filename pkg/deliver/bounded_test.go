package deliver

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// TestCodeThatHangs: a target whose Plan or Send never returns keeps a run beyond its grace, or its deadline, no longer than its
// patience; the messages wait in the state, and those of other targets are delivered.
func TestCodeThatHangs(t *testing.T) {
	for name, c := range map[string]struct {
		cause error
		ends  time.Duration
	}{
		"interrupt": {context.Canceled, time.Second + 5*time.Second + patience},
		"deadline":  {context.DeadlineExceeded, time.Second + patience},
	} {
		for code, f := range map[string]func(hang chan struct{}) *fake{
			"Plan": func(hang chan struct{}) *fake {
				return &fake{plan: func(*message.Message) ([]sinks.Part, error) { <-hang; return nil, errDown }}
			},
			"Send": func(hang chan struct{}) *fake {
				return &fake{send: func(context.Context, sinks.Delivery) (sinks.Receipt, error) { <-hang; return sinks.Receipt{}, errDown }}
			},
		} {
			t.Run(name+" "+code, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					hang := make(chan struct{})
					defer close(hang)
					ctx, cancel := context.WithCancelCause(t.Context())
					began := time.Now()
					r := begin(ctx, t, state.Memory(), Options{Targets: []Target{target("a", f(hang)), target("b", &fake{})}})
					r.born(append(entries(t, "a", 10), entries(t, "b", 10)...)...)
					time.AfterFunc(time.Second, func() { cancel(c.cause) })
					r.finish()
					r.expect(10, 10, 0)
					if took := time.Since(began); took != c.ends {
						t.Errorf("ended after %v, want %v", took, c.ends)
					}
				})
			})
		}
	}
}

// held is a store that another process has locked since some time: waiting for it ends with the context.
type held struct {
	state.Store
	since time.Time
}

func (h *held) Update(ctx context.Context, fn func(state.Tx) error) error {
	if time.Now().Before(h.since) {
		return h.Store.Update(ctx, fn)
	}
	<-ctx.Done()
	return ctx.Err()
}

// TestStateThatIsHeld: a state that another process does not give back keeps an interrupted run no longer than it has grace.
func TestStateThatIsHeld(t *testing.T) {
	for cause, ends := range map[error]time.Duration{
		context.Canceled: time.Second + 5*time.Second + lastWrites, context.DeadlineExceeded: time.Second + lastWrites,
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			began := time.Now()
			memory := state.Memory()
			r := begin(ctx, t, &held{memory, began.Add(500 * time.Millisecond)}, Options{Targets: []Target{target("a", slow(time.Hour))}})
			if err := r.Add(t.Context(), admit(t, memory, true, entries(t, "a", 10), nil), nil, nil); err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(time.Second, func() { cancel(cause) })
			if err := r.Wait(t.Context()); !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
			if took := time.Since(began); took != ends {
				t.Errorf("%v: ended after %v, want %v", cause, took, ends)
			}
			r.expect(0, 10, 0)
		})
	}
}

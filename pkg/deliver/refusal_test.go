package deliver

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// TestRefusalIsAnAnswer: a target that refuses one message for good is up, be it by a status or by a protocol of its own; it is not
// probed by one attempt at a time any longer.
func TestRefusalIsAnAnswer(t *testing.T) {
	for name, refusal := range map[string]error{
		"status":   answer(400, 0),
		"protocol": &sinks.Failure{Verdict: sinks.Dead, Err: errors.New("550 no such mailbox")},
	} {
		synctest.Test(t, func(t *testing.T) {
			var asked, done, most atomic.Int64
			f := &fake{send: func(ctx context.Context, _ sinks.Delivery) (sinks.Receipt, error) {
				switch n := asked.Add(1); {
				case n <= 4:
					return sinks.Receipt{}, errDown
				case n == 5:
					return sinks.Receipt{}, refusal
				}
				if done.Load() == 0 {
					most.Add(1) // before the first success, which says that the target is up too
				}
				defer done.Add(1)
				return sinks.Receipt{}, nap(ctx, 30*time.Second)
			}}
			r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("a", f)}})
			r.born(entries(t, "a", 12)...)
			if err := nap(t.Context(), 15*time.Second); err != nil {
				t.Fatal(err)
			}
			if most.Load() != 4 {
				t.Errorf("%s: %d attempts at once after the refusal, want 4", name, most.Load())
			}
			r.finish()
		})
	}
}

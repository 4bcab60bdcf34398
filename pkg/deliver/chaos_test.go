package deliver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// TestChaos runs with targets that fail at random and interrupts at random times. Whatever happens, what is reported is what
// the state has, each message once, lanes in order; and when the faults end, one more run empties what may be delivered.
func TestChaos(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { chaos(t, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
}

func chaos(t *testing.T, random *rand.Rand) {
	var mu sync.Mutex
	roll := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return random.IntN(n)
	}
	order := make(map[string][]string)
	faults := true
	send := func(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
		if err := nap(ctx, time.Duration(roll(3000))*time.Millisecond); err != nil {
			return sinks.Receipt{}, err
		}
		errs := []error{errDown, answer(500, 0), answer(429, time.Duration(roll(90))*time.Second), answer(400, 0), answer(403, 0)}
		if n := roll(40); faults && n < len(errs) {
			return sinks.Receipt{}, errs[n]
		}
		mu.Lock()
		defer mu.Unlock()
		order[d.Subject] = append(order[d.Subject], d.Key)
		return sinks.Receipt{}, nil
	}
	f := &fake{send: send, plan: parts("v1", []string{"1/1", "1/2", "2/2"}[roll(2):][:1+roll(2)]...)}
	store := state.Memory()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := begin(ctx, t, store, Options{Targets: []Target{target("a", f)}})
	if roll(3) == 0 {
		time.AfterFunc(time.Duration(roll(60000))*time.Millisecond, cancel)
	}
	total, subjects := 0, 1+roll(100)
	for range 1 + roll(10) {
		var batch []state.Entry
		for range 1 + roll(64) {
			batch = append(batch, entry(t, "a", fmt.Sprint(roll(subjects)), total))
			total++
		}
		r.born(batch...)
	}
	r.finish()
	seen := make(map[uint64]bool)
	for _, one := range r.results {
		if seen[one.Entry.Seq] || !one.Own {
			t.Errorf("%s is reported twice, or as not born here", one.Entry.Subject)
		}
		seen[one.Entry.Seq] = true
	}
	if len(seen) != total {
		t.Errorf("%d of %d reported", len(seen), total)
	}
	faults = false
	if err := nap(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	last := begin(t.Context(), t, store, Options{Targets: []Target{target("a", f)}})
	last.finish()
	if waiting, dead := stored(t, store); len(waiting) != 0 || len(dead) != r.count(Dead) {
		t.Errorf("%d wait after the faults ended, %d are dead of %d", len(waiting), len(dead), r.count(Dead))
	}
	inOrder(t, order, append(r.results, last.results...))
}

// inOrder checks that the targets got each lane's messages by admission, whatever was repeated.
func inOrder(t *testing.T, order map[string][]string, results []Result) {
	t.Helper()
	admitted := make(map[string]uint64)
	for _, one := range results {
		admitted[one.Entry.Key] = one.Entry.Seq
	}
	for subject, keys := range order {
		for i := range keys[1:] {
			if admitted[keys[i]] > admitted[keys[i+1]] {
				t.Errorf("%s: message %d left before %d", subject, admitted[keys[i]], admitted[keys[i+1]])
			}
		}
	}
}

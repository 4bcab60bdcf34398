package policy

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/metrics"
	"time"
)

// What Rego may take where Options does not say otherwise: one evaluation, and one compilation, so much time and so much memory.
const (
	defaultTimeout = 5 * time.Second
	defaultMemory  = 1 << 30
)

// look is how often the memory of what goes on for longer is looked at.
const look = 20 * time.Millisecond

// ErrGivenUp is the error of a policy that exceeded a limit for an earlier document, and is not asked again.
var ErrGivenUp = errors.New("not asked again in this run")

// errMemory says that an evaluation takes too much memory.
var errMemory = errors.New("too much memory")

// bound is what one piece of work may take.
type bound struct {
	timeout time.Duration
	// memory is how much the live heap of the process may grow; heap measures it, exactly when it is asked to.
	memory uint64
	heap   func(exact bool) uint64
}

// bound returns the limits that the options ask for.
func (o Options) bound() bound {
	b := bound{timeout: o.Timeout, memory: o.Memory, heap: heap}
	if b.timeout <= 0 {
		b.timeout = defaultTimeout
	}
	if b.memory == 0 {
		b.memory = defaultMemory
	}
	return b
}

// heap returns the bytes of all objects on the heap. Exactly, it collects garbage first: what nobody needs any more explodes nothing.
func heap(exact bool) uint64 {
	if exact {
		runtime.GC()
	}
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}

// within runs work, and returns what it returns, or the context's error, [context.DeadlineExceeded] or [errMemory] when the
// caller lost interest or a limit was exceeded. Then it does not wait: Go cannot end a goroutine from outside, and one that does
// not look at its context goes on by itself until it is done or the process ends. work must therefore share nothing that changes.
func within[T any](ctx context.Context, b bound, work func(context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	limited, stop := context.WithTimeout(ctx, b.timeout)
	defer stop()
	done := make(chan result, 1)
	go func() {
		deepen(len(done))
		value, err := contained(func() (T, error) { return work(limited) })
		done <- result{value, err}
	}()
	// Most work is over before the memory is looked at for the first time.
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	var start uint64
	var none T
	for {
		select {
		case r := <-done:
			return r.value, r.err
		case <-limited.Done():
			if err := ctx.Err(); err != nil {
				return none, err
			}
			return none, limited.Err()
		case <-ticker.C:
		}
		switch now := b.heap(false); {
		case start == 0:
			start = max(now, 1)
		case now > start+b.memory && b.heap(true) > start+b.memory:
			return none, errMemory
		}
	}
}

// contained runs work, and returns what it returns. Rego is somebody else's program run by somebody else's machine: a panic in it ends as
// an error.
func contained[T any](work func() (T, error)) (value T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it broke off: %s", short(fmt.Sprint(p)))
		}
	}()
	return work()
}

// depth is how much of its stack an evaluation needs in bytes, as a rule.
const depth = 24 << 10

// deepen makes a new goroutine's stack that deep at once. It would grow in steps otherwise, each of which copies what is in use: for a
// small policy that takes longer than all the rest.
//
//go:noinline
func deepen(n int) byte {
	var stack [depth]byte
	stack[n] = 1
	return stack[n/2]
}

// size writes a number of bytes for people.
func size(n uint64) string {
	if n >= 1<<30 && n%(1<<30) == 0 {
		return fmt.Sprintf("%d GiB", n>>30)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}

package main

import (
	"runtime"
	"testing"
)

func TestCollectAt(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, 16 << 20: 300, 32 << 20: 100, 60 << 20: 50, 100 << 20: 50, 192 << 20: 50, 384 << 20: 25, 8 << 30: 10} {
		if got := collectAt(live); got != want {
			t.Errorf("%d MiB in use: %d percent, want %d", live>>20, got, want)
		}
	}
}

// TestAfterCollection: what waits for a collection is called by it, again and again.
func TestAfterCollection(t *testing.T) {
	for range 3 {
		called := make(chan struct{})
		afterCollection(func() { close(called) })
		for over := false; !over; {
			runtime.GC()
			select {
			case <-called:
				over = true
			default:
			}
		}
	}
}

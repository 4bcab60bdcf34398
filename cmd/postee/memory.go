package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Bounds of what the heap holds: as long as little is in use, garbage may fill it up to smallHeap; beyond, garbage may be half of what
// is in use, but no more than mostGarbage, in bytes.
const (
	smallHeap   = 64 << 20
	mostGarbage = 96 << 20
)

// tuneCollector makes the collector begin early enough that a run stays small, and no earlier: at Go's own setting, which knows no
// size, a replay spends a quarter of its time collecting. After each collection it looks at what is in use.
func tuneCollector() {
	percent := collectAt(0)
	debug.SetGCPercent(percent)
	var watch func()
	watch = func() {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		if next := collectAt(live[0].Value.Uint64()); next < percent*7/8 || next > percent*9/8 {
			percent = next
			debug.SetGCPercent(next)
		}
		afterCollection(watch)
	}
	afterCollection(watch)
}

// afterCollection calls fn once, when the next collection is over.
func afterCollection(fn func()) {
	runtime.AddCleanup(new([16]byte), func(fn func()) { fn() }, fn)
}

// collectAt returns how much garbage, in percent of what is in use, is worth collecting.
func collectAt(live uint64) int {
	garbage := min(live/2, mostGarbage)
	if live < smallHeap {
		garbage = max(garbage, smallHeap-live)
	}
	return int(min(max(100*garbage/max(live, 1), 10), 400))
}

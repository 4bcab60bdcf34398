package main

import (
	"testing"
	"time"
)

// patiently plays a scene in which the program has a limit of its own, with a longer and longer one, until the scene got as
// far as it must before the limit: how fast the machine is, and what else it does, then decides nothing. A scene begins anew
// each time, and reports whether the limit was enough.
func patiently(t *testing.T, first time.Duration, scene func(limit time.Duration) (enough bool)) {
	t.Helper()
	for limit := first; !scene(limit) && !t.Failed(); limit *= 2 {
		if limit > 2*time.Minute {
			t.Fatalf("not even a limit of %s was enough", limit)
		}
		t.Logf("a limit of %s was too short", limit)
	}
}

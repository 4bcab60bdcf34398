//go:build !race

package dedup

// cases is how many generated cases a property is tried on; make check runs them so, besides the fewer with the race detector.
const cases = 10_000

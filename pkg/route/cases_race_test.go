//go:build race

package route

// cases is how many generated cases a property is tried on under the race detector, which takes ten times as long.
const cases = 500

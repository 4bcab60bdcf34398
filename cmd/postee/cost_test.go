package main

import (
	"bytes"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"testing"
)

// mostExponent is how fast the cost of a shape may grow: with N^1.2, eight times the input is 12 times the cost, 64 times when it is
// the square.
const mostExponent = 1.2

// TestCostGrowsInProportion runs the program with each shape of some size and with eight times as much, and compares what it
// allocates. Comparisons that allocate nothing are counted where they are made: TestVersionsAreComparedInProportion,
// TestALongLaneCostsInProportion, TestGlobStepsInProportion, TestClashesAreLookedForInProportion. The race detector, with which it takes
// ten times as long, sees each shape with one of the commands, and nothing is compared; make test runs all of them without it too.
func TestCostGrowsInProportion(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the program two hundred times")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	const size, times = 50_000, 8
	commands := [][]string{
		{"diff", "-"},
		{"diff", "-", "--output", "json"},
		{"send", "-", "-q", "--to", "webhook=" + server.URL},
		{"send", "-", "-q", "--dry-run", "--to", "slack=" + server.URL},
		{"send", "-"},
	}
	for i, s := range costShapes() {
		for j, name := range []string{"diff", "json", "send", "chat", "print"} {
			if racing && (i+j)%len(commands) != 0 {
				continue
			}
			args := commands[j]
			small, large := allocated(t, s, size, args), allocated(t, s, times*size, args)
			grown := math.Log(float64(large)/float64(small)) / math.Log(times)
			if grown > mostExponent && !racing { // how often a slow run commits depends on the time
				t.Errorf("%s, %s: %d bytes for %d, %d for %d: exponent %.2f", s.name, name, small, size, large, times*size, grown)
			}
			t.Logf("%s, %s: exponent %.2f (%d KiB, %d KiB)", s.name, name, grown, small>>10, large>>10)
		}
	}
}

// allocated runs the program in this process, and returns how many bytes it allocates.
func allocated(t *testing.T, s shape, size int, args []string) uint64 {
	t.Helper()
	var in bytes.Buffer
	s.write(&in, size)
	dir := t.TempDir()
	variables := map[string]string{"HOME": dir, "XDG_STATE_HOME": dir, "POSTEE_STATE": filepath.Join(dir, "state.db")}
	var before, after runtime.MemStats
	for range 2 { // pools are empty after the second
		runtime.GC()
	}
	runtime.ReadMemStats(&before)
	run(t.Context(), &process{
		args: args, stdin: &in, stdout: io.Discard, stderr: io.Discard,
		lookup: func(name string) (string, bool) { v, ok := variables[name]; return v, ok },
	})
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// built compiles the program once for a test: the binary that users run, with the given build tags.
func built(t testing.TB, tags string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "postee")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", tags, "-o", path, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// recorder is a target that remembers what it was sent, and by which key.
type recorder struct {
	*httptest.Server
	mu     sync.Mutex
	delay  time.Duration
	keys   map[string]map[string]bool // body -> keys
	last   map[string]string          // subject -> last body
	taken  int
	repeat int
}

func newRecorder(t testing.TB, delay time.Duration) *recorder {
	r := &recorder{delay: delay, keys: map[string]map[string]bool{}, last: map[string]string{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP records first and answers late, so that a kill in between leaves the message delivered and not confirmed.
func (r *recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return // the sender died while it spoke: nothing was received
	}
	r.mu.Lock()
	text := string(body)
	if r.keys[text] == nil {
		r.keys[text] = map[string]bool{}
	} else {
		r.repeat++
	}
	r.keys[text][q.Header.Get("Idempotency-Key")] = true
	r.last[q.Header.Get("X-Postee-Subject")] = text
	r.taken++
	delay := r.delay
	r.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-q.Context().Done():
	}
	w.WriteHeader(http.StatusNoContent)
}

// generation writes one scan of each of n images: every generation replaces one finding of each image by another.
func generation(n, number int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, `{"SchemaVersion":2,"ArtifactName":"registry.example.com/app%d:1","ArtifactType":"container_image","Results":[`+
			`{"Target":"os","Class":"os-pkgs","Vulnerabilities":[{"VulnerabilityID":"CVE-2026-%d","PkgName":"p","InstalledVersion":"1","Severity":"HIGH"},`+
			`{"VulnerabilityID":"CVE-2025-1","PkgName":"q","InstalledVersion":"1","Severity":"LOW"}]}]}`+"\n", i, number)
	}
	return out.String()
}

// finish runs the program to its end, without faults, and then once more: that one must have nothing to say.
func finish(t *testing.T, binary, scans, stateFile, url string) {
	t.Helper()
	for range 2 {
		out, err := exec.CommandContext(t.Context(), binary, "send", scans, "--to", "webhook="+url, "--state", stateFile).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	out, err := exec.CommandContext(t.Context(), binary, "state", "check", "--state", stateFile).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// verdict checks what a recorder has seen: every image's last scan arrived, and nothing under two keys.
func (r *recorder) verdict(t *testing.T, images int, scans string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	lost := 0
	for i, want := range strings.Split(strings.TrimSpace(scans), "\n") {
		if r.last[fmt.Sprintf("registry.example.com/app%d:1", i)] != want {
			lost++
		}
	}
	other := 0
	for _, keys := range r.keys {
		if len(keys) > 1 {
			other++
		}
	}
	if lost > 0 || other > 0 {
		t.Errorf("of %d images: lost %d, repeated with another key %d", images, lost, other)
	}
	t.Logf("%d messages taken, %d repeated with the same key, lost %d, repeated with another key %d", r.taken, r.repeat, lost, other)
}

// TestKilledAtRandom kills the real binary at 50 random instants while it tells a slow target about 200 documents, again and again.
func TestKilledAtRandom(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and kills the binary")
	}
	const images, generations, kills = 200, 5, 10
	binary, target := built(t, ""), newRecorder(t, 2*time.Millisecond)
	stateFile := filepath.Join(t.TempDir(), "state.db")
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	var scans string
	killed := 0
	file := filepath.Join(t.TempDir(), "scans.ndjson")
	for g := range generations {
		scans = generation(images, g)
		if err := os.WriteFile(file, []byte(scans), 0o600); err != nil {
			t.Fatal(err)
		}
		for range kills {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(5+random.IntN(55))*time.Millisecond)
			out, err := exec.CommandContext(ctx, binary, "send", file, "--to", "webhook="+target.URL, "--state", stateFile).CombinedOutput()
			var exit *exec.ExitError
			switch {
			case ctx.Err() != nil:
				killed++
			case errors.As(err, &exit):
				t.Errorf("ended with %d before it was killed: %s", exit.ExitCode(), out)
			}
			cancel()
		}
	}
	finish(t, binary, file, stateFile, target.URL)
	target.verdict(t, images, scans)
	t.Logf("%d kills", killed)
	if killed < kills {
		t.Errorf("only %d of %d runs were killed: nothing was tested", killed, generations*kills)
	}
}

// TestKilledAroundUpdates kills the binary before and after each of its updates of the state.
func TestKilledAroundUpdates(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and kills the binary")
	}
	binary := built(t, "crash")
	for _, point := range []string{"update:before", "update:after"} {
		t.Run(strings.ReplaceAll(point, ":", "-"), func(t *testing.T) {
			const images = 5
			target := newRecorder(t, 0)
			stateFile := filepath.Join(t.TempDir(), "state.db")
			file := filepath.Join(t.TempDir(), "scans.ndjson")
			var scans string
			deaths := 0
			for n := 1; n <= 6; n++ {
				scans = generation(images, n)
				if err := os.WriteFile(file, []byte(scans), 0o600); err != nil {
					t.Fatal(err)
				}
				cmd := exec.CommandContext(t.Context(), binary, "send", file, "--to", "webhook="+target.URL, "--state", stateFile)
				cmd.Env = append(os.Environ(), fmt.Sprintf("POSTEE_CRASH=%s:%d", point, n))
				var out bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &out
				err := cmd.Run()
				var exit *exec.ExitError
				if errors.As(err, &exit) && exit.ExitCode() == -1 {
					deaths++
				} else if err != nil {
					t.Errorf("update %d: %v\n%s", n, err, out.String())
				}
			}
			finish(t, binary, file, stateFile, target.URL)
			target.verdict(t, images, scans)
			if deaths < 2 {
				t.Errorf("%d deaths: the hook does not reach the state", deaths)
			}
		})
	}
}

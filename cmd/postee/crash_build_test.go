package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// binaries are the programs that this test process has built, by build tags: the binary that users run, each built once.
type binaries struct {
	mu     sync.Mutex
	folder string
	paths  map[string]string
}

var builds = &binaries{paths: map[string]string{}}

// built returns the program's binary with these build tags, and builds it when it is the first to ask.
func built(t testing.TB, tags string) string {
	t.Helper()
	path, err := builds.get(t, tags)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// get builds under the lock: who comes second waits.
func (b *binaries) get(t testing.TB, tags string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if path := b.paths[tags]; path != "" {
		return path, nil
	}
	if b.folder == "" {
		folder, err := os.MkdirTemp("", "postee-built-") //nolint:usetesting // it outlives the test that is the first to ask
		if err != nil {
			return "", err
		}
		if err := os.Chmod(folder, 0o755); err != nil {
			return "", err
		}
		b.folder = folder
	}
	path := filepath.Join(b.folder, "postee-"+tags)
	out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", tags, "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	b.paths[tags] = path
	return path, nil
}

// tidy removes what was built when all tests are over.
type tidy struct{ testscript.TestingM }

// Run runs the tests: many at once, unless -parallel says otherwise, for most of them wait most of the time.
func (m tidy) Run() int {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", "8")
	}
	status := m.TestingM.Run()
	builds.mu.Lock()
	defer builds.mu.Unlock()
	if builds.folder != "" {
		_ = os.RemoveAll(builds.folder)
	}
	return status
}

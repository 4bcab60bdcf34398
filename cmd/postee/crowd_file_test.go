//go:build unix

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// writers is how many processes write long lines into one file.
const writers = 4

// TestCrowdKilledWritingOneFile lets processes write into one file, each about images of its own, and kills all that are left at one
// instant, again and again: nothing is lost, every line parses, and what is repeated was claimed by one that died.
func TestCrowdKilledWritingOneFile(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and kills the binary")
	}
	t.Parallel()
	binary, want := built(t, ""), kills(t)/5
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	a := newArena(t, &scenario{targets: []string{"stdout"}, config: filing, images: writers, findings: 900})
	for a.kills < want && !t.Failed() {
		if a.crowdKilled(t, binary, 1+random.Int64N(int64(len(a.newest)))) == 0 || random.IntN(3) == 0 {
			a.advance(t)
		}
	}
	a.ends(t, binary)
	y := a.verdict(t)
	t.Logf("\n%s\n%-26s  %s", tallyHead, "a crowd into one file", y)
}

// crowdKilled runs a crowd until its file has grown by so many bytes, kills those that are left, and returns how many they were.
func (a *arena) crowdKilled(t *testing.T, binary string, written int64) (killed int) {
	t.Helper()
	size := a.file(0).read + written
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all []*member
	lines := strings.SplitAfter(a.newest, "\n")
	for i := range writers {
		part := filepath.Join(a.dir, fmt.Sprintf("scans%d.ndjson", i))
		writeTo(t, part, strings.Join(lines[i*a.images/writers:(i+1)*a.images/writers], ""))
		all = append(all, a.joins(t, binary, "send", part))
	}
	go func() {
		for _, m := range all {
			<-m.done
		}
		cancel()
	}()
	a.file(0).reaches(ctx, size)
	// Nobody must live to take over what another one's death leaves behind: first all are stopped.
	for _, signal := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGKILL} {
		for _, m := range all {
			_ = m.cmd.Process.Signal(signal) // it may be over
		}
	}
	for _, m := range all {
		if <-m.done; !endedFirst(t, m.err, m.out) {
			killed++
		}
	}
	a.autopsy(t, killed > 0)
	a.kills += max(0, killed-1) // the autopsy has counted one
	return killed
}

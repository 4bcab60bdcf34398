package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// shortKills is how many processes the tests kill at random instants unless POSTEE_KILLS says otherwise (make crash).
const shortKills = 60

// kills is how many processes to kill at random instants.
func kills(t *testing.T) int {
	t.Helper()
	asked := os.Getenv("POSTEE_KILLS")
	if asked == "" {
		return shortKills
	}
	n, err := strconv.Atoi(asked)
	if err != nil {
		t.Fatalf("POSTEE_KILLS: %v", err)
	}
	return n
}

// sometimes refuses every seventh request, which is then not taken.
func sometimes(n int) int {
	if n%7 == 0 {
		return 500
	}
	return 204
}

// digesting is a configuration whose targets get digests of three scans.
func digesting(urls []string) string {
	var out strings.Builder
	for i, url := range urls {
		fmt.Fprintf(&out, "- name: webhook%d\n  type: webhook\n  url: %s\n  Aggregate-Issues-Number: 3\n", i, url)
	}
	return out.String()
}

// mendable is a configuration whose targets keep what waits when their addresses change, as --to does not.
func mendable(urls []string) string {
	var out strings.Builder
	for i, url := range urls {
		fmt.Fprintf(&out, "- {name: webhook%d, type: webhook, url: %q}\n", i, url)
	}
	return out.String()
}

// digestsOut ends a scenario with digests: what is left over for an incomplete one is sent too.
var digestsOut = [][]string{{"send", "FILE"}, {"flush", "--now"}, {"send", "FILE"}, {"flush"}}

// ranked is a configuration with two routes: one hears everything, the other only what is at least high.
func ranked(urls []string) string {
	return fmt.Sprintf(`- {name: webhook0, type: webhook, enable: true, url: %q}
- {name: webhook1, type: webhook, enable: true, url: %q, Policy-Min-Vulnerability: high}
`, urls[0], urls[1])
}

// scenarios are the ways of use that are killed at random. A further one is a row.
func scenarios() []*scenario {
	return []*scenario{
		{name: "one document", targets: []string{"webhook"}, images: 1, delay: 5 * time.Millisecond, share: 100},
		{name: "three batches", targets: []string{"webhook"}, images: 150, delay: 2 * time.Millisecond, share: 100},
		{name: "backlog and flush", targets: []string{"webhook"}, images: 70, delay: 2 * time.Millisecond, flush: true, backlog: true, share: 150},
		{name: "500 sometimes", targets: []string{"webhook"}, images: 40, delay: time.Millisecond, answer: sometimes, share: 100},
		{name: "three targets", targets: []string{"webhook", "webhook", "webhook"}, images: 40, delay: 3 * time.Millisecond, backlog: true, share: 100},
		{name: "configuration", targets: []string{"webhook", "webhook"}, config: ranked, images: 30, delay: 2 * time.Millisecond, flush: true, share: 100},
		{name: "digests", targets: []string{"webhook", "webhook"}, config: digesting, digests: true, images: 20, delay: 2 * time.Millisecond, flush: true,
			backlog: true, finish: digestsOut, share: 150},
		{name: "parts", targets: []string{"slack", "webhook"}, images: 1, findings: 60, delay: time.Millisecond, span: 3 * time.Second, share: 100},
		{name: "file", targets: []string{"stdout"}, config: filing, images: 3, findings: 900, share: 100},
	}
}

// TestKilledAtRandom kills the real binary at random instants, again and again, in all scenarios at once. Nothing is lost;
// what comes twice has the same key, and a claim that died explains it.
func TestKilledAtRandom(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and kills the binary")
	}
	t.Parallel()
	binary, want := built(t, ""), kills(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	var mu sync.Mutex
	var total tally
	table := []string{tallyHead}
	t.Run("scenarios", func(t *testing.T) {
		for i, s := range scenarios() {
			t.Run(strings.ReplaceAll(s.name, " ", "-"), func(t *testing.T) {
				t.Parallel()
				a := newArena(t, s)
				a.rounds(t, binary, rand.New(rand.NewPCG(seed, uint64(i))), want*s.share/1000)
				a.ends(t, binary)
				y := a.verdict(t)
				mu.Lock()
				defer mu.Unlock()
				total.add(y)
				table = append(table, fmt.Sprintf("%-26s  %s", s.name, y))
			})
		}
	})
	t.Logf("\n%s\n%-26s  %s", strings.Join(table, "\n"), "together", &total)
	if total.kills < want*9/10 || total.deaths == 0 {
		t.Errorf("only %d of %d runs were killed, %d with claims: too little was tested", total.kills, want, total.deaths)
	}
	if want > shortKills && total.fragments == 0 {
		t.Error("no process was killed inside a line: too little was tested")
	}
}

// TestKilledWhileCreating kills first runs within the milliseconds in which they make the state.
func TestKilledWhileCreating(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and kills the binary")
	}
	t.Parallel()
	binary, random := built(t, ""), rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	var total tally
	without := 0
	for range kills(t) / 6 {
		a := newArena(t, &scenario{targets: []string{"webhook"}, images: 2})
		for a.kills < 2 && !t.Failed() {
			a.killed(t, binary, time.Duration(2+random.IntN(16))*time.Millisecond, "send", "FILE")
			if _, err := os.Stat(a.stateFile()); err != nil {
				without++
			} else {
				break
			}
		}
		a.ends(t, binary)
		total.add(a.verdict(t))
		left, _ := filepath.Glob(a.stateFile() + ".new-*")
		if len(left) > 1 {
			t.Errorf("left behind: %v", left)
		}
	}
	t.Logf("\n%s\n%-26s  %s\n%d of them before there was a state", tallyHead, "creation", &total, without)
}

// TestKilledWhileCompacting kills compactions at random instants: what is remembered and what waits is the same afterwards, and
// the next compaction clears away what was left.
func TestKilledWhileCompacting(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and kills the binary")
	}
	t.Parallel()
	binary, random := built(t, ""), rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	a := newArena(t, &scenario{targets: []string{"webhook"}, config: digesting, digests: true, images: 700, finish: digestsOut})
	run := func(line ...string) string {
		cmd, out := a.command(t.Context(), t, binary, line...)
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %v\n%s", line, err, out)
		}
		return out.String()
	}
	run("send", "-q", "FILE")
	before, span := run("state", "list")+run("state", "outbox"), 40*time.Millisecond
	for a.kills < kills(t)/4 && !t.Failed() {
		if a.killed(t, binary, time.Duration(random.Int64N(int64(span))), "state", "compact") {
			span = max(span*9/10, 4*time.Millisecond)
		}
		sound(t, binary, a.stateFile())
		if after := run("state", "list") + run("state", "outbox"); after != before {
			t.Errorf("after %d kills something else is remembered", a.kills)
		}
	}
	run("state", "compact")
	if left, _ := filepath.Glob(a.stateFile() + ".new-*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	a.ends(t, binary)
	t.Logf("%d kills", a.kills)
}

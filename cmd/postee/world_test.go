package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/deliver"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
)

// world is a state on disk, targets that fail at random, and processes that read scans, speak, and die at random between any
// two operations on the state. Whatever breaks an invariant of docs/state.md is noted under the invariant's number.
type world struct {
	t    *testing.T
	path string

	mu     sync.Mutex
	random *rand.Rand
	// faults: targets fail and processes die.
	faults bool
	routes []string
	// broken has the violations, and looked how often each invariant was looked at.
	broken map[int][]string
	looked map[int]int
	// remembered are the entries that were read before.
	remembered memory

	admitted map[uint64]state.Entry // by Seq, with what it said when it was admitted; members of digests too
	deltas   map[uint64]*dedup.Delta
	bodies   map[string]string // key and part -> body of the first attempt
	taken    map[string]int    // key and part -> how often the target took it
	excused  map[string]int    // key and part -> answers that were lost
	deaths   map[string]int    // key -> processes that died having attempted it
	first    map[string]uint64 // lane -> the last Seq that was delivered for the first time
	heard    map[string][]string
}

// findingIDs are what the scans of a world can find.
const findingIDs = 6

func newWorld(t *testing.T, seed uint64, routes ...string) *world {
	return &world{
		t: t, path: filepath.Join(t.TempDir(), "state.db"), random: rand.New(rand.NewPCG(seed, 12)), routes: routes,
		broken: map[int][]string{}, looked: map[int]int{}, remembered: memory{}, admitted: map[uint64]state.Entry{}, deltas: map[uint64]*dedup.Delta{},
		bodies: map[string]string{}, taken: map[string]int{}, excused: map[string]int{}, deaths: map[string]int{},
		first: map[string]uint64{}, heard: map[string][]string{},
	}
}

// breaks notes a violation; look that an invariant was looked at. The caller holds the lock.
func (w *world) breaks(invariant int, format string, args ...any) {
	w.broken[invariant] = append(w.broken[invariant], fmt.Sprintf(format, args...))
}
func (w *world) look(invariant int) { w.looked[invariant]++ }

// roll returns a number below n.
func (w *world) roll(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.random.IntN(n)
}

// scans makes n documents about few images, of two scanners, each with some of few findings.
func (w *world) scans(n int) (docs []*scan.Document) {
	for i := range n {
		name := fmt.Sprintf("app%d", w.roll(5))
		scanner := []string{"trivy", "trivy", "trivy", "aqua"}[w.roll(4)]
		r := scan.Report{
			Artifact: scan.Artifact{Type: "image", Name: name, Repository: name, Tag: "1"}, Scanner: scanner,
			Covers: scan.CoverageOf(scan.Vulnerability), Raw: []byte(fmt.Sprint(i, name)),
		}
		for id := range findingIDs {
			if w.roll(2) == 0 {
				severity := []scan.Severity{scan.Low, scan.High}[w.roll(2)]
				r.Findings = append(r.Findings, scan.Finding{ID: fmt.Sprintf("CVE-%d", id), Package: "p", Severity: severity})
			}
		}
		docs = append(docs, &scan.Document{Source: fmt.Sprintf("%s#%d", name, i), Format: scanner, Raw: r.Raw, Reports: []scan.Report{r}})
	}
	return docs
}

// engine makes the routes: "plain" has two targets, "digest" gathers three, "high" has a threshold.
func (w *world) engine(store state.Store) *route.Engine {
	e := &route.Engine{Store: store, Lease: time.Minute}
	for _, name := range w.routes {
		outside := route.Rule{Key: "outside", No: route.Filtered, Pass: func(context.Context, *route.Case) (bool, error) {
			w.outside("a policy")
			return true, nil
		}}
		r := &route.Route{Name: name, Rules: append([]route.Rule{outside}, route.Differences(false)...), Targets: []route.Target{{Name: name, Contents: route.Contents{Document: true}}}}
		switch name {
		case "plain":
			r.Targets = append(r.Targets, route.Target{Name: "second"})
		case "digest":
			r.Aggregate = route.Aggregation{Number: 3, Timeout: time.Hour}
		case "high":
			r.Rules = append(r.Rules, route.Threshold{Threshold: message.Threshold{Least: scan.High}}.Rule("Policy-Min-Vulnerability", 1))
		}
		e.Routes = append(e.Routes, r)
	}
	return e
}

var errKilled = errors.New("killed")

// simulated is one run of the program.
type simulated struct {
	*world
	mu sync.Mutex
	// left is how many operations on the state it has before it dies; less than 0 is that it lives.
	left  int
	dead  bool
	asked map[string]bool // keys that it attempted
}

// fault lets the process die at its time: from then on nothing that it does reaches the state.
func (p *simulated) fault(string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 {
		p.dead = true
	}
	if p.left--; p.dead {
		return errKilled
	}
	return nil
}

// run is one process from its start to its end, with batches of documents. flush sends what waits for digests too.
func (w *world) run(flush bool, batches ...[]*scan.Document) {
	bolt, err := boltfile.Open(w.t.Context(), boltfile.Options{Path: w.path})
	if err != nil {
		w.t.Error(err)
		return
	}
	defer bolt.Close()
	p := &simulated{world: w, left: -1, asked: map[string]bool{}}
	if w.faults && w.roll(2) == 0 {
		p.left = w.roll(40)
	}
	store := state.Faulty(&spy{Store: bolt, w: w}, p.fault)
	e := w.engine(store)
	var targets []deliver.Target
	for _, r := range e.Routes {
		for _, t := range r.Targets {
			needs := sinks.Needs{Document: t.Document, Concurrent: 2}
			targets = append(targets, deliver.Target{Name: t.Name, Needs: needs, Sink: &flaky{p: p, target: t.Name}})
		}
	}
	c := deliver.New(deliver.Options{Store: store, Targets: targets, Timeout: 20 * time.Second, Lease: time.Minute})
	if err := c.Start(w.t.Context()); err != nil {
		return
	}
	err = p.speak(e, c, flush, batches)
	if finished := c.Wait(w.t.Context()); err == nil {
		err = finished
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil && !p.dead {
		w.t.Errorf("a process that was not killed: %v", err)
	}
	if p.dead {
		w.mu.Lock()
		defer w.mu.Unlock()
		for key := range p.asked {
			w.deaths[key]++
		}
	}
}

// speak does what send does between the deliverer's start and end.
func (p *simulated) speak(e *route.Engine, c *deliver.Deliverer, flush bool, batches [][]*scan.Document) error {
	ctx := p.t.Context()
	hand := func(a *route.Admitted, err error) error {
		if err != nil {
			return err
		}
		return c.Add(ctx, a.Entries, a.Held, a.Documents)
	}
	if err := hand(e.Digests(ctx, time.Now(), false)); err != nil {
		return err
	}
	for _, docs := range batches {
		if err := hand(e.Admit(ctx, time.Now(), docs)); err != nil {
			return err
		}
	}
	return hand(e.Digests(ctx, time.Now(), flush))
}

// explore lets a world live: crowds of processes with faults, then peace, and what must hold then.
func explore(t *testing.T, seed uint64) (w *world) {
	synctest.Test(t, func(t *testing.T) {
		w = newWorld(t, seed, "plain", "digest", "high")
		w.faults = true
		for range 6 {
			var crowd sync.WaitGroup
			for range 1 + w.roll(3) {
				batches := [][]*scan.Document{w.scans(1 + w.roll(6)), w.scans(1 + w.roll(6))}
				crowd.Go(func() { w.run(w.roll(4) == 0, batches...) })
			}
			crowd.Wait()
			<-time.After(time.Duration(w.roll(90)) * time.Minute)
		}
		w.faults = false
		<-time.After(2 * time.Hour)
		w.peace(oneOfEach(w.scans(12)))
	})
	return w
}

package route

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// plainScan is a document of the tests' own format.
type plainScan struct {
	Plain             bool
	Scanner, Image    string
	Variant           string
	Time              time.Time
	Bits, Severe      uint
	Packages          uint64
	Warn, Loose, Only bool
}

// plainFormat reads a plainScan, or several in a list.
func plainFormat() scan.Format {
	return scan.Format{
		Name: "plain", Recognise: func(k scan.Keys) bool { return k.Has("Plain") || k.Has("List") },
		Read: func(doc *scan.Document) error {
			many, err := scan.Decode[struct {
				plainScan
				List []plainScan
			}](doc)
			if err != nil {
				return err
			}
			if many.List == nil {
				many.List = []plainScan{many.plainScan}
			}
			for i := range many.List {
				many.List[i].read(doc)
			}
			return nil
		},
	}
}

// read makes the report.
func (p *plainScan) read(doc *scan.Document) {
	r := scan.Report{
		Artifact: scan.Artifact{Type: "image", Name: p.Image, Repository: p.Image, Tag: "1"}, Scanner: p.Scanner, Variant: p.Variant, Time: p.Time,
		Covers: scan.CoverageOfClass(scan.NoClass), Raw: doc.Raw,
	}
	if p.Loose { // only what changed packages prove
		r.Covers, r.CoversIfChanged, r.Packages[0] = 0, scan.CoverageOfClass(scan.NoClass), p.Packages
	}
	if p.Only {
		r.Compliance = scan.NonCompliant
	}
	if p.Warn {
		doc.Warnf("odd")
	}
	for i := range 5 {
		if p.Bits&(1<<i) == 0 {
			continue
		}
		f := scan.Finding{ID: fmt.Sprintf("CVE-%d", i), Package: "p", Severity: scan.Medium}
		if p.Severe&(1<<i) != 0 {
			f.Severity = scan.Critical
		}
		r.Findings = append(r.Findings, f)
	}
	doc.Reports = append(doc.Reports, r)
}

// plainScanOf makes a scan, often one of few.
func plainScanOf(r *rand.Rand) plainScan {
	p := plainScan{
		Plain: true, Scanner: []string{"a", "b"}[r.IntN(2)], Image: []string{"one", "two", "three"}[r.IntN(3)], Bits: uint(r.IntN(8)),
		Severe: uint(r.IntN(2)) * 7, Loose: r.IntN(4) == 0, Packages: r.Uint64N(3), Only: r.IntN(4) == 0, Warn: r.IntN(12) == 0,
	}
	if r.IntN(3) == 0 {
		p.Variant = "arm"
	}
	switch r.IntN(3) {
	case 0:
		p.Time = noon.Add(-time.Duration(r.IntN(3)) * time.Hour)
	case 1:
		p.Time = noon.Add(time.Duration(1+r.IntN(30)) * time.Hour) // ahead of the clock, some of the time, or not to be believed
	}
	return p
}

// plainText makes a document, of one or two scans.
func plainText(t *testing.T, r *rand.Rand) string {
	t.Helper()
	var v any = plainScanOf(r)
	if r.IntN(4) == 0 {
		v = map[string]any{"List": []plainScan{plainScanOf(r), plainScanOf(r)}}
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// routesOfMany returns routes of many kinds, in some order.
func routesOfMany(r *rand.Rand) []*Route {
	targets := []Target{{Name: "t"}, {Name: "u"}}
	odd := Rule{Key: "odd", No: Filtered, Basis: OnDocument, Pass: pure(func(c *Case) bool {
		if c.Report.Variant != "" {
			c.warn("it has a variant")
		}
		return true
	})}
	news := Rule{Key: "news", No: Filtered, Pass: pure(func(c *Case) bool { return len(c.Delta().New) > 0 })}
	routes := []*Route{
		{Name: "all", Rules: Differences(false), Targets: targets},
		{Name: "one", Rules: append([]Rule{OnlyImage("image", 1, Patterns{"one"})}, Differences(false)...), Targets: targets[:1]},
		{Name: "severe", Rules: append(Differences(false), Threshold{Threshold: message.Threshold{Least: scan.High}}.Rule("severe", 2)), Targets: targets[1:]},
		{Name: "news", Rules: append([]Rule{news}, Differences(false)...), Targets: targets[:1]},
		{Name: "disallowed", Rules: append([]Rule{OnlyNonCompliant("disallowed", 3)}, Differences(false)...), Targets: targets[:1]},
		{Name: "odd", Rules: append([]Rule{odd}, Differences(false)...), Targets: targets[:1]},
		{Name: "digest", Rules: Differences(false), Targets: targets[:1], Aggregate: Aggregation{Number: 3}},
		{Name: "tag", Rules: Differences(false), Targets: targets[:1], Subject: func(r *scan.Report) string { return r.Artifact.Name + " " + r.Variant }},
		{Name: "show", Rules: Differences(true), Targets: targets[:1], ShowAll: true},
	}
	if r.IntN(4) > 0 {
		routes = routes[:8]
	}
	r.Shuffle(len(routes), func(i, j int) { routes[i], routes[j] = routes[j], routes[i] })
	return routes[:1+r.IntN(len(routes))]
}

// twins are two engines that differ in nothing but that one of them knows documents by their bytes.
type twins struct {
	t             *testing.T
	plain, marked *Engine
	unread        int
}

// newTwins makes them; the salt is the same, so that all that is stored is.
func newTwins(t *testing.T, routes []*Route) *twins {
	t.Helper()
	w := &twins{t: t}
	for _, e := range []**Engine{&w.plain, &w.marked} {
		store := state.Memory()
		err := store.Update(t.Context(), func(tx state.Tx) error { return tx.Put(state.BucketMeta, "salt", make([]byte, 16)) })
		if err != nil {
			t.Fatal(err)
		}
		*e = &Engine{Store: store, Routes: routes}
	}
	w.marked.Decider[0] = 1
	return w
}

// documents reads texts as an engine's run does.
func (w *twins) documents(e *Engine, now time.Time, texts []string) (docs []*scan.Document, warnings []string) {
	w.t.Helper()
	known := func(ctx context.Context, sums [][sha256.Size]byte) []bool { return e.MayKnow(ctx, now, sums) }
	o := scan.Options{Formats: []scan.Format{plainFormat()}, Stdin: strings.NewReader(strings.Join(texts, "\n")), Known: known}
	for item := range scan.Read(w.t.Context(), []string{"-"}, o) {
		if item.Err != nil {
			w.t.Fatal(item.Err)
		}
		item.Release()
		docs, warnings = append(docs, item.Doc), append(warnings, item.Doc.Warnings...)
	}
	return docs, warnings
}

// admit lets both decide texts, and compares what they say and what they remember.
func (w *twins) admit(now time.Time, texts []string) {
	w.t.Helper()
	var told []string
	for _, e := range []*Engine{w.plain, w.marked} {
		if _, err := e.Digests(w.t.Context(), now, false); err != nil {
			w.t.Fatal(err)
		}
		touched := map[string]bool{}
		e.Touch = func(subject string) { touched[subject] = true }
		docs, warnings := w.documents(e, now, texts)
		for _, doc := range docs {
			if doc.Unread() {
				w.unread++
			}
		}
		a, err := e.Admit(w.t.Context(), now, docs)
		if err != nil {
			w.t.Fatal(err)
		}
		told = append(told, fmt.Sprintln(warnings)+w.text(a)+w.remembered(e, touched))
	}
	if diff := cmp.Diff(told[0], told[1]); diff != "" {
		w.t.Errorf("with marks (+) it is not as without (-): %s\n%s", diff, strings.Join(texts, "\n"))
	}
}

// text writes down all that an admission says.
func (w *twins) text(a *Admitted) string {
	w.t.Helper()
	var text strings.Builder
	for _, r := range a.Results {
		fmt.Fprintf(&text, "%+v\n", r)
	}
	for _, e := range a.Entries {
		fmt.Fprintln(&text, e.Key, e.Route, e.Target, e.Subject, e.Scans)
		if e.Scans > 0 {
			continue
		}
		m, err := message.Decode(e.Message)
		if err != nil {
			w.t.Fatal(err)
		}
		delta, err := json.Marshal(m.Sections[0].Delta)
		if err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprintf(&text, "%s\n", delta)
	}
	return text.String() + strings.Join(a.Warnings, "\n")
}

// remembered writes down what is remembered of subjects, and which were touched.
func (w *twins) remembered(e *Engine, touched map[string]bool) string {
	w.t.Helper()
	var text strings.Builder
	err := e.Store.View(w.t.Context(), func(tx state.Tx) error {
		for r, err := range state.Subjects(tx) {
			if err != nil {
				return err
			}
			r.Generation = 0
			fmt.Fprintf(&text, "%+v, touched: %v\n", r, touched[r.Subject])
		}
		for _, bucket := range []string{state.BucketName, state.BucketSeen} {
			for p, err := range tx.Range(bucket, "") {
				if err != nil {
					return err
				}
				fmt.Fprintf(&text, "%s %x %x\n", bucket, p.Key, p.Value)
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return text.String()
}

// forget makes both forget a subject.
func (w *twins) forget(subject string) {
	w.t.Helper()
	for _, e := range []*Engine{w.plain, w.marked} {
		err := e.Store.Update(w.t.Context(), func(tx state.Tx) error {
			_, err := state.Forget(tx, subject)
			return err
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

package route

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/policy"
	"github.com/postee/postee/pkg/scan"
)

// Status is what became of a report on a route. The values are part of the machine-readable output.
type Status string

// The statuses that deciding gives; delivery adds its own.
const (
	Passed    Status = ""
	Duplicate Status = "duplicate"
	Filtered  Status = "filtered"
	Held      Status = "held"
	Failed    Status = "failed"
	Recorded  Status = "recorded"
	// Stale is a scan that is older than the last one of its view.
	Stale Status = "stale"
	// Queued is a message that waits for a digest.
	Queued Status = "queued"
)

// Route is one line of thought: rules that decide, and targets that are told.
type Route struct {
	Name string
	// Rules are asked in order; the difference is one of them.
	Rules []Rule
	// Targets are told what passes, each by an outbox entry of its own.
	Targets []Target
	// Threshold is what a finding must have for the route to speak of it: tickets are told whether any such is left.
	Threshold message.Threshold
	// ShowAll lists every open finding in a message, not only the difference.
	ShowAll bool
	// Unique sends once for each of some values of the document; nil sends what is different.
	Unique *Unique
	// Serialize lets each target wait for the one before: where that is not told, it is not either.
	Serialize bool
	// Template writes what is said of a scan; nil is the built-in layout.
	Template *Template
	// Aggregate makes messages wait for one another.
	Aggregate Aggregation
	// Subject says what a rescan is a rescan of, for this route; nil is the artifact's own subject.
	Subject func(*scan.Report) string
}

// Template writes messages in place of the built-in layout.
type Template struct {
	// Needs is what it looks at of a document; nil is nothing.
	Needs *policy.Needs
	// Render returns what is said of a case. An error is the route's failure for this document: nothing is admitted, and sending the
	// document again tries again. Several goroutines may ask at once.
	Render func(context.Context, *Case) (*message.Custom, error)
	// Aggregate returns what is said of a digest, from what Render has made of its scans; nil puts these one after the other.
	Aggregate func(context.Context, []*message.Custom) (*message.Custom, error)
}

// Target is all that a route knows of one.
type Target struct {
	Name string
	// Address tells apart what waits for different addresses under one name; "" where there is one.
	Address string
	Contents
	// Local: only the run that admits can deliver.
	Local bool
	// Owners: it tells nobody but the owners whom a document names.
	Owners bool
}

// Contents is what a target needs in a message beside the difference.
type Contents struct {
	// Document is the document's own bytes, which wait beside the message.
	Document bool
	// Open is every open finding, Components are the artifact's packages.
	Open, Components bool
}

// contents returns what any of the route's targets needs.
func (r *Route) contents() (all Contents) {
	for _, t := range r.Targets {
		all.Document = all.Document || t.Document
		all.Open = all.Open || t.Open
		all.Components = all.Components || t.Components
	}
	return all
}

// Case is one report before one route.
type Case struct {
	Doc     *scan.Document
	Report  *scan.Report
	Set     *dedup.FindingSet
	Subject string
	// Told is when the route last spoke about the subject, in seconds since 1970 UTC; 0 is never.
	Told int64

	// What the methods work with: the report's share of the batch, what is remembered of the subject, and the comparison with
	// it, nil until something asks.
	decision *decision
	route    string
	job      *job
	subj     *subjectState
	compared *comparison
	// custom is what the route's template made of it.
	custom *message.Custom
}

// Delta returns the difference to what this route has said; it is computed on first use.
func (c *Case) Delta() *dedup.Delta { return &c.comparison().delta }

// Normalised returns the report and its difference in one shape for all scanners.
func (c *Case) Normalised() *dedup.NormalisedReport { return c.normalise(nil) }

// normalise returns the same, with as many of the lists of findings as are asked for.
func (c *Case) normalise(asked func(key string) bool) *dedup.NormalisedReport {
	compared := c.comparison()
	return dedup.Normalise(c.Doc, c.Subject, c.Set, &compared.delta, &compared.next, asked)
}

// Outdated returns why the report is not to be compared, in words; "" when it is.
func (c *Case) Outdated() string {
	if e := c.decision.engine; e.AnyAge || e.Against != nil {
		return ""
	}
	return c.subj.outdated(c.job, c.decision.now)
}

// Input returns the report as policies see it, with the difference to what this route has said; it is made on first use.
func (c *Case) Input() *policy.Input {
	compared := c.comparison()
	if compared.input == nil {
		engine := c.decision.engine
		compared.input = c.job.input.With(func(seen func(key string) bool) policy.View {
			view := c.normalise(seen)
			view.AquaServer = engine.AquaServer
			return view
		})
	}
	return compared.input
}

// warn tells a person something about the document, once.
func (c *Case) warn(text string) {
	text, c.job.warned = c.Doc.Source+": "+text, true
	if warnings := &c.decision.out.Warnings; !slices.Contains(*warnings, text) {
		*warnings = append(*warnings, text)
	}
}

// comparison compares the report with what the route has said.
func (c *Case) comparison() *comparison {
	if c.compared == nil {
		c.compared = c.job.compare(c.subj, c.decision.baseline(c.route, c.job, c.subj))
	}
	return c.compared
}

// Rule can say no.
type Rule struct {
	// Key is what the user wrote, on Line of the configuration; Line 0 is built in.
	Key  string
	Line int
	// No is what a refusal is called.
	No Status
	// Basis is what the answer follows from.
	Basis Basis
	// Unlisted: explain lists it only when it refuses.
	Unlisted bool
	// Needs is what a policy of the rule looks at, nil for none.
	Needs *policy.Needs
	// Pass decides. An error is the route's failure for this document, not a refusal.
	Pass func(context.Context, *Case) (bool, error)
	// Why explains the decision to a person; only explain and reports ask it.
	Why func(context.Context, *Case) string
}

// Basis is what a rule's answer follows from. Whatever it is, the answer is always the same where all of that is.
type Basis uint8

const (
	// OnAll is the document and all that was said about its subject before.
	OnAll Basis = iota
	// OnDifference is the document, and whether it differs from what was said.
	OnDifference
	// OnDocument is the document alone.
	OnDocument
)

// Verdict is a decision and what led to it.
type Verdict struct {
	Status Status
	// By is the rule that refused or failed, nil when all passed; Err is its failure.
	By  *Rule
	Err error
	// Asked are all rules with their answers, when everything was to be explained.
	Asked []Answer
}

// Answer is what one rule said.
type Answer struct {
	Rule *Rule
	OK   bool
	Err  error
}

// place returns the place of one of the route's rules, -1 of none.
func (r *Route) place(rule *Rule) int {
	for i := range r.Rules {
		if &r.Rules[i] == rule {
			return i
		}
	}
	return -1
}

// Decide returns the only decision: the status of the first rule that refuses or fails, and that rule; Passed and nil otherwise.
// With a trace it goes on after a refusal, so that explain shows every rule.
func (r *Route) Decide(ctx context.Context, c *Case, trace func(*Rule, bool, error)) (status Status, by *Rule, err error) {
	for i := range r.Rules {
		rule := &r.Rules[i]
		ok, failure := rule.Pass(ctx, c)
		if trace != nil {
			trace(rule, ok, failure)
		}
		if by == nil && failure != nil {
			status, by, err = Failed, rule, fmt.Errorf("%s: %w", rule.Key, failure)
		} else if by == nil && !ok {
			status, by = rule.No, rule
		}
		if by != nil && trace == nil {
			break
		}
	}
	return status, by, err
}

// Sentence says a difference in one line: "2 new, 1 changed, 3 fixed, 48 known".
func Sentence(d *dedup.Delta) string {
	if d.Empty() {
		return fmt.Sprintf("nothing new: %d known", d.Known)
	}
	var parts []string
	for _, part := range []struct {
		n    int
		word string
	}{{len(d.New), "new"}, {len(d.Changed), "changed"}, {len(d.Fixed), "fixed"}, {d.Known, "known"}, {d.Suppressed, "suppressed"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.word))
		}
	}
	if d.ComplianceChanged && d.Compliance == scan.NonCompliant {
		parts = append(parts, "no longer compliant")
	} else if d.ComplianceChanged {
		parts = append(parts, "compliant again")
	}
	counted := 0
	for _, n := range d.Open {
		counted += n
	}
	switch {
	case len(parts) == 0 && counted > 0:
		return fmt.Sprintf("first scan, %d counted and not listed", counted)
	case len(parts) == 0:
		return "first scan, no findings"
	}
	return strings.Join(parts, ", ")
}

// Sentence says the case's difference in one line. What is no scan has none to say.
func (c *Case) Sentence() string {
	if c.Report.Scanner == "" && c.Delta().First {
		return "seen for the first time: a document of no known format"
	}
	return Sentence(c.Delta())
}

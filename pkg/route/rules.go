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

// pure makes a rule's decision out of a function that cannot fail.
func pure(pass func(*Case) bool) func(context.Context, *Case) (bool, error) {
	return func(_ context.Context, c *Case) (bool, error) { return pass(c), nil }
}

// Differences returns the two rules that every route has: a scan that is older than the last one of its view is not compared, and then a
// route speaks when there is something that it has not said. A route that shows all speaks whatever there is.
func Differences(showAll bool) []Rule { return []Rule{age(), difference(showAll)} }

// age keeps out what was scanned before the last scan of its view: what is new in it is old.
func age() Rule {
	return Rule{
		Key: "age", No: Stale, Unlisted: true, Basis: OnDifference,
		Pass: pure(func(c *Case) bool { return c.Outdated() == "" }),
		Why:  func(_ context.Context, c *Case) string { return c.Outdated() + "; --any-age compares it all the same" },
	}
}

// DifferenceKey is the key of the rule that refuses where nothing is new: whatever else calls a report a duplicate has another.
const DifferenceKey = "difference"

// difference returns the rule at the heart.
func difference(showAll bool) Rule {
	return Rule{
		Key: DifferenceKey, No: Duplicate, Basis: OnDifference,
		Pass: pure(func(c *Case) bool { return showAll || !c.Delta().Empty() }),
		Why: func(_ context.Context, c *Case) string {
			if showAll && c.Delta().Empty() {
				return c.Sentence() + ", but everything is shown"
			}
			return c.Sentence()
		},
	}
}

// OnlyAllowed lets only documents pass that a policy allows.
func OnlyAllowed(key string, line int, p *policy.Policy) Rule {
	basis := OnDocument
	if p.Needs().View() {
		basis = OnAll
	}
	return Rule{
		Key: key, Line: line, No: Filtered, Needs: p.Needs(), Basis: basis,
		Pass: func(ctx context.Context, c *Case) (bool, error) {
			ok, err := p.Allow(ctx, c.Input())
			// Whether it is can only be asked of a document that was read.
			if err == nil && c.Input().Shadowed() {
				c.warn("the document has a key postee of its own: policies do not see the normalised view")
			}
			return ok, err
		},
		Why: func(ctx context.Context, c *Case) string {
			if where := p.Where(ctx, c.Input()); where != "" {
				return where
			}
			return "no rule allow of " + strings.Join(p.Files(), ", ") + " holds"
		},
	}
}

// OnlyNonCompliant lets only images pass of which the document says that they are disallowed.
func OnlyNonCompliant(key string, line int) Rule {
	return Rule{
		Key: key, Line: line, No: Filtered, Basis: OnDocument,
		Pass: pure(func(c *Case) bool { return c.Report.Compliance == scan.NonCompliant }),
		Why: func(_ context.Context, c *Case) string {
			switch c.Report.Compliance {
			case scan.NonCompliant:
				return "the image is disallowed"
			case scan.Compliant:
				return "the image is allowed"
			}
			return "the document does not say whether the image is allowed"
		},
	}
}

// ownersKey is the key of targets that says who is told.
const ownersKey = "recipients"

// OnlyOwned lets only documents pass that name an owner with a mail address, because nobody else would be told. What it refuses is warned of: it
// may be a mistake of whoever labelled the image, and stays new until somebody can be told.
func OnlyOwned() Rule {
	return Rule{
		Key: ownersKey, No: Filtered, Basis: OnDocument,
		Pass: pure(owned),
		Why: func(_ context.Context, c *Case) string {
			if owned(c) {
				return "the document names its owners"
			}
			return "the document names no owner with a mail address"
		},
	}
}

// owned reports whether a document names an owner with a mail address, and warns of one that does not.
func owned(c *Case) bool {
	if slices.ContainsFunc(c.Report.Owners, func(owner string) bool { return strings.Contains(owner, "@") }) {
		return true
	}
	c.warn("no recipient is left: the document names no owner with a mail address")
	return false
}

// Threshold is Policy-Min-Vulnerability with Policy-Only-Fix-Available: at least one finding of the difference must have
// both the severity and, where that is asked for, a fix. A change of compliance passes.
type Threshold struct {
	// Threshold is what is asked of a finding; what is fixed is judged by its severity alone.
	message.Threshold
	// All judges every open finding, because the route shows all.
	All bool
}

// find returns a finding that qualifies, and how it came about.
func (t *Threshold) find(c *Case) (item *dedup.Item, event string) {
	d := c.Delta()
	for i := range d.New {
		if t.Qualifies(&d.New[i]) {
			return &d.New[i], "new"
		}
	}
	for i := range d.Changed {
		if t.Qualifies(&d.Changed[i].Item) {
			return &d.Changed[i].Item, "changed"
		}
	}
	for i := range d.Fixed {
		if d.Fixed[i].Severity >= t.Least {
			return &d.Fixed[i].Item, "fixed"
		}
	}
	if t.All {
		for _, open := range c.Set.All(nil) {
			if t.Qualifies(&open) {
				return &open, "open"
			}
		}
	}
	return nil, ""
}

// counted reports whether a document which only counts what it found counts some that are severe enough; it does not say which have
// a fix.
func (t *Threshold) counted(c *Case) bool {
	if c.Report.Summary == nil || t.Fixable || !c.Delta().First && !t.All {
		return false
	}
	for _, n := range c.Report.Summary[t.Least:] {
		if n > 0 {
			return true
		}
	}
	return false
}

// Rule makes the rule; what it refuses is held back for the next message that passes.
func (t Threshold) Rule(key string, line int) Rule {
	return Rule{
		Key: key, Line: line, No: Held, Basis: OnDifference,
		Pass: pure(func(c *Case) bool {
			item, _ := t.find(c)
			return item != nil || c.Delta().ComplianceChanged || t.counted(c)
		}),
		Why: func(_ context.Context, c *Case) string {
			asked := t.Least.String()
			if t.Fixable {
				asked += " with a fix"
			}
			item, event := t.find(c)
			switch {
			case item != nil:
				return fmt.Sprintf("%s: %s %s is %s", asked, event, item.ID, item.Severity)
			case c.Delta().ComplianceChanged:
				return asked + ": compliance changed"
			case t.counted(c):
				return asked + ": the document counts some"
			}
			return asked + ": " + worst(c.Delta())
		},
	}
}

// worst names the worst finding of a difference.
func worst(d *dedup.Delta) string {
	var item *dedup.Item
	event := ""
	consider := func(i *dedup.Item, what string) {
		if item == nil || i.Severity > item.Severity {
			item, event = i, what
		}
	}
	for i := range d.New {
		consider(&d.New[i], "new")
	}
	for i := range d.Changed {
		consider(&d.Changed[i].Item, "changed")
	}
	for i := range d.Fixed {
		consider(&d.Fixed[i].Item, "fixed")
	}
	if item == nil {
		return "nothing is new, changed or fixed"
	}
	return fmt.Sprintf("the worst %s finding is %s (%s)", event, item.Severity, item.ID)
}

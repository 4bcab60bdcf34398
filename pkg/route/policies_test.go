package route

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/policy"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// conditions are policies that look at different parts of a document and of the view.
var conditions = []string{
	`input.team == "a"`, `input.list[_].sev == "high"`, `count(input.list) > 3`, `input.postee.new[_].severity == "high"`, `count(input.postee.fixed) != 1`,
	`count(input.postee.findings) > 2`, `count(input.postee.changed) == 0`, `input.postee.summary.high > 0; input.team`, `input.postee.known < 2`,
	`count([1 | input.postee.first; input.team == "a"]) == 0`,
}

// asking is an engine whose routes ask those policies: each first, or behind another rule.
func asking(t *testing.T, behind bool, conditions ...string) *Engine {
	t.Helper()
	e := newEngine(state.Memory())
	for _, condition := range conditions {
		p, err := policy.CompileSource(t.Context(), "p", condition, policy.Options{})
		if err != nil {
			t.Fatal(err)
		}
		rules := []Rule{OnlyAllowed("policy", 1, p)}
		if behind {
			rules = slices.Insert(rules, 0, Rule{Key: "any", Pass: pure(func(*Case) bool { return true })})
		}
		e.Routes = append(e.Routes, &Route{Name: condition, Rules: append(rules, Differences(false)...), Targets: []Target{{Name: "t"}}})
	}
	return e
}

// scans are some scans of a few images, of which policies see more than is compared.
func scans(r *rand.Rand) (docs []*scan.Document) {
	for range 6 {
		var vulns []string
		list := `{"sev":"none"}`
		for i := range 5 {
			if severity := []string{"", "", "low", "high"}[r.IntN(4)]; severity != "" {
				vulns = append(vulns, fmt.Sprintf("CVE-%d/p/%s", i, severity))
				list += fmt.Sprintf(`,{"sev":%q,"id":%d}`, severity, i)
			}
		}
		doc := image("trivy", fmt.Sprint("app", r.IntN(6)), vulns...)
		doc.Raw = fmt.Appendf(nil, `{"other":[{"list":1}],"team":"%c","list":[%s]}`, 'a'+rune(r.IntN(2)), list)
		doc.Reports[0].Raw = doc.Raw
		docs = append(docs, doc)
	}
	return docs
}

// TestPoliciesSeeWhatTheyLookAt: routes decide alike whether what they look at is read for each of them alone, for all of them, or because
// somebody looks at everything; ahead or not.
func TestPoliciesSeeWhatTheyLookAt(t *testing.T) {
	whole := asking(t, true, append(slices.Clone(conditions), "input != 1")...)
	many := []*Engine{asking(t, false, conditions...), asking(t, true, conditions...)}
	var alone []*Engine
	for _, condition := range conditions {
		alone = append(alone, asking(t, false, condition))
	}
	r, decided := rand.New(rand.NewPCG(3, 4)), map[string]bool{}
	for range 25 {
		docs := scans(r)
		want := map[string][]string{}
		for _, line := range said(t, admit(t, whole, docs...)) {
			for _, condition := range conditions {
				if len(line) > len(condition) && line[:len(condition)] == condition {
					want[condition] = append(want[condition], line)
					decided[fmt.Sprint(condition, strings.HasSuffix(line, ": filtered"))] = true
				}
			}
		}
		for _, e := range many {
			got := said(t, admit(t, e, docs...))
			for _, condition := range conditions {
				for _, line := range want[condition] {
					if i := slices.Index(got, line); i < 0 {
						t.Fatalf("%q is not among %q", line, got)
					} else {
						got = slices.Delete(got, i, i+1)
					}
				}
			}
			if len(got) > 0 {
				t.Fatalf("%q is too much", got)
			}
		}
		for i, e := range alone {
			if diff := cmp.Diff(want[conditions[i]], said(t, admit(t, e, docs...))); diff != "" {
				t.Fatal(diff)
			}
		}
	}
	if len(decided) != 2*len(conditions) {
		t.Errorf("not all were decided both ways: %v", decided)
	}
}

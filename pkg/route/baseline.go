package route

import (
	"slices"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/policy"
	"github.com/postee/postee/pkg/scan"
)

// comparison is a difference and what the baseline becomes; routes with one baseline share it.
type comparison struct {
	baseline dedup.Baseline
	set      *dedup.FindingSet
	delta    dedup.Delta
	next     dedup.Next
	// input is the report with this difference, as policies see it; nil until one asks.
	input *policy.Input
}

// compare returns the comparison with a baseline that stands in a subject's memory: each distinct baseline is compared once.
func (j *job) compare(subj *subjectState, b dedup.Baseline) *comparison {
	for _, done := range j.comparisons {
		if sameBaseline(&done.baseline, &b) {
			return done
		}
	}
	done := &comparison{baseline: b, set: j.set}
	done.delta, done.next = dedup.Diff(&b, j.set, subj.name)
	j.comparisons = append(j.comparisons, done)
	return done
}

// sameBaseline reports whether two baselines are the very same marks; equal ones are shared by the record already.
func sameBaseline(a, b *dedup.Baseline) bool {
	return a.First == b.First && a.Compliance == b.Compliance && sameMarks(a.Own, b.Own) &&
		slices.EqualFunc(a.Others, b.Others, sameMarks)
}

func sameMarks(a, b []dedup.Mark) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// baseline returns what a report is compared with on a route.
func (d *decision) baseline(route string, j *job, subj *subjectState) dedup.Baseline {
	if d.engine.Against == nil {
		return subj.baseline(route, j.report, d.today)
	}
	base := baselineReport(d.engine.against, j.report, d.engine.reportSubject)
	if base == nil {
		return dedup.Baseline{First: true, Today: d.today}
	}
	for _, p := range j.set.Gone(base.Marks) {
		subj.names[p], _ = base.Identity(p)
	}
	return dedup.Baseline{Own: base.Marks, Packages: base.Report.Packages, Compliance: base.Report.Compliance, Today: d.today}
}

// baselineReport picks the report of --baseline that r is compared with: the only one, else the one with the same subject, else
// with the same repository.
func baselineReport(against []*dedup.FindingSet, r *scan.Report, subject func(*scan.Report) string) *dedup.FindingSet {
	if len(against) == 1 {
		return against[0]
	}
	for _, same := range []func(a, b *scan.Report) bool{
		func(a, b *scan.Report) bool { return subject(a) == subject(b) },
		func(one, other *scan.Report) bool {
			a, b := &one.Artifact, &other.Artifact
			return a.Repository != "" && a.Type == b.Type && a.Host == b.Host && a.Repository == b.Repository
		},
	} {
		for _, d := range against {
			if same(d.Report, r) {
				return d
			}
		}
	}
	return nil
}

// advance moves a route's baseline, unless the run compares with a document instead.
func (d *decision) advance(subj *subjectState, route string, j *job, next *dedup.Next) {
	if d.engine.Against == nil {
		subj.advance(route, next, j.set)
	}
}

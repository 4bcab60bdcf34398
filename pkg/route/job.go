package route

import (
	"slices"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/policy"
	"github.com/postee/postee/pkg/scan"
)

// job is one report of a batch.
type job struct {
	doc     *scan.Document
	report  *scan.Report
	subject string
	set     *dedup.FindingSet
	// input is the report as policies see it, spelt the artifact's names; both nil until a rule asks.
	input         *policy.Input
	artifactNames *artifactNames
	// comparisons are the comparisons of this attempt at the batch; routes with one baseline share one.
	comparisons []*comparison
	// hashed is the hash of the report, 0 until something asks; failed says that a route could not decide, so that sending the report
	// again has to try again.
	hashed uint64
	failed bool
}

// names returns the artifact's names: found once, whoever asks.
func (j *job) names() *artifactNames {
	if j.artifactNames == nil {
		j.artifactNames = namesOf(&j.report.Artifact)
	}
	return j.artifactNames
}

// policyInput parses the report for policies: once, whoever asks.
func (j *job) policyInput() *policy.Input {
	if j.input == nil {
		j.input = policy.NewInput(j.report.Raw)
	}
	return j.input
}

// byTime puts the reports of a batch that are of one view of one subject in the order of the scans' own times; the places of all
// others, and of those without a time, stay.
func byTime(batch []*job) {
	type key struct {
		subject string
		view    viewKey
	}
	places := map[key][]int{}
	for i, j := range batch {
		if !j.report.Time.IsZero() {
			k := key{j.subject, viewOf(j.report)}
			places[k] = append(places[k], i)
		}
	}
	for _, at := range places {
		jobs := make([]*job, len(at))
		for i, place := range at {
			jobs[i] = batch[place]
		}
		slices.SortStableFunc(jobs, func(a, b *job) int { return a.report.Time.Compare(b.report.Time) })
		for i, place := range at {
			batch[place] = jobs[i]
		}
	}
}

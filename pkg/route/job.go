package route

import (
	"crypto/sha256"
	"slices"
	"sync"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/policy"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// job is one report of a batch.
type job struct {
	doc     *scan.Document
	report  *scan.Report
	subject string
	set     *dedup.FindingSet
	// input is the report as policies see it.
	input *policy.Input
	// artifactNames is the artifact's names; nil until a rule asks.
	artifactNames *artifactNames
	// onceKeys are what the report is known by on routes that send once in a while.
	onceKeys map[*Route]state.OnceKey
	// comparisons are the comparisons of this attempt at the batch; routes with one baseline share one.
	comparisons []*comparison
	// digest is the SHA-256 of the report's bytes, packed are these bytes as they are stored: each is made once, when something asks.
	digestOnce, packOnce sync.Once
	digest               [32]byte
	packed               state.Packed
	// failed says that a route could not decide, so that sending the report again has to try again.
	failed bool
	// warned says that a person was told something of the report beside its results.
	warned bool
	// answers are what this attempt made of the report, by route; foreseen says that they are what would be said again, as long as
	// the subjects' edits are those that were left.
	answers  []answer
	foreseen bool
	left     int
	// entries is how many entries this attempt makes of the report.
	entries int
}

// names returns the artifact's names: found once, whoever asks.
func (j *job) names() *artifactNames {
	if j.artifactNames == nil {
		j.artifactNames = namesOf(&j.report.Artifact)
	}
	return j.artifactNames
}

// sum returns the SHA-256 of the report's bytes.
func (j *job) sum() [32]byte {
	j.digestOnce.Do(func() {
		if len(j.report.Raw) == len(j.doc.Raw) { // the reader may have it already
			j.digest = j.doc.Sum()
			return
		}
		j.digest = sha256.Sum256(j.report.Raw)
	})
	return j.digest
}

// blob returns the report's bytes as they are stored, and by what.
func (j *job) blob() ([32]byte, state.Packed) {
	j.packOnce.Do(func() { j.packed = state.Pack(j.report.Raw) })
	return j.sum(), j.packed
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
		if j.report != nil && !j.report.Time.IsZero() {
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

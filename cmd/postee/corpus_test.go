package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/formats"
	"github.com/postee/postee/pkg/state"
)

// corpus returns the files of the folder that POSTEE_CORPUS names, and skips the test when there is none.
func corpus(t *testing.T) (folder string, files []string) {
	t.Helper()
	folder = os.Getenv("POSTEE_CORPUS")
	if folder == "" {
		t.Skip("POSTEE_CORPUS names no folder")
	}
	err := filepath.WalkDir(folder, func(file string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.Contains(file, "adversarial") && !strings.HasSuffix(file, ".tsv") {
			files = append(files, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return folder, files
}

// readCorpus reads files as one run; what cannot be read, or not be told apart, is left out.
func readCorpus(t *testing.T, files ...string) (docs []*scan.Document) {
	t.Helper()
	for item := range scan.Read(t.Context(), files, scan.Options{Formats: formats.All()}) {
		if item.Doc != nil {
			docs = append(docs, item.Doc)
			item.Release()
		}
	}
	return docs
}

// teller is an engine with one route, and what it says.
type teller struct {
	t      *testing.T
	engine *route.Engine
	day    int
}

func newTeller(t *testing.T) *teller {
	return &teller{t: t, engine: &route.Engine{
		Store: state.Memory(), Lease: lease,
		Routes: []*route.Route{{Name: "r", Rules: route.Differences(false), Targets: []route.Target{{Name: "r"}}}},
	}}
}

// tell admits documents one after the other, and returns what is said of each that something is said of.
func (s *teller) tell(docs ...*scan.Document) (says []string) {
	s.t.Helper()
	for _, doc := range docs {
		a, err := s.engine.Admit(s.t.Context(), time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC).AddDate(0, 0, s.day), []*scan.Document{doc})
		if err != nil {
			s.t.Fatal(err)
		}
		for _, e := range a.Entries {
			m, err := message.Decode(e.Message)
			if err != nil {
				s.t.Fatal(err)
			}
			d := &m.Sections[0].Delta
			says = append(says, fmt.Sprintf("%s: %d new, %d changed, %d fixed", e.Subject, len(d.New), len(d.Changed), len(d.Fixed)))
		}
	}
	return says
}

// TestCorpusTwice: real documents of many artifacts, several scans of some among them, in any order: what was told once is not told
// again when all of them come a second time.
func TestCorpusTwice(t *testing.T) {
	t.Parallel()
	_, files := corpus(t)
	docs := readCorpus(t, files...)
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 3))
		s := newTeller(t)
		order := slices.Clone(docs)
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		first := s.tell(order...)
		if len(first) < len(docs)/2 {
			t.Fatalf("only %d of %d documents were told", len(first), len(docs))
		}
		if again := s.tell(order...); len(again) > 0 {
			t.Errorf("seed %d: told again:\n%s", seed, strings.Join(again, "\n"))
		}
	}
}

// TestLivePairs: scans that current scanners wrote of one thing, one after the other, and what is said of each.
func TestLivePairs(t *testing.T) {
	t.Parallel()
	folder, _ := corpus(t)
	for name, steps := range map[string][][2]string{
		"secrets apart":             {{"image-day1", "13 new"}, {"image-secret-only", ""}, {"image-day1", ""}},
		"the next day":              {{"image-day1", "13 new"}, {"image-day2", "3 new, 1 changed, 7 fixed"}, {"image-day1", ""}},
		"system and libraries":      {{"image-pkgtypes-os", "9 new"}, {"image-pkgtypes-library", "4 new"}, {"image-pkgtypes-os", ""}, {"image-pkgtypes-library", ""}},
		"a second workload":         {{"config-manifest-1", "3 new"}, {"config-manifest-2", "3 new"}, {"config-manifest-2", ""}},
		"an archive's name":         {{"image-misconfig-build1001", "2 new"}, {"image-misconfig-build1002", ""}},
		"an archive without ending": {{"image-day1", "13 new"}, {"image-archive-noext", ""}},
		"an inventory of the image": {{"image-day1", "13 new"}, {"sbom-of-image", ""}},
		"Kubernetes secrets":        {{"k8s-all", ""}, {"k8s-secret-only", ""}, {"k8s-all", ""}},
		"Kubernetes summary":        {{"k8s-all", ""}, {"k8s-summary", ""}},
		"licences apart":            {{"image-day1", "13 new"}, {"image-licence-only", "4 new"}, {"image-day1", ""}},
		"accepted":                  {{"image-day1", "13 new"}, {"image-suppressed-shown", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTeller(t)
			for i, step := range steps {
				says := s.tell(readCorpus(t, filepath.Join(folder, "live", "trivy", step[0]+".json"))...)
				t.Log(step[0], says)
				want := step[1]
				if i == 0 && want == "" {
					continue // the first scan of several artifacts: only the next ones matter
				}
				if want == "" && len(says) > 0 || want != "" && (len(says) != 1 || !strings.Contains(zeroless(says[0]), want)) {
					t.Errorf("step %d, %s: %q, want %q", i+1, step[0], says, want)
				}
			}
		})
	}
}

// zeroless leaves out of a difference what there is none of.
func zeroless(s string) string {
	s, rest, _ := strings.Cut(s, ": ")
	parts := slices.DeleteFunc(strings.Split(rest, ", "), func(part string) bool { return strings.HasPrefix(part, "0 ") })
	return s + ": " + strings.Join(parts, ", ")
}

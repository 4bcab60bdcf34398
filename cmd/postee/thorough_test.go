package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
)

// thoroughConfigs are the configurations under which short cuts must change nothing; URL is where the targets are.
var thoroughConfigs = map[string]string{
	"everything": "- {name: all, type: webhook, enable: true, url: URL}\n",
	"severe":     "- {name: severe, type: webhook, enable: true, url: URL, Policy-Min-Vulnerability: high}\n",
	"fixable":    "- {name: fixable, type: stdout, enable: true, format: markdown, Policy-Only-Fix-Available: true}\n",
	"view":       "- {name: view, type: webhook, enable: true, url: URL, Policy-OPA: [POLICIES/new-critical.rego]}\n",
	"document":   "- {name: document, type: webhook, enable: true, url: URL, Policy-OPA: [POLICIES/alpine.rego, POLICIES/secrets.rego]}\n",
	"all shown":  "- {name: shown, type: stdout, enable: true, format: html, Policy-Show-All: true}\n",
	"digests":    "- {name: digest, type: stdout, enable: true, format: table, Aggregate-Issues-Number: 7}\n",
	"many": `- {name: lines, type: stdout, enable: true, format: json}
- {name: disallowed, type: webhook, enable: true, url: URL, Policy-Non-Compliant: true}
- {name: some, type: webhook, enable: true, url: URL, Ignore-Image-Name: ["*alpine*", "*nginx*"]}
- {name: tags, type: webhook, enable: true, url: URL, subject: [repository]}
- {name: pairs, type: webhook, enable: true, url: URL, Aggregate-Issues-Number: 2, Policy-Min-Vulnerability: critical}
`,
}

// said is what a run of the program says: to its targets, by key, and on standard output.
type said struct {
	mu     sync.Mutex
	bodies map[string]string
	lines  []string
}

// ServeHTTP takes down what a target is told.
func (s *said) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := r.Header.Get("Idempotency-Key")
	s.bodies[key] = string(body)
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, "ok")
}

// thoroughRun sends files, one after the other in their order, and returns what is said, as text.
func thoroughRun(t *testing.T, config, stateFile string, files []string, flags ...string) *said {
	t.Helper()
	s := &said{bodies: map[string]string{}}
	server := httptest.NewServer(s)
	defer server.Close()
	policies, err := filepath.Abs("../../testdata/policies")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cfg.yaml")
	writeTo(t, path, strings.NewReplacer("URL", server.URL, "POLICIES", policies).Replace(config))
	args := append([]string{"send", "--config", path, "--state", stateFile, "--log-level", "info"}, flags...)
	var out, errs bytes.Buffer
	run(t.Context(), &process{
		args: append(args, files...), stdin: strings.NewReader(""), stdout: &out, stderr: &errs, program: func() string { return "test" },
		lookup: func(string) (string, bool) { return "", false },
	})
	text := strings.ReplaceAll(out.String()+errs.String(), path, "cfg.yaml")
	// Whether a route has spoken before depends on how quickly the message before is confirmed, when both are of one run.
	text = regexp.MustCompile(`<tr><td[^>]*>Compared with</td><td[^>]*>[^<]*</td></tr>|- \*\*Compared with:\*\* .*\n`).ReplaceAllString(text, "")
	text = regexp.MustCompile(`, last told .*|told .* ago|20\d\d-\d\d-\d\d \d\d:\d\d UTC`).ReplaceAllString(text, "") // it follows the clock
	s.lines = slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool {
		return strings.Contains(line, "documents · ") // it has the time that the run took
	})
	slices.Sort(s.lines)
	return s
}

// remembers writes down all that a state remembers and will say, without the times and numbers of its transactions.
func remembers(t *testing.T, path string) (lines []string) {
	t.Helper()
	s, err := boltfile.Open(t.Context(), boltfile.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.View(t.Context(), func(tx state.Tx) error {
		for r, err := range state.Subjects(tx) {
			if err != nil {
				return err
			}
			r.Generation = 0
			for i := range r.Routes {
				r.Routes[i].Told = min(r.Routes[i].Told, 1)
			}
			lines = append(lines, fmt.Sprintf("%+v", r))
		}
		for m, err := range state.Messages(tx) {
			if err != nil {
				return err
			}
			lines = append(lines, fmt.Sprintf("%s %s %s %d %x", m.Status, m.Key, m.Subject, m.Scans, m.Message))
		}
		for p, err := range tx.Range(state.BucketName, "") {
			if err != nil {
				return err
			}
			lines = append(lines, fmt.Sprintf("%x %x", p.Key, p.Value))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

// scansToRepeat returns real documents, those of POSTEE_CORPUS too where that is set.
func scansToRepeat(t *testing.T) (files []string) {
	t.Helper()
	for _, folder := range []string{"../../testdata/scans", os.Getenv("POSTEE_CORPUS")} {
		if folder == "" || racing && len(files) > 0 {
			continue
		}
		err := filepath.WalkDir(folder, func(file string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !strings.Contains(file, "adversarial") && !strings.HasSuffix(file, ".tsv") {
				files = append(files, file)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// bySubject groups files that speak of one thing, the older scans before the newer ones: what is decided together depends on how quickly
// they are read, and of scans that are, the older ones are decided first.
func bySubject(t *testing.T, files []string) (groups [][]string) {
	t.Helper()
	group, times := map[string]string{}, map[string]time.Time{}
	var root func(name string) string
	root = func(name string) string {
		if to, ok := group[name]; ok && to != name {
			return root(to)
		}
		return name
	}
	for _, file := range files {
		for _, doc := range readCorpus(t, file) {
			for i := range doc.Reports {
				r := &doc.Reports[i]
				group[root(file)] = root(" " + r.Artifact.Subject())
				if times[file].Before(r.Time) {
					times[file] = r.Time
				}
			}
		}
	}
	members := map[string][]string{}
	for _, file := range files {
		members[root(file)] = append(members[root(file)], file)
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		slices.SortStableFunc(members[name], func(a, b string) int { return times[a].Compare(times[b]) })
		groups = append(groups, members[name])
	}
	return groups
}

// shuffled puts groups in a random order, mixed with one another, each in its own.
func shuffled(r *rand.Rand, groups [][]string) (files []string) {
	var turns []int
	for i := range groups {
		turns = append(turns, slices.Repeat([]int{i}, len(groups[i]))...)
	}
	r.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
	next := make([]int, len(groups))
	for _, i := range turns {
		files = append(files, groups[i][next[i]])
		next[i]++
	}
	return files
}

// TestShortcutsChangeNothing: real documents, twice and then some of them a third time beside others, under eight configurations and in
// three orders: with all short cuts and with none the targets are told the same, and the same is remembered.
func TestShortcutsChangeNothing(t *testing.T) {
	t.Parallel()
	groups := bySubject(t, scansToRepeat(t))
	for name, config := range thoroughConfigs {
		for seed := range uint64(3) {
			t.Run(fmt.Sprint(name, seed), func(t *testing.T) {
				order := shuffled(rand.New(rand.NewPCG(seed, 5)), groups)
				dir := t.TempDir()
				quick, thorough := filepath.Join(dir, "quick.db"), filepath.Join(dir, "thorough.db")
				seedStates(t, quick, thorough)
				for step, files := range [][]string{order, order, append(slices.Clone(order[len(order)/2:]), order...)} {
					want := thoroughRun(t, config, thorough, files, "--no-shortcuts")
					got := thoroughRun(t, config, quick, files)
					if diff := cmp.Diff(want.bodies, got.bodies); diff != "" {
						t.Errorf("step %d: with short cuts (+) targets are told other things: %s", step, excerpt(diff))
					}
					if diff := cmp.Diff(want.lines, got.lines); diff != "" {
						t.Errorf("step %d: with short cuts (+) the report says other things: %s", step, excerpt(diff))
					}
					if diff := cmp.Diff(remembers(t, thorough), remembers(t, quick)); diff != "" {
						t.Errorf("step %d: with short cuts (+) other things are remembered: %s", step, excerpt(diff))
					}
					if step == 0 && len(want.bodies)+len(want.lines) == 0 {
						t.Error("nothing is told")
					}
				}
			})
		}
	}
}

// excerpt cuts a long difference short.
func excerpt(diff string) string { return diff[:min(len(diff), 4000)] }

// seedStates makes two states with the same salt, so that all that they remember can be compared.
func seedStates(t *testing.T, paths ...string) {
	t.Helper()
	s, err := boltfile.Open(t.Context(), boltfile.Options{Path: paths[0]})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths[1:] {
		writeTo(t, path, string(text))
	}
}

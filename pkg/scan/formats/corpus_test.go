package formats

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/scantest"
)

// corpus returns the folder of real documents, or skips.
func corpus(t testing.TB) string {
	dir := os.Getenv("POSTEE_CORPUS")
	if dir == "" {
		t.Skip("POSTEE_CORPUS is not set")
	}
	return dir
}

// table reads a TSV file with a heading: a map per line, by column.
func table(t *testing.T, path string) (rows []map[string]string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(raw), "\n"), "\n")
	heads := strings.Split(lines[0], "\t")
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range strings.Split(line, "\t") {
			row[heads[i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// tally counts a document's findings the way TRUTH.tsv does.
func tally(doc *scan.Document) map[string]int {
	n, distinct := map[string]int{}, map[[3]string]bool{}
	for _, r := range doc.Reports {
		for _, f := range r.Findings {
			switch f.Kind {
			case scan.Vulnerability:
				distinct[[3]string{f.ID, f.Package, f.Installed}] = true
			case scan.Misconfiguration:
				n["failed_checks"]++
			case scan.Secret:
				n["secrets"]++
			case scan.Licence:
				n["licences"]++
			}
		}
		n["suppressed"] += len(r.Suppressed)
	}
	n["vulns_unique_id_pkg_ver"] = len(distinct)
	return n
}

// explained are the differences from the independent count, and why they are right.
var explained = map[string]map[string]int{
	// Acknowledged rows are findings there and suppressed here; TRUTH counts no suppressed rows for Aqua.
	"aqua/postee-all-in-one-image.json": {"vulns_unique_id_pkg_ver": 41, "suppressed": 2},
	"aqua/postee-aqua-input.json":       {"vulns_unique_id_pkg_ver": 4, "suppressed": 1},
}

func TestCorpusTruth(t *testing.T) {
	dir := corpus(t)
	checked := 0
	for _, row := range table(t, filepath.Join(dir, "TRUTH.tsv")) {
		path := row["path"]
		switch row["type"] {
		case "aqua-scan", "aqua-devops-array", "trivy-v2", "trivy-k8s", "trivy-legacy", "trivy-noschema":
		default:
			continue
		}
		docs, errs, _ := scantest.Gather(t, options(), filepath.Join(dir, path))
		if len(docs) != 1 || len(errs) > 0 || docs[0].Format == scan.Generic {
			t.Errorf("%s: %d documents, %v", path, len(docs), errs)
			continue
		}
		checked++
		got := tally(docs[0])
		for _, column := range []string{"vulns_unique_id_pkg_ver", "failed_checks", "secrets", "licences", "suppressed"} {
			want, err := strconv.Atoi(row[column])
			if err != nil {
				t.Fatal(err)
			}
			if n, ok := explained[path][column]; ok {
				want = n
			}
			if got[column] != want {
				t.Errorf("%s: %s %d, want %d", path, column, got[column], want)
			}
		}
	}
	if checked < 105 {
		t.Errorf("only %d files compared", checked)
	}
}

// unlike are the adversarial files of which this reader makes something else than a strict JSON reader: documents, errors.
var unlike = map[string][2]int{
	"empty/array-of-empty-objects.json":     {0, 3}, // an array of documents is streamed
	"empty/object.json":                     {0, 1}, // unknown
	"framing/error-object.json":             {0, 1},
	"framing/ndjson-mixed-kinds.ndjson":     {2, 1},
	"framing/operator-webhook-delete.json":  {0, 1},
	"framing/operator-webhook-wrapper.json": {0, 1},
	"structure/long-number-1mb.json":        {0, 1},
	"empty/array-of-null.json":              {0, 2},
	"empty/array.json":                      {0, 0}, // a set with nothing in it
	"encoding/base64.json":                  {0, 1}, // not undone: nobody pipes base64 on purpose
	"encoding/utf16le-nobom-trivy.json":     {0, 1},
	"encoding/nul-raw-in-string.json":       {0, 1},
	"encoding/raw-control-chars.json":       {0, 1},
	"framing/array-mixed.json":              {2, 4},
	"framing/array-nested.json":             {2, 0},
	"framing/array-of-trivy-v2-docs.json":   {2, 0},
	"framing/trailing-garbage.json":         {1, 1},
	"structure/aqua-assurance-string.json":  {0, 1}, // contradictions
	"structure/aqua-disallowed-string.json": {0, 1},
	"structure/aqua-image-bool.json":        {0, 1},
	"structure/aqua-image-number.json":      {0, 1},
	"structure/aqua-image-object.json":      {0, 1},
	"structure/trivy-results-object.json":   {0, 1},
	"structure/duplicate-keys-image.json":   {0, 1}, // ambiguous: not guessed at
	"syntax/bad-escape.json":                {0, 1}, // EXPECT counts it as a document with an error
	"syntax/leading-zero-and-plus.json":     {0, 1},
	"syntax/nan-infinity.json":              {0, 1},
	"truncated/ndjson-last-line-cut.ndjson": {2, 1},
}

// TestCorpusAdversarial holds that every hostile file ends soon, with the documents that are in it, and an error where nothing is.
func TestCorpusAdversarial(t *testing.T) {
	dir := filepath.Join(corpus(t), "adversarial")
	for _, row := range table(t, filepath.Join(dir, "EXPECT.tsv")) {
		name := strings.TrimPrefix(row["path"], "adversarial/")
		start := time.Now()
		docs, errs, _ := scantest.Gather(t, options(), filepath.Join(dir, name))
		want, ok := unlike[name]
		if !ok {
			n, err := strconv.Atoi(row["documents"])
			if err != nil {
				t.Fatal(err)
			}
			if want = [2]int{n, 0}; n == 0 {
				want[1] = 1
			}
		}
		if got := [2]int{len(docs), len(errs)}; got != want {
			t.Errorf("%s: %d documents and %d errors, want %v: %v", name, got[0], got[1], want, errs)
		}
		if took := time.Since(start); took > time.Second {
			ordinary(t, filepath.Join(dir, name))
		}
		for _, doc := range docs {
			for _, r := range doc.Reports {
				scantest.Subject(t, r.Artifact)
			}
		}
	}
}

// ordinary looks again at a file that took long: whether that is the machine, or the file. It may take 20 times as long as harmless
// documents of the same size, and at least a megabyte, that are read by turns with it.
func ordinary(t *testing.T, file string) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	raw := []byte(`{"SchemaVersion":2,"ArtifactName":"registry.example.com/app:1","ArtifactType":"container_image","Results":[{"Target":"os",` +
		`"Class":"os-pkgs","Vulnerabilities":[{"VulnerabilityID":"CVE-2026-1","PkgName":"p","InstalledVersion":"1","Severity":"HIGH"}]}]}` + "\n")
	harmless := filepath.Join(t.TempDir(), "harmless.json")
	if err := os.WriteFile(harmless, bytes.Repeat(raw, 1+max(1<<20, int(info.Size()))/len(raw)), 0o600); err != nil {
		t.Fatal(err)
	}
	timed := func(path string) time.Duration {
		start := time.Now()
		scantest.Gather(t, options(), path)
		return time.Since(start)
	}
	var took, control []time.Duration
	for range 3 {
		control = append(control, timed(harmless))
		took = append(took, timed(file))
	}
	if slices.Min(took) > 20*slices.Max(control) {
		t.Errorf("%s: took %v, harmless documents of the same size %v", file, took, control)
	}
}

// TestCorpusSubjects holds that what must meet meets, and what must not does not.
func TestCorpusSubjects(t *testing.T) {
	dir := filepath.Join(corpus(t), "adversarial", "dedupe")
	for name, want := range map[string]int{
		// Aqua says "Example Hub" and names no host, Trivy names none either: by behaviour §2 these are two registries.
		"aqua-and-trivy-of-same-image.ndjson": 2, "same-digest-two-tags.ndjson": 2, "same-image-two-registries.ndjson": 2,
		"fixed-version-appears.ndjson": 1, "resources-reordered.ndjson": 1, "same-doc-key-order-and-whitespace.ndjson": 1, "severity-rises.ndjson": 1,
	} {
		docs, _, _ := scantest.Gather(t, options(), filepath.Join(dir, name))
		subjects, contents := map[string]bool{}, map[string]bool{}
		for _, doc := range docs {
			subjects[doc.Reports[0].Artifact.Subject()] = true
			content, err := scan.Canonical(doc.Raw)
			if err != nil {
				t.Fatal(err)
			}
			contents[string(content)] = true
		}
		if len(docs) == 0 || len(subjects) != want {
			t.Errorf("%s: subjects %v, want %d", name, subjects, want)
		}
		if strings.HasPrefix(name, "same-doc") && len(contents) != 1 {
			t.Errorf("%s: %d contents", name, len(contents))
		}
	}
}

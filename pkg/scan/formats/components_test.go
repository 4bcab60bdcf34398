package formats

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/scan/scantest"
)

// listed counts the packages that a document of Trivy lists, by another decoder.
func listed(t *testing.T, file string) (n int) {
	type results []struct {
		Packages []struct{ Name string }
	}
	var doc struct {
		Results   results
		Resources []struct{ Results results }
	}
	raw, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(raw, &doc)
	}
	if err != nil {
		t.Fatal(file, err)
	}
	all := []results{doc.Results}
	for _, r := range doc.Resources {
		all = append(all, r.Results)
	}
	for _, rs := range all {
		for _, r := range rs {
			n += len(r.Packages)
		}
	}
	return n
}

// TestCorpusComponents holds that every package which a real document lists is a component.
func TestCorpusComponents(t *testing.T) {
	dir := corpus(t)
	files, _ := filepath.Glob(filepath.Join(dir, "live", "trivy", "*.json"))
	files = slices.DeleteFunc(files, func(file string) bool { return strings.HasSuffix(file, ".cdx.json") })
	for _, row := range table(t, filepath.Join(dir, "TRUTH.tsv")) {
		switch row["type"] {
		case "aqua-scan", "trivy-v2", "trivy-k8s":
			files = append(files, filepath.Join(dir, row["path"]))
		}
	}
	o := options()
	o.Components = true
	documents, packages := 0, 0
	for _, file := range files {
		doc := scantest.One(t, o, file)
		total := 0
		for _, r := range doc.Reports {
			total += len(r.Components)
		}
		if strings.HasPrefix(doc.Format, "trivy") {
			n := listed(t, file)
			if packages += n; total < n {
				t.Errorf("%s: %d components of %d packages", file, total, n)
			}
		}
		if total > 0 {
			documents++
		}
	}
	if documents < 60 || packages < 150 {
		t.Errorf("only %d documents with components, %d packages", documents, packages)
	}
}

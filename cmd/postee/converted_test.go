package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/config"
)

// TestConvertedDecidesTheSame: the example and what it is converted to tell the same targets about the same documents, for the same
// reasons: those of the project, and twenty of the corpus where there is one.
func TestConvertedDecidesTheSame(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(top, "testdata", "scans", "*.json"))
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	if folder := os.Getenv("POSTEE_CORPUS"); folder != "" {
		files = append(files, spread(t, folder, 20)...)
	}
	dir := t.TempDir()
	list, mapping := filepath.Join(dir, "list.yaml"), filepath.Join(dir, "mapping.yaml")
	text, err := os.ReadFile(filepath.Join(top, "cfg.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	writeTo(t, list, string(text))
	made, _, err := config.Convert(t.Context(), list, config.Options{Lookup: homeOnly})
	if err != nil {
		t.Fatal(err)
	}
	writeTo(t, mapping, string(made))
	before, after := decisions(t, list, files), decisions(t, mapping, files)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("(-list +converted):\n%s", diff)
	}
	told := 0
	for _, d := range before {
		if strings.HasSuffix(d, "would be sent") {
			told++
		}
	}
	if told < len(files) || told == len(before) {
		t.Errorf("%d of %d decisions speak: that tells little", told, len(before))
	}
}

// spread returns some files of the corpus that this version understands.
func spread(t *testing.T, folder string, n int) []string {
	t.Helper()
	_, files := corpus(t)
	files = slices.DeleteFunc(files, func(file string) bool {
		info, err := os.Stat(file)
		return err != nil || info.Size() > 1<<20 || !strings.Contains(file, "aqua") && !strings.Contains(file, "trivy") || len(readCorpus(t, file)) == 0
	})
	if len(files) < n {
		t.Fatalf("only %d documents in %s", len(files), folder)
	}
	var some []string
	for i := range n {
		some = append(some, files[i*len(files)/n])
	}
	return some
}

// decisions returns what explain says of each document and route, without the lines of the file. Each file is a run of its own: two scans
// of one subject would be compared in the order in which they are read.
func decisions(t *testing.T, configuration string, files []string) (list []string) {
	t.Helper()
	for _, file := range files {
		var out, complaints strings.Builder
		args := []string{"explain", "--config", configuration, "--state", "none", "--output", "json", file}
		status := run(t.Context(), &process{args: args, stdin: strings.NewReader(""), stdout: &out, stderr: &complaints, lookup: homeOnly})
		if status != exitOK {
			t.Fatalf("%s: status %d: %s", file, status, complaints.String())
		}
		before := len(list)
		for d := json.NewDecoder(strings.NewReader(out.String())); d.More(); {
			var x explained
			if err := d.Decode(&x); err != nil {
				t.Fatal(err)
			}
			line := x.Source + " " + x.Subject + ": " + x.Route + " → " + strings.Join(x.Targets, ", ")
			for _, r := range x.Rules {
				line += "; " + r.Key + ": " + r.Why
			}
			list = append(list, strings.ReplaceAll(line, filepath.Base(configuration), "FILE")+": "+x.Status)
		}
		if len(list) == before {
			t.Fatalf("%s: no decision: %s", file, complaints.String())
		}
	}
	slices.Sort(list)
	return list
}

// homeOnly is an environment with nothing but a home.
func homeOnly(name string) (string, bool) { return "/nowhere", name == "HOME" }

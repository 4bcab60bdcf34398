package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/sinks/all"
)

var update = flag.Bool("update", false, "write the messages anew")

// top is the project's root, seen from this package.
var top = filepath.Join("..", "..")

// lookup is an environment for tests.
func lookup(name string) (string, bool) {
	value, ok := map[string]string{
		"HOOK": "https://example.com/hook-5ecre7", "TOKEN": "t0ken-5ecre7", "EMPTY_TOKEN": "", "HOME": "/home/me",
	}[name]
	return value, ok
}

// TestMistakes: each file in testdata/config is a mistake, with its exact message beside it.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(top, "testdata", "config", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			_, err := read(t.Context(), file, Options{Lookup: lookup, Resolve: true})
			problems, ok := errors.AsType[*Problems](err)
			if !ok {
				t.Fatalf("not refused: %v", err)
			}
			if strings.Contains(err.Error(), "5ecre7") {
				t.Errorf("a secret in %s", err)
			}
			problems.Path = name
			// A new type of target changes no message but by its name.
			got := strings.ReplaceAll(problems.Error()+"\n", strings.Join(all.Types(), ", ")+"\n", "$TYPES\n")
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", got)
		})
	}
}

// golden compares a text with a file, or writes it.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

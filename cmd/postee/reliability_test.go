package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryFaultHasItsTest: every row of the table in docs/reliability.md names a test, and every test that it names exists.
func TestEveryFaultHasItsTest(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(top, "docs", "reliability.md"))
	if err != nil {
		t.Fatal(err)
	}
	exist := tests(t)
	named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	rows := 0
	for line := range strings.Lines(string(page)) {
		found := named.FindAllStringSubmatch(line, -1)
		if cells := strings.Split(line, "|"); len(cells) == 6 && !strings.HasPrefix(cells[1], "--") && strings.TrimSpace(cells[4]) != "test" {
			rows++
			if !named.MatchString(cells[4]) {
				t.Errorf("a row without a test: %s", line)
			}
		}
		for _, m := range found {
			if !exist[m[1]] {
				t.Errorf("there is no %s: %s", m[1], line)
			}
		}
	}
	if rows < 20 {
		t.Errorf("%d rows: the table was not found", rows)
	}
}

// tests lists the names of all tests in the tree, those of the state's suite among them.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func [Tt](est[A-Z][A-Za-z0-9]+)\(t \*testing\.T`)
	err := filepath.WalkDir(top, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, "_test.go") && filepath.Base(filepath.Dir(file)) != "statetest" {
			return err
		}
		p, err := os.ReadFile(file)
		for _, m := range declared.FindAllSubmatch(p, -1) {
			names["T"+string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

package main

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestEveryTargetIsWhole: a target is a folder that runs the suites, a line in all, a block in the example, a row and a page in the
// docs.
func TestEveryTargetIsWhole(t *testing.T) {
	project := os.DirFS(top)
	targets := targetFolders(t, project)
	if len(targets) < 3 {
		t.Fatalf("only %q", targets)
	}
	for _, name := range targets {
		for _, missing := range missingOf(t, project, name) {
			t.Errorf("pkg/sinks/%s: %s", name, missing)
		}
	}
}

// targetFolders lists the folders below pkg/sinks that are a target.
func targetFolders(t *testing.T, project fs.FS) (names []string) {
	t.Helper()
	folders, err := fs.ReadDir(project, "pkg/sinks")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if f.IsDir() && !slices.Contains([]string{"all", "sinktest", "ticket"}, f.Name()) {
			names = append(names, f.Name())
		}
	}
	return names
}

// missingOf says what a target lacks.
func missingOf(t *testing.T, project fs.FS, name string) (missing []string) {
	t.Helper()
	code, tests := texts(t, project, "pkg/sinks/"+name)
	// Code that is commented out runs no suite.
	runs := func(suite string) bool {
		return regexp.MustCompile(`(?m)^\s*sinktest\.` + suite + `\(`).MatchString(tests)
	}
	has := func(file, pattern string) bool {
		text, err := fs.ReadFile(project, file)
		return err == nil && regexp.MustCompile(pattern).Match(text)
	}
	for _, c := range []struct {
		ok   bool
		lack string
	}{
		{runs("Contract"), "its tests do not run sinktest.Contract"},
		{runs("HTTP") || !strings.Contains(code, "sinks.HTTP"), "it uses sinks.HTTP, and its tests do not run sinktest.HTTP"},
		{has("pkg/sinks/all/all.go", `\b`+name+`\.Config\{`), "pkg/sinks/all has no line for it"},
		{has("cfg.example.yaml", `(?mi)^[- ] type: `+name+`\s*$`), "cfg.example.yaml has no block for it"},
		{has("docs/targets/"+name+".md", `\S`), "it has no page in docs/targets"},
		{has("README.md", `(?m)^\|.*\(docs/targets/`+name+`\.md\)`), "README.md has no row for it"},
	} {
		if !c.ok {
			missing = append(missing, c.lack)
		}
	}
	return missing
}

// texts returns the Go code of a folder, and its tests.
func texts(t *testing.T, project fs.FS, folder string) (code, tests string) {
	t.Helper()
	files, err := fs.Glob(project, folder+"/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		p, err := fs.ReadFile(project, file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			tests += string(p)
		} else {
			code += string(p)
		}
	}
	return code, tests
}

// TestWhatATargetLacks: each thing that a target needs is missed when it is not there.
func TestWhatATargetLacks(t *testing.T) {
	whole := map[string]string{
		"pkg/sinks/x/x.go":          "package x\n\ntype Config struct {\n\tsinks.HTTP `cfg:\",inline\"`\n}\n",
		"pkg/sinks/x/x_test.go":     "package x\n\nfunc TestSuites(t *testing.T) {\n\tsinktest.Contract(t, target)\n\tsinktest.HTTP(t, target)\n}\n",
		"pkg/sinks/all/all.go":      "{\"x\", \"\", func() sinks.Config { return &x.Config{} }, nil},",
		"pkg/sinks/sinktest/any.go": "package sinktest\n",
		"cfg.example.yaml":          "- name: a\n  type: X\n",
		"docs/targets/x.md":         "# X\n",
		"README.md":                 "| [X](docs/targets/x.md) | speaks |\n",
	}
	project := func(without, instead string) fs.FS {
		files := make(fstest.MapFS)
		for name, text := range whole {
			files[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(text, without, instead))}
		}
		return files
	}
	if got := targetFolders(t, project("\x00", "")); !slices.Equal(got, []string{"x"}) {
		t.Errorf("targets %q", got)
	}
	for without, want := range map[string][]string{
		"\x00":                {},
		"sinktest.Contract(":  {"its tests do not run sinktest.Contract"},
		"sinktest.HTTP(":      {"it uses sinks.HTTP, and its tests do not run sinktest.HTTP"},
		"&x.Config{":          {"pkg/sinks/all has no line for it"},
		"type: X":             {"cfg.example.yaml has no block for it"},
		"# X":                 {"it has no page in docs/targets"},
		"(docs/targets/x.md)": {"README.md has no row for it"},
	} {
		got := append([]string{}, missingOf(t, project(without, ""), "x")...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("without %q (-want +got):\n%s", without, diff)
		}
	}
	commented := missingOf(t, project("\tsinktest.", "\t// sinktest."), "x")
	if len(commented) != 2 {
		t.Errorf("suites that are commented out: %q", commented)
	}
}

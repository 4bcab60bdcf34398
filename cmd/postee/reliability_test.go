package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// namedTest is a test as the documents name it: as go test -run finds it, subtests behind slashes.
var namedTest = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9_]*(?:/[A-Za-z0-9_.-]+)*)`")

// TestEveryFaultHasItsTest: every row of the table in docs/reliability.md names a test.
func TestEveryFaultHasItsTest(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(top, "docs", "reliability.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, "|"); len(cells) == 6 && !strings.HasPrefix(cells[1], "--") && strings.TrimSpace(cells[4]) != "test" {
			rows++
			if !namedTest.MatchString(cells[4]) {
				t.Errorf("a row without a test: %s", line)
			}
		}
	}
	if rows < 20 {
		t.Errorf("%d rows: the table was not found", rows)
	}
}

// TestNamedTestsExist: go test -run finds every test that a document names.
func TestNamedTestsExist(t *testing.T) {
	t.Parallel()
	exist, names := tests(t), 0
	for _, name := range []string{"TestNone", "TestVerbs", "TestTarget", "TestSuite/file/None", "TestScripts/none", "TestScripts/formats/None"} {
		if exist[name] {
			t.Errorf("%s is taken for a test", name)
		}
	}
	eachFile(t, filepath.Join(top, "docs"), ".md", func(file string, text []byte) {
		for _, m := range namedTest.FindAllSubmatch(text, -1) {
			if names++; !exist[string(m[1])] {
				t.Errorf("%s: there is no %s", file, m[1])
			}
		}
	})
	if names < 20 {
		t.Errorf("the documents name %d tests: they were not read", names)
	}
}

// tests lists the names of all tests in the tree: those that files declare, and, as their subtests, the scripts and what the state's
// suite makes of a file.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	eachFile(t, top, "_test.go", func(file string, text []byte) {
		for _, d := range parsed(t, file, text).Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && isTest(fn) {
				names[fn.Name.Name] = true
			}
		}
	})
	eachFile(t, filepath.Join(top, "testdata", "script"), ".txtar", func(file string, _ []byte) {
		names["TestScripts/"+strings.TrimSuffix(filepath.Base(file), ".txtar")] = true
	})
	eachFile(t, filepath.Join(top, "pkg", "state", "statetest"), "suite.go", func(file string, text []byte) {
		for _, name := range suiteNames(parsed(t, file, text)) {
			names["TestSuite/file/"+name] = true
		}
	})
	return names
}

// eachFile calls fn with every file below a folder whose name ends so.
func eachFile(t *testing.T, folder, ending string, fn func(file string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir(folder, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ending) {
			return err
		}
		text, err := os.ReadFile(file)
		if err == nil {
			fn(file, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// parsed is a file of Go.
func parsed(t *testing.T, file string, text []byte) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// isTest reports whether go test runs a function: by its name and its only parameter.
func isTest(fn *ast.FuncDecl) bool {
	if fn.Recv != nil || len(fn.Type.Params.List) != 1 || !namedTest.MatchString("`"+fn.Name.Name+"`") {
		return false
	}
	star, ok := fn.Type.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	of, ok := star.X.(*ast.SelectorExpr)
	return ok && (of.Sel.Name == "T" || of.Sel.Name == "F")
}

// suiteNames lists the tests of the state's suite: the first element of each row of its table, which is a text.
func suiteNames(f *ast.File) (names []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		row, ok := n.(*ast.CompositeLit)
		if !ok || row.Type != nil || len(row.Elts) != 2 {
			return true
		}
		if name, ok := row.Elts[0].(*ast.BasicLit); ok && name.Kind == token.STRING {
			if text, err := strconv.Unquote(name.Value); err == nil {
				names = append(names, text)
			}
		}
		return true
	})
	return names
}

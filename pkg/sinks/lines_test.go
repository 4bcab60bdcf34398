package sinks_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"
)

// TestSinksOnlySend reads the code of all targets: whatever waits, tries again or logs is pkg/deliver's.
func TestSinksOnlySend(t *testing.T) {
	forbidden := map[string]string{
		"log": "logs", "log/slog": "logs", "github.com/cenkalti/backoff": "tries again", "golang.org/x/time/rate": "waits",
	}
	files := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return err
		}
		files++
		code, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return err
		}
		for _, i := range code.Imports {
			imported, _ := strconv.Unquote(i.Path.Value)
			for prefix, does := range forbidden {
				if imported == prefix || strings.HasPrefix(imported, prefix+"/") {
					t.Errorf("%s imports %s: a sink never %s", name, imported, does)
				}
			}
		}
		waits(t, name, code)
		return nil
	})
	if err != nil || files < 5 {
		t.Errorf("%d files, error %v", files, err)
	}
}

// waits looks for the functions of package time with which a sink could wait.
func waits(t *testing.T, name string, code *ast.File) {
	ast.Inspect(code, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == "time" {
			switch selector.Sel.Name {
			case "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer":
				t.Errorf("%s uses time.%s: a sink never waits", name, selector.Sel.Name)
			}
		}
		return true
	})
}

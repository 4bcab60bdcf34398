package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/postee/postee/"

// listed is what go list says of a package.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// packages lists the project's packages.
func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p listed
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

// allowed is the table of who imports whom: patterns over the package, and what of the project it may import directly.
var allowed = []struct{ pkg, imports string }{
	{"pkg/scan", ""},
	{"pkg/scan/formats", "pkg/scan pkg/scan/*"},
	{"pkg/scan/scantest", "pkg/scan"},
	{"pkg/scan/*", "pkg/scan"},
	{"pkg/dedup", "pkg/scan pkg/jsonline"},
	{"pkg/message", "pkg/scan pkg/dedup"},
	{"pkg/bom", "pkg/scan pkg/dedup pkg/message"},
	{"pkg/jsonline", ""},
	{"pkg/quantity", ""},
	{"pkg/state", "pkg/jsonline"},
	{"pkg/state/boltfile", "pkg/state pkg/state/boltfile/pages"},
	{"pkg/state/boltfile/pages", ""},
	{"pkg/state/statetest", "pkg/state"},
	{"pkg/policy", ""},
	{"pkg/route", "pkg/scan pkg/dedup pkg/message pkg/policy pkg/state"},
	{"pkg/render", "pkg/scan pkg/dedup pkg/message"},
	{"pkg/sinks", "pkg/message"},
	{"pkg/sinks/all", "pkg/sinks pkg/sinks/*"},
	{"pkg/sinks/ticket", "pkg/sinks pkg/message pkg/quantity"},
	{"pkg/sinks/sinktest", "pkg/sinks pkg/message pkg/scan pkg/dedup"},
	{"pkg/sinks/sinktest/*", ""},
	{"pkg/sinks/*", "pkg/sinks pkg/sinks/ticket pkg/bom pkg/render pkg/message pkg/scan pkg/dedup pkg/jsonline"},
	{"pkg/deliver", "pkg/state pkg/message pkg/sinks"},
	{"pkg/template", "pkg/scan pkg/message pkg/render pkg/bom"},
	{"pkg/config", "pkg/quantity pkg/scan pkg/message pkg/policy pkg/template pkg/route pkg/sinks pkg/sinks/all"},
	{"cmd/bench", ""}, // it sees the program from outside
	{"cmd/postee", "pkg/* pkg/scan/formats pkg/sinks/all pkg/sinks/stdout pkg/state/boltfile"},
}

// reach is what a package must not drag in, however indirectly.
var reach = map[string]string{
	"pkg/sinks/*":  "pkg/state pkg/route pkg/deliver",
	"pkg/render":   "pkg/state pkg/route pkg/deliver pkg/sinks",
	"pkg/template": "pkg/state pkg/route pkg/deliver pkg/sinks pkg/policy",
	"pkg/bom":      "pkg/state pkg/route pkg/deliver pkg/sinks",
	"pkg/route":    "pkg/sinks pkg/render pkg/deliver pkg/state/boltfile",
	"pkg/deliver":  "pkg/route pkg/render pkg/state/boltfile",
	"pkg/state":    "pkg/scan pkg/dedup pkg/message pkg/state/boltfile",
	"pkg/state/*":  "pkg/scan pkg/dedup pkg/message",
}

// only names the one place of a library.
var only = map[string]string{
	"go.etcd.io/bbolt":                  "pkg/state/boltfile",
	"github.com/spf13/cobra":            "cmd/postee",
	"gopkg.in/yaml.v3":                  "pkg/config",
	"github.com/open-policy-agent/opa":  "pkg/policy",
	"github.com/slack-go/slack":         "pkg/sinks/slack",
	"github.com/wneessen/go-mail":       "pkg/sinks/email",
	"github.com/CycloneDX/cyclonedx-go": "pkg/bom",
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		row := slices.IndexFunc(allowed, func(r struct{ pkg, imports string }) bool { return matches(r.pkg, name) })
		if row < 0 {
			t.Errorf("%s has no row in the table of who imports whom", name)
			continue
		}
		for _, i := range p.Imports {
			if mine, ok := strings.CutPrefix(i, module); ok && !matchesAny(allowed[row].imports, mine) {
				t.Errorf("%s imports %s", name, mine)
			}
			for library, place := range only {
				if (i == library || strings.HasPrefix(i, library+"/")) && name != place {
					t.Errorf("%s imports %s, which only %s may", name, i, place)
				}
			}
		}
		for pattern, never := range reach {
			if !matches(pattern, name) {
				continue
			}
			for _, d := range p.Deps {
				if mine, ok := strings.CutPrefix(d, module); ok && slices.Contains(strings.Fields(never), mine) {
					t.Errorf("%s reaches %s", name, mine)
				}
			}
		}
	}
}

func matches(pattern, name string) bool { ok, _ := path.Match(pattern, name); return ok }

func matchesAny(patterns, name string) bool {
	return slices.ContainsFunc(strings.Fields(patterns), func(p string) bool { return matches(p, name) })
}

// top is the project's root, seen from this package.
var top = filepath.Join("..", "..")

// sources calls fn with every Go file that is no test.
func sources(t *testing.T, fn func(name, text string)) {
	t.Helper()
	err := filepath.WalkDir(top, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		p, err := os.ReadFile(file)
		name, _ := filepath.Rel(top, file)
		fn(filepath.ToSlash(name), string(p))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFilesAreRooms(t *testing.T) {
	t.Parallel()
	sources(t, func(name, text string) {
		if n := strings.Count(text, "\n"); n > 300 {
			t.Errorf("%s has %d lines: more than one room", name, n)
		}
		if strings.Contains(text, "\nfunc init()") {
			t.Errorf("%s registers something in init", name)
		}
		for _, part := range strings.Split(path.Dir(name), "/") {
			if slices.Contains([]string{"util", "utils", "common", "helper", "helpers"}, part) {
				t.Errorf("%s: a folder's name must say what is in it", name)
			}
		}
	})
}

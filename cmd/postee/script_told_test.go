package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/rogpeppe/go-internal/testscript"
)

// cmdTold writes what the last run's lines of JSON say as a sorted table of route, target, subject and status: told FILE.
func cmdTold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: told FILE")
	}
	var rows []string
	for lines := bufio.NewScanner(strings.NewReader(ts.ReadFile("stdout"))); lines.Scan(); {
		var l line
		ts.Check(json.Unmarshal(lines.Bytes(), &l))
		if l.Route != "" {
			rows = append(rows, strings.TrimSpace(fmt.Sprintf("%-10s %-8s %-36s %s %s", l.Route, l.Target, l.Subject, l.Status, l.Reason)))
		}
	}
	slices.Sort(rows)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(rows, "\n")+"\n"), 0o600))
}

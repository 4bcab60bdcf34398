package main

import (
	"os"
	"path/filepath"
	"testing"
	"unicode"
)

// TestNothingWritesToTheTerminal: what is written on standard error has no control characters but line ends and no direction marks,
// whoever chose the names of the files, and in whichever way it is written.
func TestNothingWritesToTheTerminal(t *testing.T) {
	dir := t.TempDir()
	evil := filepath.Join(dir, "a\x1b[31m\u202e.json")
	report := []byte(`{"SchemaVersion":2,"ArtifactName":"./a\u001b[2J","ArtifactType":"filesystem","Results":[]}`)
	if err := os.WriteFile(evil, report, 0o600); err != nil {
		t.Skip("the system has no such names")
	}
	absent := evil + "x"
	for name, c := range map[string]struct {
		args []string
		exit int
	}{
		"a warning":              {[]string{"send", dir}, exitOK},
		"a warning as JSON":      {[]string{"send", dir, "--log-format", "json"}, exitOK},
		"an input":               {[]string{"send", absent}, exitInput},
		"an input as JSON":       {[]string{"send", absent, "--log-format", "json"}, exitInput},
		"a baseline":             {[]string{"send", dir, "--baseline", absent}, exitInput},
		"a configuration":        {[]string{"send", dir, "--config", absent}, exitUsage},
		"a mistaken command":     {[]string{"se\x1b[2Jnd"}, exitUsage},
		"a target of no address": {[]string{"send", dir, "--to", "x=$\x1b[2J"}, exitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			exit, _, errs := ran(t.Context(), nil, append(c.args, "--state", "none")...)
			if exit != c.exit || errs == "" {
				t.Errorf("ended with %d, want %d: %q", exit, c.exit, errs)
			}
			for _, r := range errs {
				if r != '\n' && !unicode.IsPrint(r) {
					t.Errorf("%q in %q", r, errs)
				}
			}
		})
	}
}

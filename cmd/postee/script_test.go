package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/postee/postee/pkg/sinks/all"
	"github.com/postee/postee/pkg/sinks/sinktest/jiratest"
)

var update = flag.Bool("update", false, "write the golden parts of the scripts anew")

// childRace are the race detector's options for the processes that a test starts: at their end they wait 20 ms, not a whole second, for
// goroutines that go on. What the user has set goes before it.
func childRace() string { return strings.TrimSpace("atexit_sleep_ms=20 " + os.Getenv("GORACE")) }

// TestMain makes the test binary stand in for postee in the scripts: the same run, behind the same door. As usage it measures commands.
func TestMain(m *testing.M) {
	testscript.Main(tidy{m}, map[string]func(){"postee": func() { main() }, "usage": tellUsage})
}

// TestScripts runs every behaviour that a user can see, one topic a file.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("TYPES", joined(all.Types()))
			env.Setenv("GORACE", childRace())
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
			env.Values[hooksKey{}] = &hooks{dir: env.WorkDir, byName: map[string]*hook{}}
			env.Defer(env.Values[hooksKey{}].(*hooks).close)
			env.Values[mailboxesKey{}] = &mailboxes{dir: env.WorkDir, byName: map[string]*mailbox{}}
			env.Defer(env.Values[mailboxesKey{}].(*mailboxes).close)
			env.Values[jirasKey{}] = &jiras{dir: env.WorkDir, byName: map[string]*jiratest.Jira{}}
			env.Defer(env.Values[jirasKey{}].(*jiras).close)
			env.Values[nexusKey{}] = &nexuses{dir: env.WorkDir, byName: map[string]*nexus{}}
			env.Defer(env.Values[nexusKey{}].(*nexuses).close)
			env.Values[instancesKey{}] = &instances{byName: map[string]*scriptInstance{}}
			env.Defer(env.Values[instancesKey{}].(*instances).close)
			return copyScans(env.WorkDir)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"hook":     cmdHook,
			"mailbox":  cmdMailbox,
			"jira":     cmdJira,
			"nexus":    cmdNexus,
			"instance": cmdInstance,
			"status":   cmdStatus,
			"patient":  cmdPatient,
			"sums":     cmdSums,
			"edit":     cmdEdit,
			"told":     cmdTold,
		},
	})
}

// copyScans returns every script the project's own documents, so that a script shows only what it changes in them.
func copyScans(dir string) error {
	return os.CopyFS(filepath.Join(dir, "scans"), os.DirFS(filepath.Join("..", "..", "testdata", "scans")))
}

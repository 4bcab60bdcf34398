//go:build unix

package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFatalIsNotUsage: what the runtime cannot go on from ends the process by SIGABRT, never with the runtime's own status 2, which says
// that nothing was sent. Nobody writes its memory to a file, what was admitted is kept, and the next run delivers it.
func TestFatalIsNotUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ by, trace, says string }{
		{"memory", "", "fatal error: out of memory"},
		{"panic", "", "panic: asked for by POSTEE_CRASH_BY"},
		{"panic", "none", "panic: asked for by POSTEE_CRASH_BY"},
		{"quit", "", "SIGQUIT"},
	} {
		t.Run(strings.TrimSuffix(c.by+"-"+c.trace, "-"), func(t *testing.T) {
			t.Parallel()
			a := newArena(t, &scenario{targets: []string{"webhook"}, images: 5})
			plain := exec.CommandContext(t.Context(), built(t, "crash"), a.args(t, "send", "FILE")...)
			// A shell sets the limits: 4 GiB of memory, where the system can bound it, and no bound of our own for core files.
			limits := `ulimit -c "$(ulimit -Hc)"; ulimit -v 4194304 || exit 77; exec "$@"`
			cmd := exec.CommandContext(t.Context(), "bash", append([]string{"-c", limits, "bash"}, plain.Args...)...)
			cmd.Dir = t.TempDir()
			cmd.Env = append(a.env(), "POSTEE_CRASH=update:after:2", "POSTEE_CRASH_BY="+c.by, "GOTRACEBACK="+c.trace)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if exitOf(cmd.Run()) == 77 {
				t.Skip("the system does not bound a process's memory")
			}
			status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
			if !ok || !status.Signaled() || status.Signal() != syscall.SIGABRT || !strings.Contains(out.String(), c.says) {
				t.Errorf("it ended with %v, want SIGABRT and %q: %s", cmd.ProcessState, c.says, out.String())
			}
			if cores, err := filepath.Glob(filepath.Join(cmd.Dir, "*")); err != nil || cores != nil || status.CoreDump() {
				t.Errorf("its memory was written: %t, %v, %v", status.CoreDump(), cores, err)
			}
			if a.server(0).count() == 0 {
				t.Error("nothing was sent before it died")
			}
			a.autopsy(t, true)
			a.ends(t, built(t, ""))
			a.verdict(t)
		})
	}
}

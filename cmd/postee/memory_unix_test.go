//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestOutOfMemory: where there is no memory for a document, the run is aborted, and does not say that it was used wrongly: other
// messages may have been sent. Nothing of the memory is left in a file.
func TestOutOfMemory(t *testing.T) {
	t.Parallel()
	binary, dir := built(t, ""), t.TempDir()
	write(t, dir, "large.json", strings.Replace(generation(1, 1), "{", `{"pad":"`+strings.Repeat("a", 200<<20)+`",`, 1))
	limited := func(kilobytes int, args string) (int, []byte) {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", fmt.Sprintf("ulimit -v %d && exec %s %s", kilobytes, binary, args))
		cmd.Dir, cmd.Env = dir, []string{"HOME=" + dir}
		out, _ := cmd.CombinedOutput()
		if w, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && w.Signaled() {
			return 128 + int(w.Signal()), out
		}
		return cmd.ProcessState.ExitCode(), out
	}
	least := 400_000
	for status := -1; status != 0; least += 200_000 {
		status, _ = limited(least, "version")
	}
	aborted := 0
	for _, more := range []int{200_000, 500_000, 800_000} {
		stateFile := fmt.Sprintf("s%d.db", more)
		status, out := limited(least+more, "send large.json --state "+stateFile)
		if status == 134 {
			aborted++
		}
		_, err := os.Stat(filepath.Join(dir, stateFile))
		if status == exitUsage && err == nil { // without a state it did not come to do anything
			t.Errorf("%d kilobytes: ended with %d\n%.300s", least+more, status, out)
		}
	}
	if aborted == 0 {
		t.Error("it always had enough")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*core*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postee/postee/pkg/scan"
)

// ends5 checks that a run ended with status 5, said why without a trace, and that nothing was sent.
func (a *arena) ends5(t *testing.T, cmd *exec.Cmd, why string) {
	t.Helper()
	before := a.server(0).count()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	got := exitOf(cmd.Run())
	if got != exitState || !strings.Contains(out.String(), why) {
		t.Errorf("ended with %d, want 5 and %q: %s", got, why, out.String())
	}
	for _, trace := range []string{"goroutine ", "panic", "SIG"} {
		if strings.Contains(out.String(), trace) {
			t.Errorf("a trace: %.500s", out.String())
		}
	}
	if n := a.server(0).count() - before; n > 0 {
		t.Errorf("%d messages were sent although the state could not keep them", n)
	}
}

// send prepares a run of send.
func (a *arena) send(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), built(t, ""), a.args(t, "send", "FILE")...)
	cmd.Env = a.env()
	return cmd
}

// mounted returns a folder on a small disk of its own, of so many bytes. Where that is not allowed, the test is skipped.
func mounted(t *testing.T, bytes int) string {
	t.Helper()
	folder := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%d,mode=0755", bytes), "postee-test", folder).CombinedOutput()
	if err != nil {
		t.Skipf("a disk can be mounted by root only: %v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", folder).CombinedOutput(); err != nil {
			t.Errorf("%v %s", err, out)
		}
	})
	return folder
}

// fill writes a file until the disk has no room left.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	for _, size := range []int{64 << 10, 512} {
		for block := make([]byte, size); err == nil; {
			_, err = f.Write(block)
		}
		err = nil
	}
}

// TestFullDisk: on a disk without room nothing is admitted or sent; when there is room, everything is.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	disk := mounted(t, 12<<20)
	a := newArena(t, &scenario{targets: []string{"webhook"}, images: 100})
	a.stateDir = filepath.Join(disk, "state")
	filler := filepath.Join(disk, "filler")
	fill(t, filler)
	a.ends5(t, a.send(t), "cannot be created")
	if _, err := os.Stat(a.stateFile()); err == nil {
		t.Error("something that is no state was left behind")
	}
	remove(t, filler)
	a.ends(t, built(t, ""))
	a.advance(t)
	fill(t, filler)
	before := contents(t, a.stateFile())
	a.ends5(t, a.send(t), "has no room to grow")
	if !bytes.Equal(contents(t, a.stateFile()), before) {
		t.Error("the state was changed")
	}
	remove(t, filler)
	a.ends(t, built(t, ""))
	if y := a.verdict(t); y.repeated > 0 {
		t.Errorf("%d repeats", y.repeated)
	}
}

// TestDiskFillsWhileDelivering: what was admitted before the disk filled up is confirmed in the room that was kept for it;
// what comes later is not admitted, and nothing is said twice.
func TestDiskFillsWhileDelivering(t *testing.T) {
	t.Parallel()
	disk := mounted(t, 12<<20)
	for _, images := range []int{60, 1000} { // one batch, and many
		a := newArena(t, &scenario{targets: []string{"webhook"}, images: images, delay: 5 * time.Millisecond})
		a.stateDir = filepath.Join(disk, fmt.Sprint(images))
		filler := filepath.Join(disk, "filler")
		a.server(0).answers(func(n int) int {
			if n == 1 {
				fill(t, filler)
			}
			return 204
		})
		m := a.joins(t, built(t, ""), "send", "FILE")
		<-m.done
		want := exitOK
		if images > scan.BatchDocuments {
			want = exitState
		}
		if got := exitOf(m.err); got != want {
			t.Errorf("ended with %d, want %d: %.500s", got, want, m.out)
		}
		if taken := a.server(0).count(); want == exitState && taken == a.images || want == exitOK && taken != a.images {
			t.Errorf("%d messages of %d were sent", taken, images)
		}
		remove(t, filler)
		a.ends(t, built(t, ""))
		y := a.verdict(t)
		if y.repeated > 0 {
			t.Errorf("%d repeats: what was sent could not be confirmed", y.repeated)
		}
		t.Logf("%d documents: status %d, %d messages, %d repeated", images, exitOf(m.err), y.taken, y.repeated)
	}
}

// TestFileSizeLimit: where files may not grow (ulimit -f), nothing is admitted that could not be confirmed, and the system's
// signal about it does not end the program with a trace.
func TestFileSizeLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kib  int
		why  string
		made bool
	}{
		{8, "cannot be created", false},
		{1024, "has no room to grow", false},
		{8, "has no room to grow", true},
		{1024, "has no room to grow", true},
		{3000, "has no room to grow", true},
	} {
		a := newArena(t, &scenario{targets: []string{"webhook"}, images: 100})
		if c.made {
			a.ends(t, built(t, ""))
			a.advance(t)
		}
		plain := a.send(t)
		limited := append([]string{"-c", fmt.Sprintf(`ulimit -f %d; exec "$@"`, c.kib), "bash"}, plain.Args...)
		a.ends5(t, exec.CommandContext(t.Context(), "bash", limited...), c.why)
		a.ends(t, built(t, ""))
		if y := a.verdict(t); y.repeated > 0 {
			t.Errorf("%d KiB: %d repeats", c.kib, y.repeated)
		}
	}
}

// nobody is a user without rights, as whom root runs what must not be allowed to write.
const nobody = "65534"

// unprivileged makes a command run as somebody whom permissions bind.
func unprivileged(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	if os.Geteuid() != 0 {
		return cmd
	}
	args := append([]string{"--reuid=" + nobody, "--regid=" + nobody, "--clear-groups"}, cmd.Args...)
	other := exec.CommandContext(t.Context(), "setpriv", args...)
	other.Env = cmd.Env
	return other
}

// openTo makes a folder and all that is in it accessible to everybody, so that only what a test forbids is forbidden.
func openTo(t *testing.T, folder string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o777)
		}
		return os.Chmod(path, 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestReadOnly: a state that may not be written, or whose folder may not, is status 5, and stays as it is.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, why string
		made      bool
		forbid    func(a *arena) error
	}{
		{"file", "permission denied", true, func(a *arena) error { return os.Chmod(a.stateFile(), 0o444) }},
		{"unreadable file", "permission denied", true, func(a *arena) error { return os.Chmod(a.stateFile(), 0) }},
		{"folder without a lock", "cannot be locked", true, func(a *arena) error {
			if err := os.Remove(a.stateFile() + ".lock"); err != nil {
				return err
			}
			return os.Chmod(filepath.Dir(a.stateFile()), 0o555)
		}},
		{"folder without a state", "permission denied", false, func(a *arena) error { return os.Chmod(a.dir, 0o555) }},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			a := newArena(t, &scenario{targets: []string{"webhook"}, images: 5})
			if err := os.Chmod(filepath.Dir(a.dir), 0o755); err != nil { // above it nobody may look otherwise
				t.Fatal(err)
			}
			var before []byte
			if c.made {
				a.ends(t, built(t, ""))
				a.advance(t)
				before = contents(t, a.stateFile())
			}
			openTo(t, a.dir)
			if err := c.forbid(a); err != nil {
				t.Fatal(err)
			}
			a.ends5(t, unprivileged(t, a.send(t)), c.why)
			openTo(t, a.dir)
			if c.made && !bytes.Equal(contents(t, a.stateFile()), before) {
				t.Error("the state was changed")
			}
			a.ends(t, built(t, ""))
			a.verdict(t)
		})
	}
}

// TestReadOnlyDisk: a disk that was mounted for reading, as a container's often is, is status 5.
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	disk := mounted(t, 12<<20)
	a := newArena(t, &scenario{targets: []string{"webhook"}, images: 5})
	a.stateDir = filepath.Join(disk, "state")
	a.ends(t, built(t, ""))
	a.advance(t)
	remount(t, disk, "ro")
	a.ends5(t, a.send(t), "read-only file system")
	remount(t, disk, "rw")
	a.ends(t, built(t, ""))
	a.verdict(t)
}

// remount changes how a disk is mounted.
func remount(t *testing.T, disk, how string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "mount", "-o", "remount,"+how, disk).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
}

// remove removes a file.
func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}

// contents reads a file.
func contents(t *testing.T, path string) []byte {
	t.Helper()
	p, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

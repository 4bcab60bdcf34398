package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
)

// ran runs the program in this process.
func ran(ctx context.Context, env map[string]string, args ...string) (exit int, stdout, stderr string) {
	var out, errs bytes.Buffer
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	exit = run(ctx, &process{args: args, stdin: strings.NewReader(""), stdout: &out, stderr: &errs, lookup: lookup})
	return exit, out.String(), errs.String()
}

// remembering makes a state with baselines, a message that waits, one that is queued and one that is dead, and returns its folder.
func remembering(t *testing.T) (dir string, env map[string]string) {
	t.Helper()
	dir = t.TempDir()
	env = map[string]string{"POSTEE_STATE": filepath.Join(dir, "state.db")}
	config := aggregating(t, "http://127.0.0.1:9/", "Aggregate-Issues-Number: 99")
	for _, args := range [][]string{
		{"send", "../../testdata/scans/shop-api.json", "-q"},
		{"send", "../../testdata/scans/worker-aqua.json", "--to", "webhook=http://127.0.0.1:9/", "--timeout", "10ms"},
		{"send", "../../testdata/scans/cluster.json", "--config", config},
	} {
		if exit, _, errs := ran(t.Context(), env, args...); exit != 0 && exit != 4 {
			t.Fatalf("%v: %d %s", args, exit, errs)
		}
	}
	return dir, env
}

// TestInvariant11LookingChangesNothing: the folder is byte for byte as it was, and has no file more.
func TestInvariant11LookingChangesNothing(t *testing.T) {
	t.Parallel()
	dir, env := remembering(t)
	before := folder(t, dir)
	scans := "../../testdata/scans/"
	for _, args := range [][]string{
		{"send", "--dry-run", scans + "shop-api-next.json"}, {"send", "--dry-run", "--flush", scans},
		{"send", "--dry-run", "--fail-on", "new:low", scans}, {"send", "--dry-run", "--record", scans},
		{"diff", scans}, {"explain", scans}, {"render", "--target", "stdout", scans + "shop-api.json"}, {"state", "list"}, {"state", "outbox"}, {"state", "check"}, {"state", "stats"},
	} {
		if exit, _, errs := ran(t.Context(), env, args...); exit > 1 {
			t.Errorf("%v: %d %s", args, exit, errs)
		}
		if diff := cmp.Diff(before, folder(t, dir)); diff != "" {
			t.Errorf("%v: %s", args, diff)
		}
	}
}

// folder reads all files of one.
func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		p, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(p)
	}
	return files
}

// TestBrokenStateEndsTheRun: once it is noticed nothing more is sent, and nobody waits for a target that is down.
func TestBrokenStateEndsTheRun(t *testing.T) {
	t.Parallel()
	_, env := remembering(t)
	store, err := boltfile.Open(t.Context(), boltfile.Options{Path: env["POSTEE_STATE"]})
	if err != nil {
		t.Fatal(err)
	}
	err = store.Update(t.Context(), func(tx state.Tx) error { return tx.Put("meta", "salt", []byte("bad")) })
	if err != nil || store.Close() != nil {
		t.Fatal(err)
	}
	// Whoever waited for the target would wait for a day.
	exit, _, errs := ran(t.Context(), env, "send", "../../testdata/scans/shop-api-next.json", "--to", "webhook=http://127.0.0.1:9/", "--timeout", "24h")
	if exit != 5 || !strings.Contains(errs, `meta/"salt"`) {
		t.Errorf("ended with %d: %s", exit, errs)
	}
	if exit, out, _ := ran(t.Context(), env, "state", "check"); exit != 5 || !strings.Contains(out, "salt") {
		t.Errorf("state check ends with %d: %s", exit, out)
	}
}

// TestInvariant12DamageIsNoticed: whatever bit is lost and wherever the file is cut, the program says what it said before, or
// ends with 5; without a trace, without beginning anew, and without changing the file. pkg/state looks at every byte. It happens in a bubble,
// where reading takes no time: what is in one batch, and so the order of what is said, does not depend on the machine. It is
// not parallel, for the same reason as the worlds are not.
func TestInvariant12DamageIsNoticed(t *testing.T) {
	synctest.Test(t, damageIsNoticed)
}

func damageIsNoticed(t *testing.T) {
	_, env := remembering(t)
	path := env["POSTEE_STATE"]
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, listed, _ := ran(t.Context(), env, "state", "list")
	_, dry, _ := ran(t.Context(), env, "send", "--dry-run", "--output", "json", "../../testdata/scans")
	refused := 0
	for i := range 120 {
		damaged := bytes.Clone(whole)
		if i%4 == 0 {
			damaged = damaged[:len(damaged)*i/120]
		} else {
			at := (i*7919 + 64) % (len(damaged) * 8)
			damaged[at/8] ^= 1 << (at % 8)
		}
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		for want, args := range map[string][]string{listed: {"state", "list"}, dry: {"send", "--dry-run", "--output", "json", "../../testdata/scans"}} {
			exit, out, errs := ran(t.Context(), env, args...)
			if exit == 5 {
				refused++
			} else if exit != 0 || out != want {
				t.Errorf("damage %d: %v ended with %d: %s", i, args, exit, cmp.Diff(want, out))
			}
			if strings.Contains(errs, "goroutine") || exit == 5 && !strings.Contains(errs, path) {
				t.Errorf("damage %d: %s", i, errs)
			}
		}
		if now, _ := os.ReadFile(path); !bytes.Equal(now, damaged) {
			t.Fatalf("damage %d: the file was changed", i)
		}
	}
	if refused == 0 {
		t.Error("no damage was noticed")
	}
	t.Logf("%d of 240 runs on damaged files were refused", refused)
}

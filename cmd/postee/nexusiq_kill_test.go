package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/postee/postee/pkg/sinks/sinktest/nexusiqtest"
)

// TestNexusIQKilledAtEveryStep: a process dies at each of its requests to Nexus IQ, before the server has done what it asks and after. The next
// run goes on: one application, one outcome, and no second scan unless the first one's answer was lost.
func TestNexusIQKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	binary := built(t, "")
	for n, step := range []string{"look", "create", "scan", "evaluation"} {
		for _, done := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, done %v", step, done), func(t *testing.T) {
				server := &nexusiqtest.Server{}
				killAt(t, binary, server, n+1, done)
				want := 1
				if step == "scan" && done {
					want = 2
				}
				if a, s := server.Applications(), server.Scans(); len(a) != 1 || len(s) != want {
					t.Errorf("%d applications, %d scans", len(a), len(s))
				}
			})
		}
	}
}

// killAt runs the program, kills it at its nth request, and has another run finish.
func killAt(t *testing.T, binary string, server *nexusiqtest.Server, n int, done bool) {
	t.Helper()
	web := httptest.NewServer(server)
	defer web.Close()
	var asked atomic.Int64
	reached := make(chan struct{})
	hold := func(_ http.ResponseWriter, r *http.Request) bool {
		if asked.Add(1) != int64(n) {
			return false
		}
		close(reached)
		<-r.Context().Done() // until the process is dead
		return true
	}
	if server.Faults(hold, nil); done {
		server.Faults(nil, hold)
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "cfg.yaml")
	text := fmt.Sprintf("- {name: iq, type: nexusIq, url: %q, user: %s, password: %s, organization-id: %s, wait: true}\n",
		web.URL, nexusiqtest.User, nexusiqtest.Password, nexusiqtest.Organization)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	shared := []string{"--config", config, "--state", filepath.Join(dir, "state.db")}
	scan := filepath.Join("..", "..", "testdata", "scans", "shop-api.json")
	cmd := exec.CommandContext(t.Context(), binary, append([]string{"send", scan}, shared...)...)
	kill(t, cmd, reached)
	out, err := exec.CommandContext(t.Context(), binary, append([]string{"flush"}, shared...)...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "delivered") {
		t.Fatalf("%v: %s", err, out)
	}
}

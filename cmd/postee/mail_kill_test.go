package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKilledBetweenRecipients: a process dies after one recipient has got the mail and before another has. The first does not get it again.
func TestKilledBetweenRecipients(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	reached, dead := make(chan struct{}), make(chan struct{})
	var once sync.Once
	box, port, err := newMailbox(filepath.Join(dir, "mail"), func(to string) {
		if to == "b@two.example" {
			once.Do(func() {
				close(reached)
				<-dead
			})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer box.server.Close()
	config := filepath.Join(dir, "cfg.yaml")
	text := "- name: mail\n  type: email\n  host: 127.0.0.1\n  port: " + port +
		"\n  sender: postee@example.com\n  recipients: [a@one.example, b@two.example, c@three.example]\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	binary, shared := built(t, ""), []string{"--config", config, "--state", filepath.Join(dir, "state.db")}
	scan := filepath.Join("..", "..", "testdata", "scans", "shop-api.json")
	cmd := exec.CommandContext(t.Context(), binary, append([]string{"send", scan}, shared...)...)
	kill(t, cmd, reached)
	close(dead)
	if diff := cmp.Diff([]string{"a@one.example"}, box.recipients()); diff != "" {
		t.Fatal(diff)
	}
	out, err := exec.CommandContext(t.Context(), binary, append([]string{"flush"}, shared...)...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "delivered") {
		t.Fatalf("%v: %s", err, out)
	}
	if diff := cmp.Diff([]string{"a@one.example", "b@two.example", "c@three.example"}, box.recipients()); diff != "" {
		t.Error(diff)
	}
}

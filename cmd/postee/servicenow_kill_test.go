package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/postee/postee/pkg/sinks/sinktest/servicenowtest"
)

// TestKilledWhileARecordIsWritten: a process dies when the instance has done what a request asked for and before the answer has come: at the
// opening of the record, at its note, and at its closing. In the end there is one record that has everything once, and is resolved.
func TestKilledWhileARecordIsWritten(t *testing.T) {
	t.Parallel()
	binary := built(t, "")
	// The requests of both messages: a look and the record; a look and the note, a look and the closing.
	for step, killed := range map[string]struct {
		request int64
		scan    string
	}{"opening": {2, "some.json"}, "note": {4, "none.json"}, "closing": {6, "none.json"}} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			instance := &servicenowtest.Instance{User: "postee", Password: "s3cr3t"}
			reached, dead := make(chan struct{}), make(chan struct{})
			var requests atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if requests.Add(1) == killed.request {
					instance.ServeHTTP(httptest.NewRecorder(), r)
					close(reached)
					<-dead
					return
				}
				instance.ServeHTTP(w, r)
			}))
			defer server.Close()
			writeRecordFiles(t, dir, server.URL)
			run := func(args ...string) *exec.Cmd {
				args = append(args, "--config", filepath.Join(dir, "cfg.yaml"), "--state", filepath.Join(dir, "state.db"))
				return exec.CommandContext(t.Context(), binary, args...)
			}
			for _, scan := range []string{"some.json", "none.json"} {
				cmd := run("send", filepath.Join(dir, scan))
				if scan != killed.scan {
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Fatalf("%v: %s", err, out)
					}
					continue
				}
				kill(t, cmd, reached)
				close(dead)
				if out, err := run("flush").CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
			}
			list := instance.Records("incident")
			if len(list) != 1 || len(list[0].Notes) != 2 || list[0].Columns["state"] != "6" {
				t.Errorf("%d records: %+v", len(list), list)
			}
		})
	}
}

// writeRecordFiles writes a configuration for an instance, a scan with a finding, and a later one without.
func writeRecordFiles(t *testing.T, dir, url string) {
	t.Helper()
	const scan = `{"SchemaVersion":2,"CreatedAt":"2026-11-2%dT09:00:00Z","ArtifactName":"shop/api:2","ArtifactType":"container_image","Results":[{"Target":"api (debian 12)","Class":"os-pkgs","Type":"debian","Vulnerabilities":[%s]}]}`
	const finding = `{"VulnerabilityID":"CVE-2026-1001","PkgName":"curl","InstalledVersion":"8.4.0-2","Severity":"HIGH"}`
	for name, text := range map[string]string{
		"cfg.yaml":  "- name: tickets\n  type: serviceNow\n  url: " + url + "\n  user: postee\n  password: s3cr3t\n  ticket: {mode: update, on-fixed: close}\n",
		"some.json": fmt.Sprintf(scan, 0, finding), "none.json": fmt.Sprintf(scan, 1, ""),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

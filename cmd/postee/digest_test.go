package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// aggregating writes a configuration of one webhook that sends digests, and returns its path.
func aggregating(t testing.TB, url, keys string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cfg.yaml")
	text := "- name: hook\n  type: webhook\n  enable: true\n  url: " + url + "\n  " + keys + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestDigestByTimeoutInALaterProcess: nothing before its time, then one flush sends all of it once, and the next is silent.
func TestDigestByTimeoutInALaterProcess(t *testing.T) {
	t.Parallel()
	const images = 5
	binary := built(t, "")
	patiently(t, time.Second, func(limit time.Duration) bool {
		target, dir := newRecorder(t, 0), t.TempDir()
		config := aggregating(t, target.URL, fmt.Sprintf("Aggregate-Issues-Timeout: %ds", limit/time.Second))
		stateFile, file := filepath.Join(dir, "state.db"), filepath.Join(dir, "scans.ndjson")
		writeTo(t, file, generation(images, 1))
		postee := func(args ...string) string {
			out, err := exec.CommandContext(t.Context(), binary, append(args, "--config", config, "--state", stateFile)...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %v\n%s", args, err, out)
			}
			return string(out)
		}
		begun := time.Now()
		sent, early := postee("send", file), postee("flush")
		if time.Since(begun) >= limit { // it may have been due already
			return false
		}
		if strings.Count(sent, "waits for a digest") != images || early != "" {
			t.Fatalf("%s\nbefore its time: %s", sent, early)
		}
		out := ""
		for out == "" {
			<-time.After(20 * time.Millisecond)
			out = postee("flush")
		}
		if !strings.Contains(out, "digest of 5 scans   hook   delivered") || time.Since(begun) < limit {
			t.Errorf("after %s: %s", time.Since(begun), out)
		}
		if out := postee("flush", "--now"); out != "" || target.count() != 1 {
			t.Errorf("%d messages; %s", target.count(), out)
		}
		for body := range target.keys {
			if strings.Count(body, "registry.example.com/app") != images || body[0] != '[' {
				t.Errorf("the digest: %s", body)
			}
		}
		return true
	})
}

// TestManyProcessesFillOneQueue: digests have exactly their number, whoever adds to them, and every scan is in one of them.
func TestManyProcessesFillOneQueue(t *testing.T) {
	t.Parallel()
	const processes, images = 8, 25
	binary, target := built(t, ""), newRecorder(t, 0)
	dir := t.TempDir()
	config, stateFile := aggregating(t, target.URL, "Aggregate-Issues-Number: 7"), filepath.Join(dir, "state.db")
	var all sync.WaitGroup
	for p := range processes {
		file := filepath.Join(dir, fmt.Sprintf("%d.ndjson", p))
		text := strings.ReplaceAll(generation(images, 1), "/app", fmt.Sprintf("/team%d-app", p))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			out, err := exec.CommandContext(t.Context(), binary, "send", file, "--config", config, "--state", stateFile, "--lock-timeout", "1h").CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	all.Wait()
	out, err := exec.CommandContext(t.Context(), binary, "flush", "--now", "--config", config, "--state", stateFile).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	scans := 0
	for body := range target.keys {
		n := strings.Count(body, "ArtifactName")
		if n != 7 && n != processes*images%7 {
			t.Errorf("a digest of %d", n)
		}
		scans += n
	}
	if scans != processes*images || target.repeat > 0 {
		t.Errorf("%d scans of %d, %d repeated", scans, processes*images, target.repeat)
	}
	if out, err := exec.CommandContext(t.Context(), binary, "state", "check", "--state", stateFile).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestInterruptedInMemory: what waits for a digest in memory ends with the run, and an interrupted run says so.
func TestInterruptedInMemory(t *testing.T) {
	t.Parallel()
	config := aggregating(t, "http://127.0.0.1:9/", "Aggregate-Issues-Number: 9")
	cmd := exec.CommandContext(t.Context(), built(t, ""), "send", "-", "--config", config, "--state", "none", "--output", "json")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(in, generation(1, 1))
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.Contains(lines.Text(), `"status":"queued"`) {
		t.Errorf("the first line: %s", lines.Text())
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // to its end, so that Wait may close it
	}
	if got := exitOf(cmd.Wait()); got != 130 || !strings.Contains(errs.String(), "1 message that waited for a digest is lost: --state none keeps nothing") {
		t.Errorf("ended with %d: %s", got, errs.String())
	}
}

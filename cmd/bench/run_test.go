package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// built builds the program that is measured.
func built(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "postee")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "../postee").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// bench runs this program, and returns what it prints.
func bench(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out, complaint bytes.Buffer
	err = run(t.Context(), &process{args: args, self: self, stdout: &out, stderr: &complaint})
	return out.String(), complaint.String(), err
}

// TestEveryWorkload runs each workload once with the program, on inputs so small that the figures say nothing.
func TestEveryWorkload(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	out, complaint, err := bench(t, "-binary", built(t), "-scale", "0.001", "-runs", "1")
	if err != nil {
		t.Fatalf("%v\n%s", err, complaint)
	}
	for _, w := range workloads() {
		if !strings.Contains(out, "\n"+w.name+" ") || !strings.Contains(complaint, w.name+": ") {
			t.Errorf("%s is not in the table", w.name)
		}
	}
	for line := range strings.Lines(out) {
		if strings.Contains(line, "not measured") && !strings.Contains(line, "is not installed") {
			t.Error(line)
		}
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Error("something is left in the temporary folder", left, err)
	}
	t.Log(out)
}

// TestWorkloadsAreWhatTheySay: the runs that are timed print what their names say, a message for each document or none.
func TestWorkloadsAreWhatTheySay(t *testing.T) {
	p := program{built(t), t.TempDir()}
	e := &environment{options: &options{scale: 0.002, seed: 1}, dir: p.dir, inputs: map[string]*input{}}
	config, err := file(p.dir, "cfg.yaml", judging)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file(p.dir, "policy.rego", policy); err != nil {
		t.Fatal(err)
	}
	// said returns how many messages a run prints, and how many of them name a finding.
	said := func(scans variant, state, finding string) (messages, naming int) {
		in, err := e.aqua(scans)
		if err != nil {
			t.Fatal(err)
		}
		send := p.send(in.path, config, state)
		out, err := exec.CommandContext(t.Context(), send.path, send.args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(out) {
			messages++
			if bytes.Contains(line, []byte(finding)) {
				naming++
			}
		}
		return messages, naming
	}
	if messages, naming := said(firstScan, "before", `"CVE-2025-1`); messages != 5 || naming != 5 {
		t.Errorf("first scans of 5 images: %d messages, %d of them with findings", messages, naming)
	}
	for v, want := range map[variant]int{firstScan: 0, laterStamps: 0, oneNew: 5} {
		if err := p.afresh("before"); err != nil {
			t.Fatal(err)
		}
		if messages, naming := said(v, running, `"CVE-2026-1`); messages != want || naming != want {
			t.Errorf("variant %d: %d messages, %d of them with a new finding; want %d", v, messages, naming, want)
		}
	}
}

// TestAfresh: a run begins with a copy of the state that it should have, or none, whatever the last one left.
func TestAfresh(t *testing.T) {
	t.Parallel()
	p := program{dir: t.TempDir()}
	for _, name := range []string{"before.db", "run.db", "run.db.lock"} {
		if _, err := file(p.dir, name, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.afresh("before"); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(p.state(running)); err != nil || string(text) != "before.db" {
		t.Errorf("%s %v", text, err)
	}
	if err := p.afresh(""); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(p.dir, "*")); len(left) != 1 {
		t.Error(left)
	}
}

// TestMistakes: what cannot be meant is refused before anything is measured.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"at least one is needed":     {"-runs", "0"},
		"must be more than 0":        {"-scale", "0"},
		"error parsing regexp":       {"-workloads", "("},
		"no workload's name matches": {"-workloads", "^nothing$", "-binary", "/bin/echo"},
		"unknown argument":           {"aqua"},
		"no such file":               {"-binary", "no-such-program"},
	} {
		if _, _, err := bench(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", args, err, want)
		}
	}
}

// repository makes a repository with one commit for each recipe of its Makefile's target build, and goes there.
func repository(t *testing.T, recipes ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	git(t, "init", "-q")
	for i, recipe := range recipes {
		if _, err := file(".", "Makefile", "build:\n\t"+recipe+"\n"); err != nil {
			t.Fatal(err)
		}
		git(t, "add", "-A")
		git(t, "commit", "-q", "-m", strconv.Itoa(i))
	}
}

// git runs git as somebody.
func git(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=n", "-c", "user.email=e@example.com"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// TestBase: the program of another revision is built as its own Makefile does it, and the repository stays as it was.
func TestBase(t *testing.T) {
	repository(t, "echo first > $(BIN)", "echo second > $(BIN)", "false")
	for revision, want := range map[string]string{"HEAD~2": "first\n", "HEAD~1": "second\n", "HEAD": "", "unknown": ""} {
		e := &environment{options: &options{base: revision}, dir: t.TempDir()}
		binary, err := e.build(t.Context())
		if (err == nil) != (want != "") {
			t.Errorf("%s: %v", revision, err)
		}
		if text, _ := os.ReadFile(binary); string(text) != want {
			t.Errorf("%s: %q, want %q", revision, text, want)
		}
		if left := git(t, "worktree", "list"); strings.Count(left, "\n") != 1 {
			t.Errorf("%s: a worktree is left\n%s", revision, left)
		}
	}
}

// TestCompare: two programs are measured by turns.
func TestCompare(t *testing.T) {
	binary := built(t)
	repository(t, "cp "+binary+" $(BIN)")
	out, complaint, err := bench(t, "-binary", binary, "-base", "HEAD", "-scale", "0.001", "-runs", "1", "-workloads", "^(tiny|memory-large)$")
	if err != nil {
		t.Fatalf("%v\n%s", err, complaint)
	}
	rows := regexp.MustCompile(`(?m)^(tiny|memory-large) +(CPU µs a document|CPU ms|peak MiB|s) +[\d.]+ +[\d.]+ +[\d.]+×$`).FindAllString(out, -1)
	if len(rows) != 5 {
		t.Errorf("%d rows of 5\n%s", len(rows), out)
	}
}

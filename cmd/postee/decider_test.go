package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// decidingFlags are the flags of send, with a value each, and what that does to the hash of what decides.
var decidingFlags = map[string]struct{ value, does string }{
	"to": {"webhook=https://other.example", "changes"}, "input-format": {"trivy", "changes"}, "covers": {"secret", "changes"},
	"partial": {"true", "changes"}, "any-age": {"true", "changes"}, "max-document": {"256000001", "changes"},

	"subject": {"app", "ends"}, "baseline": {"main.json", "ends"}, "dry-run": {"true", "ends"}, "no-shortcuts": {"true", "ends"},

	// The engine marks nothing with these.
	"fail-on": {"high", "keeps"}, "record": {"true", "keeps"},

	// How, and how long, is delivered; what is said at the end; what waits already.
	"timeout": {"3s", "keeps"}, "deadline": {"3m", "keeps"}, "delivery-failure": {"warn", "keeps"}, "flush": {"true", "keeps"},
	"output": {"json", "keeps"}, "all": {"true", "keeps"}, "log-level": {"info", "keeps"}, "log-format": {"json", "keeps"},
	"color": {"always", "keeps"}, "quiet": {"true", "keeps"}, "lock-timeout": {"3s", "keeps"}, "state": {"none", "keeps"},
	"config": {"", "keeps"}, // what is in it decides: TestDecidingKeys
}

// deciderOf returns the hash of what decides in a run of send, in an environment.
func deciderOf(t *testing.T, env map[string]string, args ...string) [32]byte {
	t.Helper()
	var out bytes.Buffer
	a := &app{process: &process{
		stdin: strings.NewReader(""), stdout: &out, stderr: &out, program: func() string { return "test" },
		lookup: func(name string) (string, bool) { value, set := env[name]; return value, set },
	}}
	root := a.rootCommand()
	if err := root.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	o := &sendOptions{}
	flags := pflag.NewFlagSet("send", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	o.register(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	s, err := a.makeSetup(t.Context(), &setupOptions{to: o.to})
	if err != nil {
		t.Fatal(err)
	}
	return (&sendRun{app: a, options: o, setup: s}).decider()
}

// TestDecidingFlags: each flag of send changes the hash of what decides, or ends that anything is known, or is known to do neither.
func TestDecidingFlags(t *testing.T) {
	var none [32]byte
	to := "--to=webhook=https://one.example"
	before := deciderOf(t, nil, to)
	if before == none || before != deciderOf(t, nil, to) {
		t.Fatal("the hash of one run is not always the same")
	}
	a := &app{process: &process{lookup: func(string) (string, bool) { return "", false }}}
	a.rootCommand().PersistentFlags().VisitAll(checkFlag(t, before, to))
	(&app{process: a.process}).sendCommand().Flags().VisitAll(checkFlag(t, before, to))
}

// checkFlag compares what a flag does with what is known of it.
func checkFlag(t *testing.T, before [32]byte, to string) func(*pflag.Flag) {
	return func(f *pflag.Flag) {
		flag, listed := decidingFlags[f.Name]
		if !listed {
			t.Errorf("does --%s decide what is said of a document? sendRun.decider has to have it then, and decidingFlags in any case", f.Name)
			return
		}
		does := "keeps"
		switch after := deciderOf(t, nil, to, "--"+f.Name+"="+flag.value); after {
		case before:
		case [32]byte{}:
			does = "ends"
		default:
			does = "changes"
		}
		if does != flag.does {
			t.Errorf("--%s=%s %s the hash of what decides", f.Name, flag.value, does)
		}
	}
}

// TestDecidingEnvironment: the repository of the CI job decides what an artifact is called, its log is only an address.
func TestDecidingEnvironment(t *testing.T) {
	job := func(repository, checkout, run string) [32]byte {
		return deciderOf(t, map[string]string{
			"GITHUB_REPOSITORY": repository, "GITHUB_WORKSPACE": checkout, "GITHUB_RUN_ID": run,
		}, "--to=webhook=https://one.example")
	}
	one := job("team/app", "/work", "1")
	if one == job("team/other", "/work", "1") || one == job("team/app", "/build", "1") || one == job("", "", "") {
		t.Error("a job in another repository, or another place, decides alike")
	}
	if one != job("team/app", "/work", "2") {
		t.Error("the next run of a job knows no document")
	}
}

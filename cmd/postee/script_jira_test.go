package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/postee/postee/pkg/sinks/sinktest/jiratest"
)

type jirasKey struct{}

// jiras are the Jira sites of one script.
type jiras struct {
	dir    string
	byName map[string]*jiratest.Jira
}

func (all *jiras) close() {
	for _, site := range all.byName {
		site.Close()
	}
}

// cmdJira is the script command jira:
//
//	jira start NAME cloud|datacenter    starts a site with the project SEC on loopback and sets $NAME to its URL
//	jira show NAME FILE                 writes all tickets to a file, as text
//	jira resolve NAME KEY RESOLUTION    closes a ticket as a person does; "" opens it again
//	jira without NAME FIELD             takes a field off the create screen
//	jira lag NAME on|off                while on, searches do not find what is created
//	jira fail NAME METHOD PATH STATUS [HEADER: VALUE]   answers once so to a request whose path ends so
//	jira drop NAME METHOD PATH          does what one such request asks, and hangs up without an answer
func cmdJira(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: jira start|show|resolve|without|lag|fail|drop NAME …")
	}
	all := ts.Value(jirasKey{}).(*jiras)
	if args[0] == "start" {
		site := jiratest.New(args[2] == "cloud")
		all.byName[args[1]] = site
		ts.Setenv(args[1], site.URL)
		return
	}
	site := all.byName[args[1]]
	if site == nil {
		ts.Fatalf("jira %s was not started", args[1])
	}
	switch args[0] {
	case "show":
		ts.Check(os.WriteFile(filepath.Join(all.dir, args[2]), []byte(shownTickets(site)), 0o600))
	case "resolve":
		site.Resolve(args[2], args[3], time.Now())
	case "without":
		site.Screen(func(fields []jiratest.Field) []jiratest.Field {
			return slices.DeleteFunc(slices.Clone(fields), func(f jiratest.Field) bool { return f.Name == args[2] })
		})
	case "lag":
		site.SetLag(args[2] == "on")
	case "fail":
		status, err := strconv.Atoi(args[4])
		ts.Check(err)
		fault := jiratest.Fault{Method: args[2], Path: args[3], Status: status, Header: map[string]string{}}
		if len(args) > 5 {
			key, value, _ := strings.Cut(args[5], ": ")
			fault.Header[key] = value
		}
		site.Fail(fault)
	case "drop":
		site.Fail(jiratest.Fault{Method: args[2], Path: args[3], Drop: "after"})
	default:
		ts.Fatalf("jira: unknown %q", args[0])
	}
}

// shownTickets is what a person sees of all tickets.
func shownTickets(site *jiratest.Jira) string {
	var b strings.Builder
	for _, i := range site.Issues() {
		fmt.Fprintf(&b, "%s [%s] %s\nlabels: %s\n", i.Key, i.Status.Category, i.Text("summary"), strings.Join(i.Labels(), " "))
		if i.Resolution != "" {
			fmt.Fprintf(&b, "resolution: %s\n", i.Resolution)
		}
		fmt.Fprintf(&b, "description:\n%s\n", i.Text("description"))
		for n, c := range i.Comments {
			fmt.Fprintf(&b, "comment %d of %s:\n%s\n", n+1, i.Key, jiratest.Text(c))
		}
		for _, a := range i.Attachments {
			fmt.Fprintf(&b, "file of %s: %s\n", i.Key, a.Name)
		}
	}
	return b.String()
}

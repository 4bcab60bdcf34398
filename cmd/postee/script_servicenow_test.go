package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/postee/postee/pkg/sinks/sinktest/servicenowtest"
)

type instancesKey struct{}

// instances are the instances of ServiceNow of one script.
type instances struct {
	mu     sync.Mutex
	byName map[string]*scriptInstance
}

// scriptInstance is one instance with its server.
type scriptInstance struct {
	*servicenowtest.Instance
	server *httptest.Server
}

func (all *instances) close() {
	for _, i := range all.byName {
		i.server.Close()
	}
}

// cmdInstance is the script command instance:
//
//	instance start NAME                     starts an instance of ServiceNow with the user postee and the password s3cr3t, and sets $NAME to its URL
//	instance set NAME NUMBER COLUMN=VALUE … writes columns of a record, as a person does
//	instance show NAME TABLE FILE           writes the records to FILE: a line each, and below it description and notes
//	instance fail NAME METHOD cut|STATUS    answers the next request of that method so; cut does what it asks, and does not answer
func cmdInstance(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: instance start|set|show|fail NAME …")
	}
	all := ts.Value(instancesKey{}).(*instances)
	all.mu.Lock()
	defer all.mu.Unlock()
	if args[0] == "start" {
		i := &scriptInstance{Instance: &servicenowtest.Instance{User: "postee", Password: "s3cr3t"}}
		i.server = httptest.NewServer(i)
		all.byName[args[1]] = i
		ts.Setenv(args[1], i.server.URL)
		return
	}
	i := all.byName[args[1]]
	if i == nil || len(args) < 4 {
		ts.Fatalf("instance %s was not started, or something is missing", args[1])
	}
	switch args[0] {
	case "set":
		columns := make(map[string]string)
		for _, pair := range args[3:] {
			name, value, _ := strings.Cut(pair, "=")
			columns[name] = value
		}
		if !i.Set(args[2], columns) {
			ts.Fatalf("there is no record %s", args[2])
		}
	case "show":
		ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(i.shown(args[2])), 0o600))
	case "fail":
		i.failNext(args[2], args[3])
	default:
		ts.Fatalf("instance: unknown %q", args[0])
	}
}

// shown are the records of a table as text.
func (i *scriptInstance) shown(table string) string {
	var out strings.Builder
	for _, r := range i.Records(table) {
		c := r.Columns
		fmt.Fprintf(&out, "%s state %s, impact %s, %d notes: %s\n%s\n%s\n", c["number"], c["state"], c["impact"], len(r.Notes), c["short_description"], c["description"], strings.Join(r.Notes, "\n"))
	}
	return out.String()
}

// failNext answers the next request of a method as the script says.
func (i *scriptInstance) failNext(method, how string) {
	fault := servicenowtest.Fault{Cut: true}
	if status, err := strconv.Atoi(how); err == nil {
		fault = servicenowtest.Fault{Status: status}
	}
	var once sync.Once
	i.Fail(func(r *http.Request) (now servicenowtest.Fault) {
		if r.Method == method {
			once.Do(func() { now = fault })
		}
		return now
	})
}

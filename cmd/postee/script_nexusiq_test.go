package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/postee/postee/pkg/sinks/sinktest/nexusiqtest"
)

type nexusKey struct{}

// nexuses are the stand-ins for Nexus IQ of one script.
type nexuses struct {
	dir    string
	mu     sync.Mutex
	byName map[string]*nexus
}

// nexus is one of them.
type nexus struct {
	*nexusiqtest.Server
	web *httptest.Server
	// marked is how many scans there were at the last mark.
	marked int
}

func (all *nexuses) close() {
	for _, n := range all.byName {
		n.web.Close()
	}
}

// cmdNexus is the script command nexus:
//
//	nexus start NAME                   starts a stand-in for Nexus IQ and sets $NAME to its URL, NAME_password and NAME_organisation
//	nexus evaluate NAME POLLS ACTION   later scans are evaluated after so many answers that they are not, with that policy action
//	nexus broken NAME TEXT             later scans cannot be evaluated
//	nexus status NAME CODE [HEADER VALUE]   answers with CODE from now on; 200 answers as it should again
//	nexus cut NAME N                   takes the Nth request from now on, and hangs up without an answer
//	nexus mark NAME                    counts scans from here on
//	nexus has NAME SCANS APPLICATIONS  fails unless there are so many; scan N, of all, is then in NAME.N
func cmdNexus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: nexus start|evaluate|broken|status|cut|mark|has NAME …")
	}
	all := ts.Value(nexusKey{}).(*nexuses)
	all.mu.Lock()
	defer all.mu.Unlock()
	name := args[1]
	if args[0] == "start" {
		n := &nexus{Server: &nexusiqtest.Server{}}
		n.web = httptest.NewServer(n.Server)
		all.byName[name] = n
		ts.Setenv(name, n.web.URL+"/iq")
		ts.Setenv(name+"_password", nexusiqtest.Password)
		ts.Setenv(name+"_organisation", nexusiqtest.Organization)
		return
	}
	n := all.byName[name]
	if n == nil {
		ts.Fatalf("nexus %s was not started", name)
	}
	switch args[0] {
	case "mark":
		n.marked = len(n.Scans())
		return
	case "broken":
		n.Break(args[2])
		return
	}
	number, err := strconv.Atoi(args[2])
	ts.Check(err)
	switch args[0] {
	case "evaluate":
		n.Evaluate(number, args[3])
	case "status":
		n.Faults(refuse(number, args[3:]), nil)
	case "cut":
		n.Faults(nil, func(w http.ResponseWriter, r *http.Request) bool {
			number--
			return number == 0 && nexusiqtest.Drop(w, r)
		})
	case "has":
		n.has(ts, filepath.Join(all.dir, name), number, args[3])
	default:
		ts.Fatalf("nexus: unknown %q", args[0])
	}
}

// refuse answers everything with a status, and a header where there is one; nil is for 200.
func refuse(status int, header []string) func(w http.ResponseWriter, r *http.Request) bool {
	if status == http.StatusOK {
		return nil
	}
	return func(w http.ResponseWriter, _ *http.Request) bool {
		if len(header) == 2 {
			w.Header().Set(header[0], header[1])
		}
		w.WriteHeader(status)
		return true
	}
}

// has compares the numbers of scans and applications, and writes the scans to files.
func (n *nexus) has(ts *testscript.TestScript, prefix string, scans int, applications string) {
	for i, s := range n.Scans() {
		ts.Check(os.WriteFile(fmt.Sprintf("%s.%d", prefix, i+1), s.Body, 0o600))
	}
	if s, a := n.Scans(), n.Applications(); len(s)-n.marked != scans || strconv.Itoa(len(a)) != applications {
		ts.Fatalf("%d scans, want %d; applications %v, want %s", len(s)-n.marked, scans, a, applications)
	}
}

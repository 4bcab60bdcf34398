package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

type hooksKey struct{}

// hooks are the loopback servers of one script.
type hooks struct {
	dir    string
	mu     sync.Mutex
	byName map[string]*hook
}

// hook is one recording server: request N's body is in NAME.N and in NAME.SUBJECT, its headers in NAME.N.headers.
type hook struct {
	server *httptest.Server
	mu     sync.Mutex
	status int
	header http.Header
	// body is the answer's; "" is a line that names the URL.
	body  string
	count int
}

func (h *hooks) close() {
	for _, hook := range h.byName {
		hook.server.Close()
	}
}

// cmdHook is the script command hook:
//
//	hook start NAME          starts a server and sets $NAME to its URL
//	hook status NAME CODE [HEADER: VALUE]   sets the answer from now on
//	hook answer NAME BODY    sets the body of the answer from now on
//	hook stop NAME           closes it: connections are refused from now on
//	hook again NAME          listens on the same address again
//	hook count NAME N        fails unless N requests were answered with success
func cmdHook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: hook start|status|answer|stop|again|count NAME …")
	}
	all := ts.Value(hooksKey{}).(*hooks)
	all.mu.Lock()
	defer all.mu.Unlock()
	name := args[1]
	h := all.byName[name]
	if args[0] == "start" {
		h = &hook{status: http.StatusOK, header: http.Header{}}
		h.server = httptest.NewServer(h.handler(filepath.Join(all.dir, name)))
		all.byName[name] = h
		ts.Setenv(name, h.server.URL+"/hook/s3cr3t-t0ken?key=another-s3cr3t")
		return
	}
	if h == nil {
		ts.Fatalf("hook %s was not started", name)
	}
	switch args[0] {
	case "status":
		code, err := strconv.Atoi(args[2])
		ts.Check(err)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.status, h.header = code, http.Header{}
		if len(args) > 3 {
			key, value, _ := strings.Cut(args[3], ": ")
			h.header.Set(key, value)
		}
	case "answer":
		h.mu.Lock()
		defer h.mu.Unlock()
		h.body = args[2]
	case "stop":
		h.server.Close()
	case "again":
		address := h.server.Listener.Addr().String()
		handler := h.server.Config.Handler
		h.server = &httptest.Server{Config: &http.Server{Handler: handler}}
		listener, err := listen(address)
		ts.Check(err)
		h.server.Listener = listener
		h.server.Start()
	case "count":
		want, err := strconv.Atoi(args[2])
		ts.Check(err)
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.count != want {
			ts.Fatalf("hook %s took %d messages, want %d", name, h.count, want)
		}
	default:
		ts.Fatalf("hook: unknown %q", args[0])
	}
}

// handler records what succeeds and answers as told.
func (h *hook) handler(prefix string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, err := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		if err == nil && h.status < 300 {
			h.count++
			file := fmt.Sprintf("%s.%d", prefix, h.count)
			_ = os.WriteFile(file, asked, 0o600)
			_ = os.WriteFile(prefix+"."+strings.NewReplacer("/", "-", ":", "-").Replace(r.Header.Get("X-Postee-Subject")), asked, 0o600)
			var headers strings.Builder
			_ = r.Header.Write(&headers)
			_ = os.WriteFile(file+".headers", []byte(strings.ReplaceAll(headers.String(), "\r\n", "\n")), 0o600)
		}
		for k, v := range h.header {
			w.Header()[k] = v
		}
		w.WriteHeader(h.status)
		body := h.body
		if body == "" {
			body = "answer of the hook " + r.URL.String()
		}
		_, _ = io.WriteString(w, body)
	})
}

// cmdStatus runs a program and compares its exit status: status N postee …. Its output is in stdout and stderr, as after exec.
func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N PROGRAM …")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// cmdPatient is status for a target that fails, whose answer is to be seen: patient N REGEXP PROGRAM …. It runs the program with a --timeout
// that is twice as long each time, and the state folder as it was, until its output matches: a slow machine may need more than a moment
// for the first attempt.
func cmdPatient(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: patient N REGEXP PROGRAM …")
	}
	answer, err := regexp.Compile(args[1])
	ts.Check(err)
	folder, before := ts.Getenv("XDG_STATE_HOME"), filepath.Join(ts.Getenv("WORK"), "state-before")
	ts.Check(os.MkdirAll(folder, 0o700))
	ts.Check(os.CopyFS(before, os.DirFS(folder)))
	for limit := 100 * time.Millisecond; ; limit *= 2 {
		cmdStatus(ts, false, append([]string{args[0], args[2]}, append(args[3:len(args):len(args)], "--timeout", limit.String())...))
		if said := ts.ReadFile("stdout") + ts.ReadFile("stderr"); answer.MatchString(said) {
			break
		} else if limit > time.Minute {
			ts.Fatalf("not a word of %s within %s: %s", args[1], limit, said)
		}
		ts.Check(os.RemoveAll(folder))
		ts.Check(os.CopyFS(folder, os.DirFS(before)))
	}
	ts.Check(os.RemoveAll(before))
}

// cmdSums writes the digests of all files in a folder: sums FOLDER FILE. Comparing two shows that nothing was touched.
func cmdSums(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sums FOLDER FILE")
	}
	var out strings.Builder
	root := ts.MkAbs(args[0])
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		p, err := os.ReadFile(path)
		sum := sha256.Sum256(p)
		relative, _ := filepath.Rel(root, path)
		fmt.Fprintf(&out, "%s %s\n", hex.EncodeToString(sum[:]), relative)
		return err
	})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(out.String()), 0o600))
}

// cmdEdit replaces text in a file: edit FILE OLD NEW; OLD must be there.
func cmdEdit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit FILE OLD NEW")
	}
	path := ts.MkAbs(args[0])
	p, err := os.ReadFile(path)
	ts.Check(err)
	if !strings.Contains(string(p), args[1]) {
		ts.Fatalf("%s does not contain %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(path, []byte(strings.ReplaceAll(string(p), args[1], args[2])), 0o600))
}

// listen takes the address of a server that was stopped.
func listen(address string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
}

package sinktest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/postee/postee/pkg/sinks"
)

// quoted is how many bytes of what a judge objects to are shown.
const quoted = 8 << 10

// Judge has a vendor's own checks look at what a target sends: vendors is the folder that POSTEE_VENDORS names ("" skips the test),
// whose check/setup has run; kind is the judge ("splunk": check/splunk.mjs). Each file is a captured request of [Capture], or for some
// kinds the bare message; its name says what it is. The options go to the judge as they are.
func Judge(t *testing.T, vendors, kind string, files map[string][]byte, options ...string) {
	t.Helper()
	if vendors == "" {
		t.Skip("POSTEE_VENDORS names no folder")
	}
	vendors, err := filepath.Abs(vendors)
	if err != nil {
		t.Fatal(err)
	}
	folder, args := t.TempDir(), append([]string{filepath.Join(vendors, "check", kind+".mjs")}, options...)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, files[name], 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	if len(files) == 0 {
		t.Fatal("there is nothing to judge")
	}
	judge := exec.CommandContext(t.Context(), "node", args...)
	judge.Dir = folder
	said, err := judge.CombinedOutput()
	if len(said) > quoted {
		said = append(said[:quoted], "…"...)
	}
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatalf("the judge does not run: %v", err)
	}
	if err != nil {
		t.Errorf("%v:\n%s", err, said)
	}
}

// captured is a request as judges read it.
type captured struct {
	Method string              `json:"method"`
	Path   string              `json:"path"`
	Header map[string][]string `json:"headers"`
	Body   []byte              `json:"body_base64"`
}

// Capture sends messages, all parts of each, each with the receipt before it, to a server on loopback that answers as answer does (nil: 204), and returns the requests
// as [Judge] takes them: "digest-2.json" is the second request of the message "digest". The configuration gets the server's own URL,
// without a path.
func Capture(t *testing.T, config func(url sinks.Secret) sinks.Config, answer http.HandlerFunc, messages []Named) map[string][]byte {
	t.Helper()
	var lock sync.Mutex
	var requests []captured
	respond := (Target{Success: answer}).answer()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // it is in memory
		r.Body = io.NopCloser(bytes.NewReader(body))
		lock.Lock()
		requests = append(requests, captured{r.Method, r.RequestURI, r.Header, body})
		lock.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		respond(w, r)
	})
	sink, err := config(sinks.NewSecret(server.URL)).Open(sinks.Env{UserAgent: "postee/test", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	for _, n := range messages {
		requests = nil
		var last sinks.Receipt
		for _, d := range deliveries(t, sink, n.Message) {
			d.Last = last
			if last, err = sink.Send(t.Context(), d); err != nil {
				t.Fatalf("%s, part %s: %v", n.Name, d.Part.Name, err)
			}
		}
		for i, r := range requests {
			file, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			files[fmt.Sprintf("%s-%d.json", n.Name, i+1)] = file
		}
	}
	return files
}

package route

import (
	"runtime"
	"testing"
	"weak"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// TestAnEntryKeepsNoDocument: whoever keeps what was admitted, until targets have confirmed it, does not keep what was read for it.
func TestAnEntryKeepsNoDocument(t *testing.T) {
	e := newEngine(state.Memory(), "a")
	e.Routes[0].Targets = []Target{{Name: "a", Contents: Contents{Document: true}}}
	entries, read := func() ([]state.Entry, weak.Pointer[scan.Document]) {
		doc := image("trivy", "app", "CVE-1/p/high")
		return admit(t, e, doc).Entries, weak.Make(doc)
	}()
	if len(entries) != 1 || len(entries[0].Document) != 32 {
		t.Fatalf("admitted %v", entries)
	}
	for range 10 {
		if runtime.GC(); read.Value() == nil {
			runtime.KeepAlive(entries)
			return
		}
	}
	t.Error("the document is kept")
}

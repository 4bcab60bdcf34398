package route

import (
	"runtime"
	"testing"
	"weak"

	"github.com/postee/postee/pkg/state"
)

// TestAnEntryKeepsNoDocument: whoever keeps what was admitted, until targets have confirmed it, does not keep what was read for it.
func TestAnEntryKeepsNoDocument(t *testing.T) {
	e := newEngine(state.Memory(), "a")
	e.Routes[0].Targets = []Target{{Name: "a", Contents: Contents{Document: true}}}
	doc := image("trivy", "app", "CVE-1/p/high")
	read := weak.Make(doc)
	entries := admit(t, e, doc).Entries
	if len(entries) != 1 || len(entries[0].Document) != 32 {
		t.Fatalf("admitted %v", entries)
	}
	doc = nil
	for range 10 {
		if runtime.GC(); read.Value() == nil {
			runtime.KeepAlive(entries)
			return
		}
	}
	t.Error("the document is kept")
}

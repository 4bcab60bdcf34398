package scan

import (
	"bytes"
	"runtime"
	"testing"
)

// TestALargeDocumentIsReadIntoOneBlock holds that a document of known size is not copied from block to block on the way: what is
// allocated beside it is a quarter of it at most.
func TestALargeDocumentIsReadIntoOneBlock(t *testing.T) {
	raw := bytes.Join([][]byte{[]byte(`{"a":"`), bytes.Repeat([]byte("x"), 96<<20), []byte(`"}`)}, nil)
	f := newFramer(bytes.NewReader(raw), int64(len(raw)), 0, nil)
	large := 0
	f.large = func() { large++ }
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fr, _ := f.next()
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > uint64(len(raw))*5/4 || !bytes.Equal(fr.raw, raw) {
		t.Errorf("%d bytes of %d, allocated %d", len(fr.raw), len(raw), took)
	}
	if large != 1 {
		t.Errorf("told %d times that it is large", large)
	}
}

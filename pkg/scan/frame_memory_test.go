package scan

import (
	"bytes"
	"runtime"
	"testing"
)

// TestALargeDocumentIsReadIntoFewBlocks holds that the blocks that a document of known size grows out of are no larger than itself,
// together.
func TestALargeDocumentIsReadIntoFewBlocks(t *testing.T) {
	raw := bytes.Join([][]byte{[]byte(`{"a":"`), bytes.Repeat([]byte("x"), 96<<20), []byte(`"}`)}, nil)
	f := newFramer(bytes.NewReader(raw), int64(len(raw)), 0, nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fr, _ := f.next()
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > uint64(len(raw))*2 || !bytes.Equal(fr.raw, raw) {
		t.Errorf("%d bytes of %d, allocated %d", len(fr.raw), len(raw), took)
	}
}

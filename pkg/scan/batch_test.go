package scan

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// batchesOf reads items from a channel in batches, and returns the number of documents in each; at says when each came.
func batchesOf(ctx context.Context, items <-chan Item, stop int) (sizes []int, at []time.Duration) {
	began := time.Now()
	gatherBatches(ctx, items, func(group []Item) bool {
		sizes, at = append(sizes, len(group)), append(at, time.Since(began))
		return len(sizes) != stop
	})
	return sizes, at
}

// document is an item with a document of so many bytes.
func document(bytes int) Item { return Item{Doc: &Document{Raw: make([]byte, bytes)}} }

func TestBatches(t *testing.T) {
	for name, c := range map[string]struct {
		sizes []int // of the documents, in bytes; -1 is an error without a document
		want  []int
	}{
		"one":       {[]int{10}, []int{1}},
		"by number": {make([]int, 3*BatchDocuments+1), []int{BatchDocuments, 2 * BatchDocuments, 1}},
		"by bytes":  {[]int{batchBytes, 1, batchBytes, 1}, []int{1, 2, 1}},
		"errors":    {[]int{-1, 5, -1}, []int{3}},
		"nothing":   {nil, nil},
	} {
		items := make(chan Item, len(c.sizes))
		for _, n := range c.sizes {
			if n < 0 {
				items <- Item{Err: &InputError{Err: io.ErrUnexpectedEOF}}
				continue
			}
			items <- document(n)
		}
		close(items)
		got, _ := batchesOf(t.Context(), items, -1)
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
	}
}

// TestBatchDoesNotWait: what came does not wait for what does not come, and an end of the run ends the wait.
func TestBatchDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		items := make(chan Item)
		go func() {
			items <- document(1)
			time.Sleep(batchWait / 2)
			items <- document(1)
			time.Sleep(10 * batchWait)
			items <- document(1)
			close(items)
		}()
		sizes, at := batchesOf(t.Context(), items, -1)
		if len(sizes) != 2 || sizes[0] != 2 || at[0] != batchWait || sizes[1] != 1 {
			t.Errorf("%v after %v", sizes, at)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if sizes, _ := batchesOf(ctx, make(chan Item), -1); sizes != nil {
			t.Errorf("%v of nothing", sizes)
		}
	})
}

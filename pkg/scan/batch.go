package scan

import (
	"context"
	"iter"
	"time"
)

// A batch is admitted in one transaction: by far the greatest part of its cost does not depend on its size. These bounds were
// measured: beyond them a larger batch gains little and keeps documents in memory.
const (
	// BatchDocuments is how many documents [ReadBatches] hands over at once to begin with: what the first say should leave soon, and
	// others who read the same should find something left to do. Each full batch is followed by one of twice as many, up to
	// mostDocuments.
	BatchDocuments = 64
	mostDocuments  = 512
	batchBytes     = 2 << 20
	batchWait      = 50 * time.Millisecond
)

// ReadBatches reads as [Read] does, and hands over what was read in groups: first at most [BatchDocuments] documents, later more, or about 4 MiB, and no later
// than 50 ms after the first item of a group. Warnings and errors stand in a group where they were read; every item with a
// document has to be released.
func ReadBatches(ctx context.Context, inputs []string, o Options) iter.Seq[[]Item] {
	return func(yield func([]Item) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		items := make(chan Item)
		go func() {
			defer close(items)
			for item := range Read(ctx, inputs, o) {
				select {
				case items <- item:
				case <-ctx.Done():
					return
				}
			}
		}()
		gatherBatches(ctx, items, yield)
	}
}

// gatherBatches groups the items of a channel until it is closed, ctx ends, or nobody wants more.
func gatherBatches(ctx context.Context, items <-chan Item, yield func([]Item) bool) {
	var group []Item
	documents, bytes, most := 0, 0, BatchDocuments
	var due <-chan time.Time
	for {
		select {
		case item, more := <-items:
			if !more {
				if len(group) > 0 {
					yield(group)
				}
				return
			}
			if len(group) == 0 {
				due = time.After(batchWait)
			}
			group = append(group, item)
			if item.Doc != nil {
				documents++
				bytes += len(item.Doc.Raw)
			}
			if documents < most && bytes < batchBytes {
				continue
			}
			if documents == most {
				most = min(2*most, mostDocuments)
			}
		case <-due:
		case <-ctx.Done():
			return
		}
		if !yield(group) {
			return
		}
		group, documents, bytes, due = nil, 0, 0, nil
	}
}

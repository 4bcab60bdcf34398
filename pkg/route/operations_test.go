package route

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// operations counts what the state's backend is asked for.
type operations struct{ Get, GetAll, Exist, Range, Put, Delete int }

// countedStore is a store that counts what its transactions ask of the backend.
type countedStore struct {
	state.Store
	view, update operations
}

func (c *countedStore) View(ctx context.Context, fn func(state.Tx) error) error {
	return c.Store.View(ctx, func(tx state.Tx) error { return fn(state.NewBuffer(&countedTx{tx, &c.view}).ReadOnly()) })
}

func (c *countedStore) Update(ctx context.Context, fn func(state.Tx) error) error {
	return c.Store.Update(ctx, func(tx state.Tx) error {
		below := &countedTx{tx, &c.update}
		b := state.NewBuffer(below)
		if err := fn(b); err != nil {
			return err
		}
		return b.Flush(below)
	})
}

type countedTx struct {
	state.Tx
	n *operations
}

func (c *countedTx) Get(bucket, key string) ([]byte, error) {
	c.n.Get++
	return c.Tx.Get(bucket, key)
}

func (c *countedTx) GetAll(bucket string, keys []string) ([][]byte, error) {
	c.n.GetAll++
	return c.Tx.GetAll(bucket, keys)
}

func (c *countedTx) Exist(bucket string, keys []string) ([]bool, error) {
	c.n.Exist++
	return c.Tx.(state.Prober).Exist(bucket, keys)
}

func (c *countedTx) Range(bucket, from string) iter.Seq2[state.Pair, error] {
	c.n.Range++
	return c.Tx.Range(bucket, from)
}

func (c *countedTx) Put(bucket, key string, value []byte) error {
	c.n.Put++
	return c.Tx.Put(bucket, key, value)
}

func (c *countedTx) Delete(bucket, key string) error {
	c.n.Delete++
	return c.Tx.Delete(bucket, key)
}

// TestOperationsOfABatch: 64 documents of 210 findings on two routes ask the backend a handful of questions, and each key is
// written once. (With a question for each key it was 13,699 and 13,826.)
func TestOperationsOfABatch(t *testing.T) {
	const documents, findings = 64, 210
	batch := func(fixed int) (docs []*scan.Document) {
		for i := range documents {
			var all []string
			for k := fixed; k < findings; k++ {
				all = append(all, fmt.Sprintf("CVE-%d-%d/p/high", i, k))
			}
			docs = append(docs, image("trivy", fmt.Sprintf("app-%d", i), all...))
		}
		return docs
	}
	store := &countedStore{Store: state.Memory()}
	e := newEngine(store, "a", "b")
	reads := func(o operations) int { return o.Get + o.GetAll + o.Exist + o.Range }
	for _, c := range []struct {
		name           string
		fixed, entries int
		puts           int
	}{
		// Names; records with their day; entries with their lane and line; counters, labels.
		{"first", 0, 2 * documents, documents*findings + 2*documents + 6*documents + 2},
		{"the same", 0, 0, 0},
		{"one fixed in each", 1, 2 * documents, documents + 6*documents + 1},
	} {
		store.view, store.update = operations{}, operations{}
		a := admit(t, e, batch(c.fixed)...)
		t.Logf("%s: view %+v, update %+v", c.name, store.view, store.update)
		if len(a.Entries) != c.entries || store.update.Put != c.puts || reads(store.view)+reads(store.update) > 10 {
			t.Errorf("%s: %d entries; view %+v, update %+v", c.name, len(a.Entries), store.view, store.update)
		}
	}
}

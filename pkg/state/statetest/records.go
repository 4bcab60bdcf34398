package statetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
)

func someRecord() state.Record {
	return state.Record{Subject: "docker.io/app:1", Day: 20779,
		Routes: []state.RouteState{{Route: "slack", Number: 3, Told: 1795000000, Compliance: 2}, {Route: "mail", Told: -5}},
		Views: []state.View{
			{Scanner: "trivy", Variant: "linux/arm64", Routes: []string{"slack", "mail"}, Marks: Marks(1, 2)},
			{Scanner: "grype", Routes: []string{"mail"}}},
		Scans: []state.Scan{
			{Scanner: "trivy", Variant: "linux/arm64", Day: 20779, Time: 1795000000, Packages: [2]uint64{1, 1 << 63}, Seen: []uint64{5}}, {Scanner: "grype", Day: 20700}}}
}

func testRecords(t *testing.T, k Backend) {
	s := k.open(t)
	r := someRecord()
	write := func(r state.Record) error {
		return s.Update(t.Context(), func(tx state.Tx) error {
			return state.Admit(tx, state.Claimant{}, &state.Admission{Records: []state.Record{r}})
		})
	}
	if err := write(r); err != nil {
		t.Fatal(err)
	}
	if err := write(r); !errors.Is(err, state.ErrStale) {
		t.Errorf("a generation that moved: %v", err)
	}
	load := func() (got state.Record) {
		View(t, s, func(tx state.Tx) (err error) {
			got, err = state.Load(tx, r.Subject)
			return err
		})
		return got
	}
	got := load()
	first := got.Generation
	if first == 0 {
		t.Error("a stored record has generation 0")
	}
	got.Generation = 0
	if diff := cmp.Diff(r, got); diff != "" {
		t.Error(diff)
	}
	got.Generation, got.Day = first, 20780
	if err := write(got); err != nil {
		t.Fatal(err)
	}
	Update(t, s, func(tx state.Tx) error {
		found, err := state.Forget(tx, r.Subject)
		if !found {
			t.Error("nothing to forget")
		}
		for _, err := range tx.Range("seen", "") {
			if err != nil {
				return err
			}
			t.Error("the index by day keeps a forgotten subject")
		}
		return err
	})
	if n := Totals(t, s); n.Subjects != 0 {
		t.Errorf("%d subjects after forgetting", n.Subjects)
	}
	if err := write(got); !errors.Is(err, state.ErrStale) {
		t.Errorf("an old generation of a forgotten record: %v", err)
	}
	rememberedAnew(t, r, load, write)
	if got := load(); got.Generation <= first+1 {
		t.Errorf("generation %d again after %d", got.Generation, first+1)
	}
}

// rememberedAnew writes a record again that was forgotten. What is left of it is where its messages go on; who does not know that has
// to look again.
func rememberedAnew(t *testing.T, r state.Record, load func() state.Record, write func(state.Record) error) {
	t.Helper()
	if err := write(r); !errors.Is(err, state.ErrStale) {
		t.Errorf("a record that begins its messages anew after it was forgotten: %v", err)
	}
	if r.Base = load().Base; r.Base != 3 {
		t.Errorf("messages go on at %d, 3 were sent", r.Base)
	}
	if err := write(r); err != nil {
		t.Fatal(err)
	}
}

func testStaleStoresNothing(t *testing.T, k Backend) {
	s := k.open(t)
	a := &state.Admission{Records: []state.Record{{Subject: "a"}, {Subject: "b", Generation: 7}},
		Names: []state.Identities{Names{1: []byte("x")}}, Entries: []state.Entry{Entry("k", "l")}}
	err := s.Update(t.Context(), func(tx state.Tx) error { return state.Admit(tx, state.Claimant{}, a) })
	if !errors.Is(err, state.ErrStale) {
		t.Fatal(err)
	}
	if n := Totals(t, s); n != (state.Totals{Schema: state.Schema}) {
		t.Errorf("stored all the same: %+v", n)
	}
}

func testNames(t *testing.T, k Backend) {
	s := k.open(t)
	for _, v := range []string{"first", "second"} {
		Update(t, s, func(tx state.Tx) error {
			return state.Admit(tx, state.Claimant{}, &state.Admission{Names: []state.Identities{Names{7: []byte(v), 1 << 63: []byte(v)}}})
		})
	}
	View(t, s, func(tx state.Tx) error {
		got, err := state.LoadNames(tx, []uint64{7, 8, 1 << 63})
		if diff := cmp.Diff(map[uint64][]byte{7: []byte("first"), 1 << 63: []byte("first")}, got); diff != "" {
			t.Error(diff)
		}
		return err
	})
}

func testBlobsLiveWithTheirEntries(t *testing.T, k Backend) {
	s := k.open(t)
	doc := []byte(fmt.Sprintf("%01000d", 5))
	sum := sha256.Sum256(doc)
	a, b, c := Entry("a", "1"), Entry("b", "2"), Entry("c", "3")
	a.Document, b.Document, c.Document = sum[:], sum[:], sum[:]
	me := Me(t, s)
	adm := &state.Admission{Entries: []state.Entry{a, b, c}, Blobs: map[[32]byte]state.Packed{sum: state.Pack(doc)}}
	Update(t, s, func(tx state.Tx) error { return state.Admit(tx, me, adm) })
	more := Entry("d", "4")
	more.Document = sum[:]
	all := append(adm.Entries, Admit(t, s, me, more)...)
	has := func() bool {
		ok := false
		View(t, s, func(tx state.Tx) error {
			got, err := state.Blob(tx, sum[:])
			ok = err == nil && string(got) == string(doc)
			return nil
		})
		return ok
	}
	if _, err := Settle(t, s, me, state.Settlement{Entry: all[0]}); err != nil {
		t.Fatal(err)
	}
	if _, err := Settle(t, s, me, state.Settlement{Entry: all[1], Outcome: state.Died}); err != nil {
		t.Fatal(err)
	}
	Update(t, s, func(tx state.Tx) error { return state.Drop(tx, all[2].Seq) })
	Update(t, s, func(tx state.Tx) error { return state.Drop(tx, all[3].Seq) })
	if !has() {
		t.Fatal("the document of a dead entry is gone")
	}
	Update(t, s, func(tx state.Tx) error { return state.Drop(tx, all[1].Seq) })
	if has() {
		t.Error("the document of nobody is kept")
	}
	err := s.Update(t.Context(), func(tx state.Tx) error {
		return state.Admit(tx, me, &state.Admission{Entries: []state.Entry{more}})
	})
	if err == nil {
		t.Error("an entry without its document was admitted")
	}
}

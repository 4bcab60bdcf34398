package deliver

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
)

// digest admits messages about subjects that a digest gathers, as the process of store does, and returns it.
func digest(t *testing.T, store state.Store, target string, subjects ...string) state.Entry {
	t.Helper()
	owner, err := store.Owners().Self()
	if err != nil {
		t.Fatal(err)
	}
	blobs := map[[32]byte]state.Packed{}
	var all []state.Entry
	for i, s := range subjects {
		blob := [32]byte{byte(i), byte(i >> 8), 1}
		blobs[blob] = state.Pack([]byte("document " + s))
		p, _ := message.Encode(&message.Message{Route: "r", Sections: []message.Section{{Subject: s, Blob: blob[:]}}})
		all = append(all, state.Entry{Key: fmt.Sprintf("%032d", i), Route: "r", Target: target, Subject: s, Lane: "r/" + target,
			Admitted: time.Now(), Message: p, Document: blob[:], Gather: len(subjects)})
	}
	a := &state.Admission{Entries: all, Blobs: blobs}
	err = store.Update(t.Context(), func(tx state.Tx) error {
		return state.Admit(tx, state.Claimant{Owner: owner, Lease: 5 * time.Minute}, a)
	})
	if err != nil || len(a.Digests) != 1 {
		t.Fatal(err, len(a.Digests))
	}
	return a.Digests[0]
}

// plainly plans a part a section: the subject with its document.
func plainly(m *message.Message) (all []sinks.Part, err error) {
	for i := range m.Sections {
		s := &m.Sections[i]
		all = append(all, sinks.Part{Name: fmt.Sprintf("%d/%d", i+1, len(m.Sections)), Body: []byte(s.Subject + ": " + string(s.Document))})
	}
	return all, nil
}

// TestDigestIsPutTogether: one section for each subject, with the latest document, in as many looks as it takes.
func TestDigestIsPutTogether(t *testing.T) {
	store := state.Memory()
	var subjects, want []string
	for i := range 2*chunk + 5 {
		subjects = append(subjects, fmt.Sprintf("s%d", i))
		want = append(want, fmt.Sprintf("s%d: document s%d", i, i))
	}
	subjects = append(subjects, "s3") // once more: its section stays where it was
	var got []string
	f := &fake{plan: plainly, send: func(_ context.Context, d sinks.Delivery) (sinks.Receipt, error) {
		got = append(got, string(d.Part.Body))
		if d.Subject != "" {
			t.Errorf("a digest about %q", d.Subject)
		}
		return sinks.Receipt{}, nil
	}}
	r := begin(t.Context(), t, store, Options{Targets: []Target{{Name: "a", Sink: f, Needs: sinks.Needs{Document: true}}}})
	if err := r.Add(t.Context(), []state.Entry{digest(t, store, "a", subjects...)}, nil, nil); err != nil {
		t.Fatal(err)
	}
	r.finish()
	r.expect(1, 0, 0)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestDigestGoesOnWhereItStopped: parts that were confirmed do not come again, in this run or in a later one, and the thread
// that the first began goes on.
func TestDigestGoesOnWhereItStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := state.Memory()
		down := true
		f := &fake{plan: plainly, send: func(_ context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			if down && d.Part.Name == "3/4" {
				return sinks.Receipt{}, errDown
			}
			if first := d.Part.Name == "1/4"; first == (d.Last.Keep["ts"] == "17") {
				t.Errorf("part %s comes with %v", d.Part.Name, d.Last)
			}
			return sinks.Receipt{Keep: map[string]string{"ts": "17"}}, nil
		}}
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", f)}})
		if err := r.Add(t.Context(), []state.Entry{digest(t, store, "a", "w", "x", "y", "z")}, nil, nil); err != nil {
			t.Fatal(err)
		}
		r.finish()
		r.expect(0, 1, 0)
		down = false
		r = begin(t.Context(), t, store, Options{Targets: []Target{target("a", f)}})
		r.finish()
		r.expect(1, 0, 0)
		if diff := cmp.Diff([]string{" 1/4", " 2/4", " 3/4", " 4/4"}, f.sent); diff != "" {
			t.Error(diff)
		}
	})
}

// TestDigestThatIsGone: when another process has confirmed it, or a person dropped it, there is nothing to say, and the
// state is not to blame.
func TestDigestThatIsGone(t *testing.T) {
	b, err := boltfile.Open(t.Context(), boltfile.Options{Path: filepath.Join(t.TempDir(), "state.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	e := digest(t, b, "a", "x", "y")
	if err := b.Update(t.Context(), func(tx state.Tx) error { return state.Drop(tx, e.Seq) }); err != nil {
		t.Fatal(err)
	}
	f := &fake{plan: plainly}
	r := begin(t.Context(), t, b, Options{Targets: []Target{{Name: "a", Sink: f, Needs: sinks.Needs{Document: true}}}})
	if err := r.Add(t.Context(), []state.Entry{e}, nil, nil); err != nil {
		t.Fatal(err)
	}
	r.finish()
	if len(f.attempts) > 0 {
		t.Errorf("sent all the same: %v", f.attempts)
	}
	if problems, err := b.Check(t.Context()); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", err, problems)
	}
}

// TestDigestOfANewerVersion dies with a reason instead of being tried for ever; what it gathers is still there.
func TestDigestOfANewerVersion(t *testing.T) {
	store := state.Memory()
	owner, _ := store.Owners().Self()
	a := &state.Admission{Entries: []state.Entry{{Key: "k", Route: "r", Target: "a", Lane: "l", Admitted: time.Now(), Message: []byte{99}, Gather: 1}}}
	err := store.Update(t.Context(), func(tx state.Tx) error {
		return state.Admit(tx, state.Claimant{Owner: owner, Lease: time.Minute}, a)
	})
	if err != nil {
		t.Fatal(err)
	}
	r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", &fake{})}})
	if err := r.Add(t.Context(), a.Digests, nil, nil); err != nil {
		t.Fatal(err)
	}
	r.finish()
	r.expect(0, 0, 1)
	if !strings.Contains(r.results[0].Reason, "a newer postee wrote it") {
		t.Error(r.results[0].Reason)
	}
	err = store.View(t.Context(), func(tx state.Tx) error {
		if err := state.Stands(tx, a.Digests[0].Seq); !errors.Is(err, state.ErrLost) {
			t.Error("still in the outbox")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

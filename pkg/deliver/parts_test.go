package deliver

import (
	"context"
	"crypto/sha256"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// parts makes a plan of parts with these names, whose bodies say which version planned them.
func parts(version string, names ...string) func(*message.Message) ([]sinks.Part, error) {
	return func(*message.Message) (all []sinks.Part, err error) {
		for _, n := range names {
			all = append(all, sinks.Part{Name: n, Body: []byte(version + n)})
		}
		return all, nil
	}
}

func TestPartsAreSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := state.Memory()
		failures := 2
		f := &fake{plan: parts("v1", "1/3", "2/3", "3/3")}
		f.send = func(_ context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			waiting, _ := stored(t, store)
			for _, e := range waiting {
				if want := []string{"1/3", "2/3", "3/3"}[:slices.Index([]string{"1/3", "2/3", "3/3"}, d.Part.Name)]; !cmp.Equal(want, append([]string{}, e.Done...)) {
					t.Errorf("part %s is sent while the state has %v", d.Part.Name, e.Done)
				}
			}
			if d.Part.Name == "2/3" && failures > 0 {
				failures--
				return sinks.Receipt{Ref: "half"}, answer(502, 0)
			}
			return sinks.Receipt{}, nil
		}
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", f)}})
		r.born(entry(t, "a", "x", 0))
		r.finish()
		r.expect(1, 0, 0)
		want := []string{"x 1/3", "x 2/3", "x 2/3", "x 2/3", "x 3/3"}
		if diff := cmp.Diff(want, f.attempts); diff != "" {
			t.Error(diff)
		}
		if one := r.of("x"); one.Ref != "half" || one.Entry.Attempts != 5 {
			t.Errorf("%+v", one)
		}
	})
}

func TestPlanOfAnotherVersion(t *testing.T) {
	for name, c := range map[string]struct {
		first, second func(*message.Message) ([]sinks.Part, error)
		fails         string // the part at which the first run ends
		want          Status
		sent          []string
	}{
		"nothing confirmed": {parts("v1", "1/2", "2/2"), parts("v2", "1/3", "2/3", "3/3"), "1/2", Delivered, []string{"x 1/3", "x 2/3", "x 3/3"}},
		"same names":        {parts("v1", "1/2", "2/2"), parts("v2", "1/2", "2/2"), "2/2", Delivered, []string{"x 1/2", "x 2/2"}},
		"other names":       {parts("v1", "1/2", "2/2"), parts("v2", "1/3", "2/3", "3/3"), "2/2", Dead, []string{"x 1/2"}},
		"fewer parts":       {parts("v1", "1/2", "2/2"), parts("v2", "1/1"), "2/2", Dead, []string{"x 1/2"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := state.Memory()
				f := &fake{plan: c.first, send: func(_ context.Context, d sinks.Delivery) (sinks.Receipt, error) {
					if d.Part.Name == c.fails {
						return sinks.Receipt{}, answer(403, 0)
					}
					return sinks.Receipt{}, nil
				}}
				r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", f)}})
				r.born(entry(t, "a", "x", 0))
				r.finish()
				r.expect(0, 1, 0)
				f.plan, f.send = c.second, nil
				again := begin(t.Context(), t, store, Options{Targets: []Target{target("a", f)}})
				again.finish()
				if one := again.of("x"); one.Status != c.want {
					t.Errorf("status %d (%s), want %d", one.Status, one.Reason, c.want)
				}
				if diff := cmp.Diff(c.sent, f.sent); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestDocuments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const document = `{"image":"x"}`
		digest := sha256.Sum256([]byte(document))
		blobs := map[[32]byte][]byte{digest: []byte(document)}
		store := state.Memory()
		f := &fake{send: func(_ context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			if string(d.Part.Body) != document {
				t.Errorf("%s: %q", d.Subject, d.Part.Body)
			}
			return sinks.Receipt{}, nil
		}}
		needy := Target{Name: "a", Sink: f, Needs: sinks.Needs{Document: true}}
		old, fresh := entry(t, "a", "old", 0), entry(t, "a", "fresh", 0)
		old.Document, fresh.Document = digest[:], digest[:]
		admit(t, store, false, []state.Entry{old}, blobs)
		r := begin(t.Context(), t, store, Options{Targets: []Target{needy}})
		if err := r.Add(t.Context(), admit(t, store, true, []state.Entry{fresh}, blobs), nil, blobs); err != nil {
			t.Fatal(err)
		}
		r.finish()
		r.expect(2, 0, 0)
	})
}

func TestPlanDigest(t *testing.T) {
	plans := [][]sinks.Part{
		{},
		{{Name: "1"}},
		{{Name: "1", Body: []byte("2")}},
		{{Name: "1", MediaType: "2"}},
		{{Name: "12"}},
		{{Name: "1"}, {Name: "2"}},
		{{Name: "1", Body: []byte("x")}, {Name: "2"}},
	}
	for i, a := range plans {
		for j, b := range plans {
			if same := string(planDigest(a)) == string(planDigest(b)); same != (i == j) {
				t.Errorf("plans %d and %d: same digest %v", i, j, same)
			}
		}
	}
}

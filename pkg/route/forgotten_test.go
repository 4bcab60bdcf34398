package route

import (
	"testing"

	"github.com/postee/postee/pkg/state"
)

// TestForgottenMessagesHaveOtherKeys: a subject that was forgotten says the same again, under a key of its own, however often; a
// lost state says it under the key that it had.
func TestForgottenMessagesHaveOtherKeys(t *testing.T) {
	store := state.Memory()
	key := func(store state.Store) string {
		e := newEngine(store, "a", "b")
		admitted := admit(t, e, image("trivy", "app", "CVE-1/curl/high"))
		if len(admitted.Entries) != 2 {
			t.Fatalf("%d messages", len(admitted.Entries))
		}
		return admitted.Entries[0].Key + admitted.Entries[1].Key
	}
	first := key(store)
	seen := map[string]bool{first: true}
	for range 5 {
		err := store.Update(t.Context(), func(tx state.Tx) error {
			for r, err := range state.Subjects(tx) {
				if err != nil {
					return err
				}
				if found, err := state.Forget(tx, r.Subject); !found || err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if again := key(store); seen[again] {
			t.Error("a true reappearance has a key that was sent before")
		} else {
			seen[again] = true
		}
	}
	if lost := key(state.Memory()); lost != first {
		t.Error("after a lost state the first message has another key")
	}
}

package boltfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/statetest"
)

// TestANewStateHasRoom: the first messages do not make the file grow, which would take a flush each time.
func TestANewStateHasRoom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	size := func() int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	names := map[uint64][]byte{}
	a := &state.Admission{Names: []state.Identities{statetest.Names(names)}, Records: []state.Record{image(0, names)}}
	statetest.Update(t, s, func(tx state.Tx) error { return state.Admit(tx, state.Claimant{}, a) })
	statetest.Update(t, s, func(tx state.Tx) error {
		_, err := state.Forget(tx, a.Records[0].Subject)
		return err
	})
	if after := size(); after != before {
		t.Errorf("the file grew from %d to %d bytes", before, after)
	}
}

package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
)

// opened tells how often a file of a folder is opened, by asking the system.
type opened struct{ fd int }

// watchOpened begins to count.
func watchOpened(t *testing.T, folder string) *opened {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	// Closing is watched too: openings that follow one another directly would be told as one.
	if _, err := unix.InotifyAddWatch(fd, folder, unix.IN_OPEN|unix.IN_CLOSE); err != nil {
		t.Fatal(err)
	}
	return &opened{fd}
}

// count returns how often a name was opened since it was asked last.
func (o *opened) count(t *testing.T, name string) (n int) {
	t.Helper()
	buf := make([]byte, 1<<16)
	for {
		size, err := unix.Read(o.fd, buf)
		if err != nil {
			return n
		}
		for at := 0; at < size; {
			event := (*unix.InotifyEvent)(unsafe.Pointer(&buf[at]))
			at += unix.SizeofInotifyEvent
			called := string(bytes.TrimRight(buf[at:at+int(event.Len)], "\x00"))
			if at += int(event.Len); called == name && event.Mask&unix.IN_OPEN != 0 {
				n++
			}
		}
	}
}

// TestOpeningsOfARun: a run of one document opens the state once to look what is there, once to compare, once to admit and once to
// confirm, and writes nothing else; one that has nothing to say opens it twice, and writes nothing.
func TestOpeningsOfARun(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer server.Close()
	folder := t.TempDir()
	path := filepath.Join(folder, "state.db")
	commits := func() (n uint64) {
		s, err := boltfile.Open(t.Context(), boltfile.Options{Path: path, First: func(tx state.Tx) (err error) {
			n, err = state.Commits(tx)
			return err
		}})
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
		return n
	}
	commits() // the state is there from now on
	for _, c := range []struct {
		name     string
		openings int
		commits  uint64
	}{
		{"a message", 4, 2},
		{"nothing new", 2, 0},
	} {
		before, watch := commits(), watchOpened(t, folder)
		exit, _, errs := ran(t.Context(), nil, "send", "../../testdata/scans/shop-api.json", "-q", "--state", path, "--to", "webhook="+server.URL)
		if exit != exitOK {
			t.Fatalf("ended with %d: %s", exit, errs)
		}
		if n := watch.count(t, "state.db"); n != c.openings {
			t.Errorf("%s: opened %d times, want %d", c.name, n, c.openings)
		}
		if n := commits() - before; n != c.commits {
			t.Errorf("%s: %d transactions, want %d", c.name, n, c.commits)
		}
	}
}

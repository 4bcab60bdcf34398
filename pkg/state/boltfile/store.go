package boltfile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/postee/postee/pkg/state"
)

// defaultLockTimeout is how long a transaction waits for other processes.
const defaultLockTimeout = 10 * time.Second

// Options say which state to open.
type Options struct {
	// Path is the file of the state; PATH.lock and PATH.owners stand beside it.
	Path string
	// LockTimeout is how long one transaction waits for other processes; 0 is ten seconds.
	LockTimeout time.Duration
	// NoCreate refuses a state that does not exist, with an error that is [fs.ErrNotExist]; viewing then creates no file
	// whatever. A lock file is made only by the first Update.
	NoCreate bool
	// Decoders knows what is opaque here; Check and Import ask it.
	Decoders state.Decoders
	// First is run in the transaction in which Open looks whether the file is a state, so that what is asked first costs no opening
	// of its own. nil asks nothing.
	First func(state.Tx) error
}

// Store is a state in a file. The file is open only within a transaction, and only under the state's lock: other processes, and
// other Stores, come in between. It is a [state.Maintenance].
type Store struct {
	path     string
	timeout  time.Duration
	noCreate bool
	decoders state.Decoders
	lock     *fileLock
	owners   processOwners

	mu sync.Mutex
	// id is the identity of the state that was opened; known reports whether it was.
	id    [16]byte
	known bool
	// commits is the highest count of stored transactions that was seen: a file with a lower one is older.
	commits uint64
	// broken is set when a damaged file could not even be closed.
	broken error
	// names are known to be stored, unless names were swept again: sweeps is how often they were.
	names  nameSet
	sweeps uint64
	// walked is the file whose pages were walked through; a compaction puts another one in its place.
	walked os.FileInfo
	// halt, where a test sets it, is called after every step of what replaces the file; an error ends it there.
	halt func(step string) error
}

var _ state.Maintenance = (*Store)(nil)

// Open opens the state, and creates it when there is none, unless NoCreate. A file that is no state, is damaged, cut short,
// or from a newer version is refused and not changed: [*state.UnusableError], [*state.DamagedError].
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := newStore(o)
	if err != nil {
		return nil, err
	}
	if err := s.ready(ctx, o.First); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// newStore makes the value, without looking at the file.
func newStore(o Options) (*Store, error) {
	path, err := follow(o.Path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, timeout: o.LockTimeout, noCreate: o.NoCreate, decoders: o.Decoders, lock: newFileLock(path, path+".lock")}
	s.owners.state, s.owners.path = path, path+".owners"
	if s.timeout <= 0 {
		s.timeout = defaultLockTimeout
	}
	return s, nil
}

// ready creates the state when it has to, and looks whether it is one.
func (s *Store) ready(ctx context.Context, first func(state.Tx) error) error {
	switch info, err := os.Stat(s.path); {
	case err == nil && !info.Mode().IsRegular():
		return &state.UnusableError{Path: s.path, Reason: "is not a regular file", Hint: "name a file in a folder of your own"}
	case errors.Is(err, fs.ErrNotExist) && s.noCreate:
		return &state.UnusableError{Path: s.path, Reason: "does not exist", Err: fs.ErrNotExist}
	case errors.Is(err, fs.ErrNotExist):
		if err := s.createLocked(ctx); err != nil {
			return err
		}
	case err != nil:
		return &state.UnusableError{Path: s.path, Reason: "cannot be looked at", Err: err}
	}
	if first == nil {
		first = func(state.Tx) error { return nil }
	}
	return s.View(ctx, first)
}

// View runs fn on what is stored now, under the lock.
func (s *Store) View(ctx context.Context, fn func(state.Tx) error) error {
	return s.run(ctx, false, fn)
}

// Update runs fn under the lock and stores all that it wrote, or nothing. ctx ends the wait for the lock, not the writing.
func (s *Store) Update(ctx context.Context, fn func(state.Tx) error) error {
	return s.run(ctx, true, fn)
}

// run is one transaction.
func (s *Store) run(ctx context.Context, writable bool, fn func(state.Tx) error) error {
	release, err := s.lock.acquire(ctx, s.timeout, writable || !s.noCreate)
	if err != nil {
		return err
	}
	defer release()
	if err := s.usable(); err != nil {
		return err
	}
	return s.withPath(s.transact(writable, fn))
}

// usable returns why the state is not used any more by this process, if so.
func (s *Store) usable() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

// withPath adds the file's name to a report of damage.
func (s *Store) withPath(err error) error {
	var d *state.DamagedError
	if errors.As(err, &d) && d.Path == "" {
		d.Path = s.path
	}
	return err
}

// transact opens the file, runs fn, and closes the file again.
func (s *Store) transact(writable bool, fn func(state.Tx) error) error {
	o, err := s.openFile(writable)
	if err != nil {
		return err
	}
	defer s.closeFile(o)
	err = guarded("header", func() (err error) {
		o.tx, err = o.db.Begin(writable)
		return err
	})
	if err != nil {
		return s.unusable("cannot be opened", err)
	}
	raw := o.raw()
	t := newTransaction(s, o, raw)
	if err := s.recognise(t); err != nil {
		return err
	}
	if !writable {
		t.ReadOnly()
	} else {
		if err := t.migrate(); err != nil {
			return s.unusable("cannot be brought to this version's layout", err)
		}
	}
	if err := faultsOnly(func() error { return fn(t) }); err != nil || !t.Changed() {
		return err
	}
	if err := t.commit(o.tx); err != nil {
		return s.unusable("cannot be written", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names.add(t.stored)
	s.commits = t.commits + 1
	return nil
}

// unusable wraps an error of the file system or of bbolt; damage stays damage.
func (s *Store) unusable(reason string, err error) error {
	var d *state.DamagedError
	var u *state.UnusableError
	if errors.As(err, &d) || errors.As(err, &u) {
		return err
	}
	return &state.UnusableError{Path: s.path, Reason: reason, Err: err, Hint: "look at the disk's space and the file's permissions"}
}

// Owners returns what knows which processes that claimed something still live.
func (s *Store) Owners() state.Owners { return &s.owners }

// Durable reports true: the file outlives the process.
func (s *Store) Durable() bool { return true }

// Path is the file's path, behind all links.
func (s *Store) Path() string { return s.path }

// Close gives up what the process holds: its claims are free afterwards.
func (s *Store) Close() error {
	s.lock.close()
	return s.owners.close()
}

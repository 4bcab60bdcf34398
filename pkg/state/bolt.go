package state

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
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
	Decoders Decoders
}

// Bolt is a state in a file of bbolt. The file is open only within a transaction, and only under the state's lock: other
// processes, and other values of Bolt, come in between.
type Bolt struct {
	path     string
	timeout  time.Duration
	noCreate bool
	decoders Decoders
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
	// seen is the file whose pages were surveyed; a compaction puts another one in its place.
	seen os.FileInfo
	// halt, where a test sets it, is called after every step of what replaces the file; an error ends it there.
	halt func(step string) error
}

// Open opens the state, and creates it when there is none, unless NoCreate. A file that is no state, is damaged, cut short,
// or from a newer version is refused and not changed: [UnusableError], [DamagedError].
func Open(ctx context.Context, o Options) (*Bolt, error) {
	b := newBolt(o)
	if err := b.ready(ctx); err != nil {
		_ = b.Close()
		return nil, err
	}
	return b, nil
}

// newBolt makes the value, without looking at the file.
func newBolt(o Options) *Bolt {
	path := follow(o.Path)
	b := &Bolt{path: path, timeout: o.LockTimeout, noCreate: o.NoCreate, decoders: o.Decoders, lock: newFileLock(path, path+".lock")}
	b.owners.path = path + ".owners"
	if b.timeout <= 0 {
		b.timeout = defaultLockTimeout
	}
	return b
}

// ready creates the state when it has to, and looks whether it is one.
func (b *Bolt) ready(ctx context.Context) error {
	switch info, err := os.Stat(b.path); {
	case err == nil && !info.Mode().IsRegular():
		return &UnusableError{Path: b.path, Reason: "is not a regular file", Hint: "name a file in a folder of your own"}
	case errors.Is(err, fs.ErrNotExist) && b.noCreate:
		return &UnusableError{Path: b.path, Reason: "does not exist", Err: fs.ErrNotExist}
	case errors.Is(err, fs.ErrNotExist):
		if err := b.createLocked(ctx); err != nil {
			return err
		}
	case err != nil:
		return &UnusableError{Path: b.path, Reason: "cannot be looked at", Err: err}
	}
	return b.View(ctx, func(Tx) error { return nil })
}

// View runs fn on what is stored now, under the lock.
func (b *Bolt) View(ctx context.Context, fn func(Tx) error) error { return b.run(ctx, false, fn) }

// Update runs fn under the lock and stores all that it wrote, or nothing. ctx ends the wait for the lock, not the writing.
func (b *Bolt) Update(ctx context.Context, fn func(Tx) error) error { return b.run(ctx, true, fn) }

// run is one transaction.
func (b *Bolt) run(ctx context.Context, writable bool, fn func(Tx) error) error {
	release, err := b.lock.acquire(ctx, b.timeout, writable || !b.noCreate)
	if err != nil {
		return err
	}
	defer release()
	if err := b.usable(); err != nil {
		return err
	}
	return b.placed(b.transact(writable, fn))
}

// usable returns why the state is not used any more by this process, if so.
func (b *Bolt) usable() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.broken
}

// placed adds the file's name to a report of damage.
func (b *Bolt) placed(err error) error {
	var d *DamagedError
	if errors.As(err, &d) && d.Path == "" {
		d.Path = b.path
	}
	return err
}

// transact opens the file, runs fn, and closes the file again.
func (b *Bolt) transact(writable bool, fn func(Tx) error) error {
	o, err := b.openFile(writable)
	if err != nil {
		return err
	}
	defer b.shut(o)
	err = guarded("header", func() (err error) {
		o.tx, err = o.db.Begin(writable)
		return err
	})
	if err != nil {
		return b.unusable("cannot be opened", err)
	}
	below := o.below()
	t := &boltState{checksummed: newChecksummed(below), b: b, file: o.file, header: o.header}
	if err := b.recognise(t); err != nil {
		return err
	}
	if writable {
		if err := guarded("schema", below.migrate); err != nil {
			return b.unusable("cannot be brought to this version's layout", err)
		}
	}
	if err := faultsOnly(func() error { return fn(t) }); err != nil || !below.written {
		return err
	}
	if err := t.tally(); err != nil {
		return err
	}
	err = guarded("the pages to be written", func() error { return o.tx.Commit() })
	if err != nil {
		return b.unusable("cannot be written", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.names.add(t.stored)
	b.commits = t.commits + 1
	return nil
}

// unusable wraps an error of the file system or of bbolt; damage stays damage.
func (b *Bolt) unusable(reason string, err error) error {
	var d *DamagedError
	var u *UnusableError
	if errors.As(err, &d) || errors.As(err, &u) {
		return err
	}
	return &UnusableError{Path: b.path, Reason: reason, Err: err, Hint: "look at the disk's space and the file's permissions"}
}

// opened is the file while it is open.
type opened struct {
	db     *bbolt.DB
	tx     *bbolt.Tx
	file   *os.File
	header header
}

// below returns the transaction on it.
func (o *opened) below() *boltTx {
	reader := pageReader{file: o.file, pages: o.header.pages}
	return &boltTx{tx: o.tx, buckets: map[string]*bbolt.Bucket{}, reader: reader, root: o.header.root}
}

// openFile opens the file when its header is whole. Nothing is written by that.
func (b *Bolt) openFile(writable bool) (*opened, error) {
	o := &opened{}
	options := &bbolt.Options{
		Timeout: b.timeout, ReadOnly: !writable, NoStatistics: true, PageSize: pageSize, FreelistType: bbolt.FreelistArrayType,
	}
	options.OpenFile = func(path string, flag int, _ os.FileMode) (*os.File, error) {
		f, err := os.OpenFile(path, flag&^os.O_CREATE, 0)
		if err != nil {
			return nil, b.refused(err)
		}
		if o.header, err = readHeader(f); err != nil {
			_ = f.Close()
			return nil, err
		}
		if err := b.survey(f, o.header); err != nil {
			_ = f.Close()
			return nil, err
		}
		o.file = f
		return f, nil
	}
	err := guarded("header", func() (err error) {
		o.db, err = bbolt.Open(b.path, 0, options)
		return err
	})
	if err == nil {
		return o, nil
	}
	var d *DamagedError
	if errors.As(err, &d) && o.file != nil {
		// bbolt gave up half-way: closing the file is what frees its lock.
		_ = o.file.Close()
	}
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, &LockedError{Path: b.path, Waited: b.timeout}
	}
	return nil, b.unusable("cannot be opened", err)
}

// refused words why the file could not be opened.
func (b *Bolt) refused(err error) error {
	b.mu.Lock()
	known := b.known
	b.mu.Unlock()
	switch {
	case errors.Is(err, fs.ErrNotExist) && known:
		return &UnusableError{Path: b.path, Reason: "vanished during the run", Err: err,
			Hint: "something removed it: what was said since is not remembered"}
	case errors.Is(err, fs.ErrPermission):
		return &UnusableError{Path: b.path, Reason: "cannot be opened", Err: err, Hint: "give yourself the right to read and write it and its folder"}
	}
	return &UnusableError{Path: b.path, Reason: "cannot be opened", Err: err}
}

// shut ends the transaction, if it has not ended, and closes the file. Where damage prevents the one, the other would wait
// for ever: then only the descriptor is closed, which frees the lock, and the state is not used again by this process.
func (b *Bolt) shut(o *opened) {
	err := guarded("the pages", func() error {
		if o.tx != nil {
			_ = o.tx.Rollback() // a committed transaction says that it is closed
		}
		return nil
	})
	if err == nil {
		_ = o.db.Close()
		return
	}
	_ = o.file.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken = b.placed(err)
}

// Owners tells which processes that claimed something still live.
func (b *Bolt) Owners() Owners { return &b.owners }

// Close returns up what the process holds: its claims are free afterwards.
func (b *Bolt) Close() error {
	b.lock.close()
	return b.owners.close()
}

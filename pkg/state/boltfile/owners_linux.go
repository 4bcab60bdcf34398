package boltfile

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/postee/postee/pkg/state"
)

// processOwners shows by a lock on one byte of a file that this process lives. The byte's offset is the process's number;
// the file stays empty. The lock belongs to the open file, so that closing another one of the same file keeps it.
type processOwners struct {
	// state is the state's path, for errors; path is the file's.
	state, path string

	mu     sync.Mutex
	file   *os.File
	number uint64
}

// Self takes a number, and with it the lock that others see.
func (p *processOwners) Self() (uint64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.number != 0 {
		return p.number, nil
	}
	f, err := openPlain(p.path, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return 0, notLocked(p.state, err)
	}
	for range 16 {
		n := state.NewOwner()
		lock := unix.Flock_t{Type: unix.F_WRLCK, Start: int64(n), Len: 1}
		err = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &lock)
		if err == nil {
			if p.file != nil {
				_ = p.file.Close()
			}
			p.file, p.number = f, n
			return n, nil
		}
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EINTR) {
			break
		}
	}
	_ = f.Close()
	return 0, notLocked(p.state, err)
}

// Alive asks the system whether anybody holds the lock on that byte.
func (p *processOwners) Alive(owner uint64) (alive, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if owner == p.number && owner != 0 {
		return true, true
	}
	if owner == 0 || owner > math.MaxInt64 {
		return false, true
	}
	if p.file == nil {
		f, err := openPlain(p.path, os.O_RDONLY)
		if errors.Is(err, fs.ErrNotExist) {
			return false, true
		}
		if err != nil {
			return false, false
		}
		p.file = f
	}
	lock := unix.Flock_t{Type: unix.F_WRLCK, Start: int64(owner), Len: 1}
	for {
		err := unix.FcntlFlock(p.file.Fd(), unix.F_OFD_GETLK, &lock)
		if err == unix.EINTR {
			continue
		}
		return lock.Type != unix.F_UNLCK, err == nil
	}
}

// close frees the lock; the number is not used again.
func (p *processOwners) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return nil
	}
	err := p.file.Close()
	p.file, p.number = nil, 0
	return err
}

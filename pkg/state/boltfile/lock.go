package boltfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/postee/postee/pkg/state"
)

// fileLock is the lock of a state: a file beside it, which is never replaced or removed, locked as a whole. The system
// frees it when the process ends, however that happens.
type fileLock struct {
	// state is the state's path, for errors; path is the lock file's.
	state, path string
	// turn holds one token: at most one goroutine, and so one thread, of this value waits for other processes.
	turn chan struct{}
	file *os.File
}

func newFileLock(state, path string) *fileLock {
	return &fileLock{state: state, path: path, turn: make(chan struct{}, 1)}
}

// acquire waits for the lock until ctx ends or the time is over ([LockedError]). The lock file is made when there is none,
// unless create is false: then nothing is locked.
func (l *fileLock) acquire(ctx context.Context, timeout time.Duration, create bool) (release func(), err error) {
	if ctx.Err() != nil {
		return nil, l.gaveUp(ctx)
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, l.gaveUp(ctx)
	case <-timer.C:
		return nil, &state.LockedError{Path: l.state, Waited: timeout}
	}
	done := make(chan error, 1)
	if locked, err := l.try(create); locked || err != nil {
		done <- err
	} else {
		go func() { done <- l.wait(create) }()
	}
	select {
	case err := <-done:
		if err != nil {
			<-l.turn
			return nil, err
		}
		return l.release, nil
	case <-ctx.Done():
		err = l.gaveUp(ctx)
	case <-timer.C:
		err = &state.LockedError{Path: l.state, Waited: timeout}
	}
	// The wait cannot be called back; its turn ends with it.
	go func() {
		if <-done == nil {
			l.unlock()
		}
		<-l.turn
	}()
	return nil, err
}

// gaveUp words the end of the wait, with why ctx ended: an interrupt is no fault of the state.
func (l *fileLock) gaveUp(ctx context.Context) error {
	return fmt.Errorf("waiting for the lock of state %s: %w", l.state, context.Cause(ctx))
}

// release returns the lock and the turn back.
func (l *fileLock) release() {
	l.unlock()
	<-l.turn
}

func (l *fileLock) unlock() {
	if l.file != nil {
		_ = unlockFile(l.file)
	}
}

// try takes the lock when it is free.
func (l *fileLock) try(create bool) (locked bool, err error) {
	if there, err := l.open(create); err != nil || !there {
		return !there && err == nil, err
	}
	if locked, err = tryLockFile(l.file); err != nil || !locked {
		return false, l.refused(err)
	}
	return l.same(), nil
}

// wait takes the lock when it becomes free.
func (l *fileLock) wait(create bool) error {
	for range 10 {
		if there, err := l.open(create); err != nil || !there {
			return err
		}
		if err := lockFile(l.file); err != nil {
			return l.refused(err)
		}
		if l.same() {
			return nil
		}
	}
	return &state.UnusableError{Path: l.state, Reason: "cannot be locked", Hint: "something keeps replacing " + l.path}
}

// same reports whether the locked file is still the one at the path. If not, it lets go of it: what others lock is another.
func (l *fileLock) same() bool {
	held, err := l.file.Stat()
	if err == nil {
		if now, err := os.Lstat(l.path); err == nil && os.SameFile(held, now) {
			return true
		}
	}
	l.unlock()
	_ = l.file.Close()
	l.file = nil
	return false
}

// open opens the lock file, once; there is false when there is none and none is to be made.
func (l *fileLock) open(create bool) (there bool, err error) {
	if l.file != nil {
		return true, nil
	}
	flag := os.O_RDWR
	if create {
		flag |= os.O_CREATE
	}
	l.file, err = openPlain(l.path, flag)
	if errors.Is(err, fs.ErrPermission) {
		// Whoever may only read takes the lock all the same; writing is refused later, and better.
		if f, readErr := openPlain(l.path, os.O_RDONLY); readErr == nil {
			l.file, err = f, nil
		}
	}
	if err != nil {
		l.file = nil
		if !create && errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return false, l.refused(err)
	}
	return true, nil
}

// refused words why the lock file cannot be used, with what to do.
func (l *fileLock) refused(err error) error {
	if err == nil {
		return nil
	}
	return notLocked(l.state, err)
}

// close closes the lock file, unless a goroutine still waits with it: then the system does, at the end of the process.
func (l *fileLock) close() {
	select {
	case l.turn <- struct{}{}:
		if l.file != nil {
			_ = l.file.Close()
			l.file = nil
		}
		<-l.turn
	default:
	}
}

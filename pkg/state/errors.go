package state

import (
	"errors"
	"fmt"
	"time"
)

// ErrLost says that the claim is somebody else's by now, or that the entry is gone: what was to be settled is not.
var ErrLost = errors.New("the claim on this message is lost to another process")

// ErrAbsent says that there is no such entry.
var ErrAbsent = errors.New("there is no such message in the state")

// ErrReadOnly is a mistake of the caller: View was given a function that writes.
var ErrReadOnly = errors.New("state: this transaction reads only")

// LockedError says that other processes kept the state's lock for too long.
type LockedError struct {
	Path   string
	Waited time.Duration
}

// Error names the state and how long was waited for it.
func (e *LockedError) Error() string {
	return fmt.Sprintf("state %s is locked by another process (waited %s): try again when it has ended", e.Path, e.Waited)
}

// UnusableError says that the state cannot be used, and was not changed.
type UnusableError struct {
	Path string
	// Reason completes "state PATH ...".
	Reason string
	// Hint is what a person can do about it, "" when nothing comes to mind.
	Hint string
	// Err is what lies beneath, nil when nothing does.
	Err error
}

// Error is one sentence: path, reason, cause. What to do is in Hint.
func (e *UnusableError) Error() string {
	s := "state " + e.Path + " " + e.Reason
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns what lies beneath.
func (e *UnusableError) Unwrap() error { return e.Err }

// DamagedError says that something stored is not what was written.
type DamagedError struct {
	// Path is the state's file, "" when the state is in memory.
	Path string
	// Place is the bucket, and the key where it helps.
	Place  string
	Reason string
	// Err is what was noticed, nil when Reason says all.
	Err error
}

// Unwrap returns what was noticed.
func (e *DamagedError) Unwrap() error { return e.Err }

// Error names the file, the place and what to do.
func (e *DamagedError) Error() string {
	s := "state"
	if e.Path != "" {
		s += " " + e.Path
	}
	return fmt.Sprintf("%s is damaged at %s: %s (run state check, then restore a copy or move the file away)", s, e.Place, e.Reason)
}

// Damaged returns a [*DamagedError] about a key of a bucket.
func Damaged(bucket, key, reason string) error {
	place := "%s/%x"
	if bucket == BucketMeta {
		place = "%s/%q" // these keys are words
	}
	return &DamagedError{Place: fmt.Sprintf(place, bucket, clip(key)), Reason: reason}
}

// clip keeps keys short in errors; no key is a secret, but some are long.
func clip(key string) string { return key[:min(len(key), 32)] }

package state

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// EntryStatus is where a message is.
type EntryStatus string

// The statuses, as the machine-readable output has them.
const (
	// EntryPending waits to be delivered, EntryQueued for a digest; EntryDead is not tried again until a person says so.
	EntryPending EntryStatus = "pending"
	EntryQueued  EntryStatus = "queued"
	EntryDead    EntryStatus = "dead"
)

// Listed is a message with its status.
type Listed struct {
	Entry
	Status EntryStatus
}

// Messages walks all messages: those that wait first, then those that wait for a digest, then the dead ones.
func Messages(tx Tx) iter.Seq2[Listed, error] {
	return func(yield func(Listed, error) bool) {
		for _, group := range []struct {
			status  EntryStatus
			entries iter.Seq2[Entry, error]
		}{{EntryPending, Entries(tx, false)}, {EntryQueued, Queued(tx)}, {EntryDead, Entries(tx, true)}} {
			for e, err := range group.entries {
				if !yield(Listed{e, group.status}, err) || err != nil {
					return
				}
			}
		}
	}
}

// KeyLength is the length of a message's key. What has one key is one message, however often it waits.
const KeyLength = 32

// NoMatchError says that no message, or more than one, has a key that begins so.
type NoMatchError struct {
	ID string
	// Matches is how many do.
	Matches int
}

// Error says what was looked for, and how many there are.
func (e *NoMatchError) Error() string {
	if e.Matches == 0 {
		return fmt.Sprintf("no message has an ID that begins with %q", e.ID)
	}
	return fmt.Sprintf("%d messages have an ID that begins with %q", e.Matches, e.ID)
}

// FindByID returns the numbers of the messages that IDs name, ascending: an ID is any unique beginning of a key, in any case. The
// error is a [*NoMatchError] when an ID names none or several.
func FindByID(tx Tx, ids []string) ([]uint64, error) {
	matches := make([][]uint64, len(ids))
	for m, err := range Messages(tx) {
		if err != nil {
			return nil, err
		}
		for i, id := range ids {
			if strings.HasPrefix(m.Key, strings.ToLower(id)) {
				matches[i] = append(matches[i], m.Seq)
			}
		}
	}
	var seqs []uint64
	for i, id := range ids {
		if n := len(matches[i]); n != 1 && (n == 0 || len(id) != KeyLength) {
			return nil, &NoMatchError{id, n}
		}
		seqs = append(seqs, matches[i]...)
	}
	slices.Sort(seqs)
	return slices.Compact(seqs), nil
}

// DeadMessages returns the numbers of the dead messages, ascending.
func DeadMessages(tx Tx) ([]uint64, error) {
	var seqs []uint64
	for e, err := range Entries(tx, true) {
		if err != nil {
			return nil, err
		}
		seqs = append(seqs, e.Seq)
	}
	slices.Sort(seqs)
	return seqs, nil
}

package boltfile

import (
	"context"

	"github.com/postee/postee/pkg/state"
)

// maxProblems bounds what Check reports of pages: after that many, more say nothing new.
const maxProblems = 100

// Check verifies the whole state: the pages, every value, and that entries, lanes, documents, counts and names fit one
// another. It returns what is wrong in words, at most a hundred; an error when it could not look.
func (s *Store) Check(ctx context.Context) (problems []string, err error) {
	err = s.whole(ctx, func(o *opened, tx state.Tx) error {
		// bbolt's own check runs in a goroutine, where a fault ends the process: it sees only what is in order.
		if err := inspect(o.file, o.header, true); err != nil {
			problems = append(problems, "pages: "+err.Error())
			return nil //nolint:nilerr // what is wrong is the answer
		}
		for err := range o.tx.Check() {
			if len(problems) < maxProblems {
				problems = append(problems, "pages: "+err.Error())
			}
		}
		if len(problems) == 0 {
			problems = state.Audit(tx, s.decoders)
		}
		return nil
	})
	return problems, err
}

// whole runs fn in a View that can also see the file.
func (s *Store) whole(ctx context.Context, fn func(*opened, state.Tx) error) error {
	release, err := s.lock.acquire(ctx, s.timeout, !s.noCreate)
	if err != nil {
		return err
	}
	defer release()
	o, err := s.openFile(false)
	if err != nil {
		return s.withPath(err)
	}
	defer s.closeFile(o)
	return s.withPath(guarded("the pages", func() (err error) {
		if o.tx, err = o.db.Begin(false); err != nil {
			return err
		}
		return fn(o, newChecksummed(o.raw()))
	}))
}

package state

import (
	"iter"
	"strings"
)

// lineOf is what the keys of a target's line begin with: the numbers of what waits for it follow.
func lineOf(target string) string { return hash16(target) }

// lineKeys returns the keys of an entry in the lines: that of its target and, for one that only its own run can deliver, the line
// without a target, where every run looks for those that nobody can print any more.
func lineKeys(e *Entry) []string {
	keys := []string{lineOf(e.Target) + seqKey(e.Seq)}
	if e.Local && !e.Revived && e.Target != "" {
		keys = append(keys, lineOf("")+seqKey(e.Seq))
	}
	return keys
}

// inLine walks the entries of a target's line behind a number.
func inLine(tx Tx, target string, after uint64) iter.Seq2[Pair, error] {
	return func(yield func(Pair, error) bool) {
		line := lineOf(target)
		for p, err := range tx.Range(BucketLine, line+seqKey(after+1)) {
			if err == nil && !strings.HasPrefix(p.Key, line) {
				return
			}
			var value []byte
			if err == nil {
				p.Key = p.Key[len(line):]
				value, err = tx.Get(BucketOut, p.Key)
			}
			if err == nil && value == nil {
				err = Damaged(BucketLine, p.Key, "it leads to no message")
			}
			if !yield(Pair{Key: p.Key, Value: value}, err) || err != nil {
				return
			}
		}
	}
}

// Lines walks the oldest waiting entry of each target, without Message, in no order that means anything.
func Lines(tx Tx) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for from, more := "", true; more; {
			more = false
			for p, err := range tx.Range(BucketLine, from) {
				if err == nil && len(p.Key) != len(lineOf(""))+len(seqKey(0)) {
					err = Damaged(BucketLine, p.Key, "the key has a wrong length")
				}
				if err != nil {
					yield(Entry{}, err)
					return
				}
				line := p.Key[:len(lineOf(""))]
				from, more = line+seqKey(1<<64-1), true
				if line == lineOf("") {
					break
				}
				if e, err := entryOf(tx, p.Key[len(line):]); !yield(e, err) || err != nil {
					return
				}
				break
			}
		}
	}
}

// entryOf reads an entry that a line leads to, without Message.
func entryOf(tx Tx, key string) (Entry, error) {
	v, err := tx.Get(BucketOut, key)
	if err != nil {
		return Entry{}, err
	}
	e, _, err := decodeHeader(v)
	if err != nil {
		return Entry{}, Damaged(BucketOut, key, err.Error())
	}
	return e, nil
}

// Line walks what waits for a target, oldest first, without Message.
func Line(tx Tx, target string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for p, err := range inLine(tx, target, 0) {
			var e Entry
			if err == nil {
				if e, _, err = decodeHeader(p.Value); err != nil {
					err = Damaged(BucketOut, p.Key, err.Error())
				}
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

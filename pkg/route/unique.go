package route

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// Unique makes values of the document what a message is known by, instead of the difference: it is sent once for each of them.
type Unique struct {
	// Props are dotted paths of the document, as [scan.Report.Values] takes them. One that it does not have is a value of its own; where
	// it has none at all, its subject is the value.
	Props []string
	// Within is how long a message that was sent is not sent again; 0 is for ever.
	Within time.Duration
}

// key returns what a report about a subject is known by on a route.
func (u *Unique) key(route, subject string, r *scan.Report) state.OnceKey {
	h := sha256.New()
	add := func(text *string) {
		if text == nil {
			h.Write([]byte{0})
			return
		}
		h.Write(append(binary.AppendUvarint([]byte{1}, uint64(len(*text))), *text...))
	}
	add(&route)
	values := r.Values(u.Props)
	for i, path := range u.Props {
		add(&path)
		add(values[i])
	}
	if !slices.ContainsFunc(values, func(v *string) bool { return v != nil }) {
		add(&subject)
	}
	return state.OnceKey(h.Sum(nil))
}

// once are the keys of messages that are sent once in a while, as a batch has viewed and changed them.
type once struct {
	// at is when each was admitted last, the batch's own included; was is what was viewed of those that the batch has admitted.
	at, was map[state.OnceKey]time.Time
}

// newOnce begins with what was viewed.
func newOnce(viewed map[state.OnceKey]time.Time) once {
	o := once{at: make(map[state.OnceKey]time.Time, len(viewed)), was: map[state.OnceKey]time.Time{}}
	for key, at := range viewed {
		o.at[key] = at
	}
	return o
}

// admit takes down that a message is admitted under a key.
func (o *once) admit(key state.OnceKey, now time.Time) {
	if _, before := o.was[key]; !before {
		o.was[key] = o.at[key]
	}
	o.at[key] = now
}

// admission returns what the batch writes of it.
func (o *once) admission() (all []state.Once) {
	for key, was := range o.was {
		all = append(all, state.Once{Key: key, Was: was, Now: o.at[key]})
	}
	return all
}

// loadOnce reads when messages were admitted under the keys that the jobs have on routes which send once in a while.
func (e *Engine) loadOnce(tx state.Tx, jobs []*job) (map[state.OnceKey]time.Time, error) {
	if e.Against != nil { // what the state knows does not count
		return nil, nil
	}
	var keys []state.OnceKey
	for _, r := range e.Routes {
		if r.Unique == nil {
			continue
		}
		for _, j := range jobs {
			keys = append(keys, e.onceKey(r, j))
		}
	}
	times, err := state.LoadOnce(tx, keys)
	found := make(map[state.OnceKey]time.Time, len(keys))
	for i, at := range times {
		if !at.IsZero() {
			found[keys[i]] = at
		}
	}
	return found, err
}

// sharesOnce reports whether two batches have a key in common under which messages are sent once in a while.
func (e *Engine) sharesOnce(one, other []*job) bool {
	for _, r := range e.Routes {
		if r.Unique == nil {
			continue
		}
		keys := make(map[state.OnceKey]bool, len(one))
		for _, j := range one {
			keys[e.onceKey(r, j)] = true
		}
		if slices.ContainsFunc(other, func(j *job) bool { return keys[e.onceKey(r, j)] }) {
			return true
		}
	}
	return false
}

// onceKey returns what the report is known by on a route, found once.
func (e *Engine) onceKey(r *Route, j *job) state.OnceKey {
	key, found := j.onceKeys[r]
	if !found {
		if j.onceKeys == nil {
			j.onceKeys = map[*Route]state.OnceKey{}
		}
		key = r.Unique.key(r.Name, e.subjectOf(r, j), j.report)
		j.onceKeys[r] = key
	}
	return key
}

// Uniques returns the rules of a route that sends once for each of its values, in the place of [Differences]. How old a scan is does not
// matter then.
func Uniques(key string, line int, r *Route) []Rule {
	told := func(c *Case) (at time.Time, again bool) {
		at = c.decision.once.at[c.decision.engine.onceKey(r, c.job)]
		return at, at.IsZero() || r.Unique.Within > 0 && c.decision.now.Sub(at) >= r.Unique.Within
	}
	return []Rule{{
		Key: key, Line: line, No: Duplicate, Basis: OnAll,
		Pass: pure(func(c *Case) bool { _, again := told(c); return again }),
		Why: func(_ context.Context, c *Case) string {
			at, again := told(c)
			switch {
			case at.IsZero():
				return "no message with these values was sent"
			case again:
				return fmt.Sprintf("the last message with these values was sent on %s, more than %v ago", at.Format(time.DateTime), r.Unique.Within)
			}
			return fmt.Sprintf("a message with these values was sent on %s UTC", at.Format(time.DateTime))
		},
	}}
}

package main

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// taking is one message, or one part of one, that a target took: it answered with success, or would have.
type taking struct {
	body, key string
	// epoch counts the kills before it.
	epoch int
}

// record is what a target took, and by which keys.
type record struct {
	mu sync.Mutex
	// changed is closed, and made anew, whenever something was taken, or a connection has come or gone.
	changed chan struct{}
	epoch   int
	takings []taking
	keys    map[string]map[string]bool // body -> keys
	last    map[string]string          // subject -> last body
	taken   int
	repeat  int
	// done are bodies that the state knew to be taken when a process was killed: they must not come again.
	done map[string]bool
	// broken are bodies of done that came again all the same.
	broken int
}

// newRecord makes an empty record.
func newRecord() record {
	return record{changed: make(chan struct{}), keys: map[string]map[string]bool{}, last: map[string]string{}, done: map[string]bool{}}
}

// take takes down what was taken about a subject. The caller holds the lock.
func (r *record) take(subject, body, key string) {
	if r.keys[body] == nil {
		r.keys[body] = map[string]bool{}
	} else {
		r.repeat++
	}
	if r.done[body] {
		r.broken++
	}
	r.keys[body][key] = true
	r.last[subject] = body
	r.takings = append(r.takings, taking{body, key, r.epoch})
	r.taken++
	r.notify()
}

// notify wakes up whoever waits for something to change. The caller holds the lock.
func (r *record) notify() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// until waits, for as long as it takes, until something is the case, which is asked under the lock.
func (r *record) until(is func() bool) {
	for {
		r.mu.Lock()
		done, changed := is(), r.changed
		r.mu.Unlock()
		if done {
			return
		}
		<-changed
	}
}

// count returns how many messages were taken until now.
func (r *record) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.taken
}

// await waits until the target has taken n messages.
func (r *record) await(n int) { r.until(func() bool { return r.taken >= n }) }

// tookBefore counts what was taken under a key in the epoch that has just ended.
func (r *record) tookBefore(key string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.takings) - 1; i >= 0 && r.takings[i].epoch >= r.epoch-1; i-- {
		if r.takings[i].key == key && r.takings[i].epoch == r.epoch-1 {
			n++
		}
	}
	return n
}

// repeatsWithKey counts messages that came more than once under one key, each time but the first.
func (r *record) repeatsWithKey() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := map[string]bool{}
	for _, one := range r.takings {
		if one.key != "" && seen[one.key] {
			n++
		}
		seen[one.key] = true
	}
	return n
}

// partOf finds which part of how many a Slack message says it is.
var partOf = regexp.MustCompile(`\(part (\d+) of (\d+)\)`)

// partsOf returns the number of a part and how many there are: 1 of 1 when the body says nothing.
func partsOf(body string) (n, of int) {
	if m := partOf.FindStringSubmatch(body[:min(len(body), 400)]); m != nil {
		n, _ = strconv.Atoi(m[1])
		of, _ = strconv.Atoi(m[2])
		return n, of
	}
	return 1, 1
}

// messages counts the distinct messages that were taken, and those of which only some parts were.
func (r *record) messages() (whole, partial int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	count := map[[2]int]int{}
	for body := range r.keys {
		n, of := partsOf(body)
		count[[2]int{n, of}]++
	}
	for at, first := range count {
		if at[0] != 1 {
			continue
		}
		least := first
		for n := 2; n <= at[1]; n++ {
			least = min(least, count[[2]int{n, at[1]}])
		}
		whole += least
		partial += first - least
	}
	return whole, partial
}

// forbid notes that these parts of the message that is under way for a subject are confirmed. The last of each name is it.
func (r *record) forbid(subject string, parts []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range parts {
		for i := len(r.takings) - 1; i >= 0; i-- {
			body := r.takings[i].body
			if n, of := partsOf(body); name == strconv.Itoa(n)+"/"+strconv.Itoa(of) && strings.Contains(body, subject) {
				r.done[body] = true
				break
			}
		}
	}
}

// otherKeys counts bodies that came under more than one key.
func (r *record) otherKeys() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, keys := range r.keys {
		if len(keys) > 1 {
			n++
		}
	}
	return n
}

// times counts how often each key was taken.
func (r *record) times() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	times := map[string]int{}
	for _, one := range r.takings {
		times[one.key]++
	}
	return times
}

// unexplained counts repeats that came although no process was killed since the body was taken before.
func (r *record) unexplained() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := map[string]int{}
	for _, one := range r.takings {
		if before, again := last[one.body]; again && before == one.epoch {
			n++
		}
		last[one.body] = one.epoch
	}
	return n
}

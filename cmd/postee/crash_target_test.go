package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// taking is one message, or one part of one, that a target took: it answered with success, or would have.
type taking struct {
	body, key string
	// epoch counts the kills before it.
	epoch int
}

// recorder is a target that remembers what it was sent, and by which key.
type recorder struct {
	*httptest.Server
	mu    sync.Mutex
	delay time.Duration
	// changed is closed, and made anew, whenever something was taken, or a connection has come or gone.
	changed chan struct{}
	// answer returns the status of the n-th request, from 1; nil is always 204. What it refuses is not taken.
	answer func(n int) int
	asked  int
	epoch  int
	// Behind so many requests it answers no more until gate is closed; a nil gate holds nothing.
	open int
	gate chan struct{}
	// conns counts connections that are open.
	conns   int
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

// newRecorder starts a target that answers late: a kill in between leaves a message delivered and not confirmed.
func newRecorder(t testing.TB, delay time.Duration) *recorder {
	r := &recorder{delay: delay, changed: make(chan struct{}), keys: map[string]map[string]bool{}, last: map[string]string{}, done: map[string]bool{}}
	r.Server = httptest.NewUnstartedServer(r)
	r.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		r.mu.Lock()
		defer r.mu.Unlock()
		switch s {
		case http.StateNew:
			r.conns++
		case http.StateClosed, http.StateHijacked:
			r.conns--
		case http.StateActive, http.StateIdle:
		}
		r.notify()
	}
	r.Start()
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP records first and answers late.
func (r *recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if q.Method == http.MethodHead { // the harness's own question
		return
	}
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return // the sender died while it spoke: nothing was received
	}
	r.mu.Lock()
	r.asked++
	status := http.StatusNoContent
	if r.answer != nil {
		status = r.answer(r.asked)
	}
	if status < 300 {
		r.record(q, string(body))
	}
	delay, gate := r.delay, r.gate
	if r.asked <= r.open {
		gate = nil
	}
	r.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-q.Context().Done():
	}
	if gate != nil {
		select {
		case <-gate:
		case <-q.Context().Done():
		}
	}
	w.WriteHeader(status)
}

// record takes down what was taken.
func (r *recorder) record(q *http.Request, text string) {
	if r.keys[text] == nil {
		r.keys[text] = map[string]bool{}
	} else {
		r.repeat++
	}
	if r.done[text] {
		r.broken++
	}
	key := q.Header.Get("Idempotency-Key")
	r.keys[text][key] = true
	r.last[q.Header.Get("X-Postee-Subject")] = text
	r.takings = append(r.takings, taking{text, key, r.epoch})
	r.taken++
	r.notify()
}

// notify wakes up whoever waits for something to change. The caller holds the lock.
func (r *recorder) notify() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// until waits, for as long as it takes, until something is the case, which is asked under the lock.
func (r *recorder) until(is func() bool) {
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

// late lets it answer so late from now on.
func (r *recorder) late(delay time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay = delay
}

// answers decides from now on what the n-th request is answered with.
func (r *recorder) answers(answer func(n int) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// holds lets it take, and not answer, what comes behind the next n requests, until it is let go: so something is left to do when a
// test does something to a process, however long the test takes to get there.
func (r *recorder) holds(n int) (letGo func()) {
	gate := make(chan struct{})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open, r.gate = r.asked+n, gate
	return func() { close(gate) }
}

// count returns how many messages were taken until now.
func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.taken
}

// await waits until the target has taken n messages.
func (r *recorder) await(n int) { r.until(func() bool { return r.taken >= n }) }

// settle waits until all that a dead process has sent is taken down, and begins the next epoch. Connections are accepted in
// the order in which they were made: one of our own that was served comes after all of the dead process.
func (r *recorder) settle(t *testing.T) {
	t.Helper()
	fence := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := fence.Head(r.URL)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	r.until(func() bool {
		if r.conns == 0 {
			r.epoch++
		}
		return r.conns == 0
	})
}

// tookBefore counts what was taken under a key in the epoch that has just ended.
func (r *recorder) tookBefore(key string) (n int) {
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
func (r *recorder) repeatsWithKey() (n int) {
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
func (r *recorder) messages() (whole, partial int) {
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
func (r *recorder) forbid(subject string, parts []string) {
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
func (r *recorder) otherKeys() (n int) {
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
func (r *recorder) times() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	times := map[string]int{}
	for _, one := range r.takings {
		times[one.key]++
	}
	return times
}

// unexplained counts repeats that came although no process was killed since the body was taken before.
func (r *recorder) unexplained() (n int) {
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

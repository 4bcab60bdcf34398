package state

import "time"

// Entry is one message to one target, from its admission until the target has confirmed it.
type Entry struct {
	// Seq orders entries by admission; the state gives it. It is unique for ever in one state.
	Seq uint64
	// Key is 32 hex digits, stable for ever: the target sees it, and so does whoever reads state outbox.
	Key     string
	Route   string
	Target  string
	Subject string
	// Address is a hash of where the message is to go, where the target's name does not tell; "" where it does.
	Address string
	// Lane: the entries of one lane leave one after the other, in the order of admission. Default: route, target, subject.
	Lane string
	// Thread is where the receipt for this route, target and subject is kept; "" keeps it with the entry, and no longer (digests).
	Thread string
	// Kept is the receipt of an entry without a thread.
	Kept []byte
	// Local entries are delivered by the run that admitted them, or by none.
	Local bool
	// Admitter is the owner that admitted the entry, 0 when it was nobody who can claim. [Admit] sets it.
	Admitter uint64
	Admitted time.Time
	// Claim is who is delivering it; the zero value is nobody.
	Claim Claim
	// NotBefore is what the target asked for with Retry-After; zero is at once.
	NotBefore time.Time
	// Unsure is when the last attempt ended of whose outcome nobody knows: no answer came to it, or the process that claimed the entry
	// died. The zero time is that there was none, or that the part it was about has been confirmed since.
	Unsure time.Time
	// Attempts counts attempts at any part, over all runs.
	Attempts int
	// Done holds the names of the parts that the target has confirmed, Plan a digest of the plan they belong to.
	Done []string
	Plan []byte
	// Reason is why the last attempt failed, in words without secrets.
	Reason string
	// Dead entries are not tried again until a person says so; Revived ones were said so.
	Dead    bool
	Revived bool
	// Document is the SHA-256 of the blob that the message needs, nil when it needs none.
	Document []byte
	// Scans tells a digest: how many queued messages it gathers, 0 for a message of its own. From and To bound their numbers in
	// the queue of the lane. A digest has no Message and no Document. Weight is about how many bytes it, or a queued message,
	// takes in memory with its documents; whoever admits a queued message says so. 0 for others.
	Scans  int
	From   uint64
	To     uint64
	Weight int64
	// Gather, while the entry is being admitted, sends it to the queue of its lane, to wait until that many are there: 0 sends
	// it at once, [GatherUntilAsked] leaves it there until [FormDigests] is told to. It is not stored.
	Gather int
	// Unique, while a queued message is being admitted, leaves it out when one with its key waits in the queue already: runs that
	// remember nothing repeat keys. It reads the queue. It is not stored.
	Unique bool
	// Numbered, while the entry is being admitted, says that its key has a message number that was not given out before: then no
	// waiting entry has that key, and the lane is not searched for it. It is not stored.
	Numbered bool
	// Shared says that the lane has entries to other targets too.
	Shared bool
	// Chained, while the entry is being admitted, says that it is sent only when the one before it in the admission was; it is not stored.
	// After is its number, 0 for none. Barred says, when the entry is claimed, that the one before it is dead; it is not stored either.
	Chained bool
	After   uint64
	Barred  bool
	// Message is what to say, encoded by pkg/message. It is stored behind the rest of the entry.
	Message []byte
	// Last is the receipt of the thread, filled in when the entry is claimed; it is not stored with the entry.
	Last []byte
}

// maxWait is the longest wait that a target can ask for. A time that lies further ahead comes from a clock that was wrong.
const maxWait = 24 * time.Hour

// waits reports whether the target asked not to be asked yet.
func (e *Entry) waits(now time.Time) bool {
	return e.NotBefore.After(now) && !e.NotBefore.After(now.Add(maxWait))
}

// Claim is held by a process while it lives, and no longer than from Since until Until. An end that lies more than
// [MaxLease] ahead counts for nothing, so that a clock that was wrong freezes nothing.
type Claim struct {
	Owner uint64
	Since time.Time
	Until time.Time
}

// Outcome is what became of a claimed entry.
type Outcome uint8

// The outcomes.
const (
	// Confirmed: the target has all of it; the entry goes. Accepted from any owner.
	Confirmed Outcome = iota
	// Progress: a part is done or a receipt came; the claim stays. Accepted from any owner.
	Progress
	// Released: not delivered in this run; it waits for the next. Accepted from the owner of the claim only.
	Released
	// Died: it will never be delivered as it is. Accepted from the owner of the claim only.
	Died
)

// Settlement says what became of an entry. Attempts, Unsure, Done, Plan, NotBefore and Reason of Entry are stored.
type Settlement struct {
	Entry   Entry
	Outcome Outcome
	// Receipt is kept in the entry's thread when it is not nil.
	Receipt []byte
}

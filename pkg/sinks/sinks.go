// Package sinks is the contract of a target: what it is given, what it gives back, and how its errors are judged.
//
// A sink plans a message into parts that its target accepts and makes one attempt at one part. It never loops over
// attempts, sleeps, retries, logs or remembers: pkg/deliver does that, for all targets in the same way.
package sinks

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/postee/postee/pkg/message"
)

// Sink sends messages to one target.
type Sink interface {
	// Plan returns m as the target takes it: parts within its limits, in the order of sending, at least one. It is pure and
	// deterministic, leaves m as it is, and puts no secret into a part. An error is that m can never be sent.
	Plan(m *message.Message) ([]Part, error)
	// Send makes one attempt at one part, and nothing once ctx has ended. Its error is a [Failure], an [HTTPError], or one of the
	// network; it shows no secret. A Receipt beside an error is progress: it is kept, and comes back as Last.
	Send(ctx context.Context, d Delivery) (Receipt, error)
}

// Part is what one delivery sends of a message. People see it (postee render), and its name is stored.
type Part struct {
	// Name is stable between attempts, and unique in the message: "1/1", "2/3", "mx:example.com".
	Name string
	// MediaType is the body's, for HTTP targets.
	MediaType string
	Body      []byte
}

// Delivery is one attempt.
type Delivery struct {
	// Key is the entry's: 32 hex digits, the same for every attempt.
	Key string
	// Subject is the message's subject, "" for a digest.
	Subject string
	Part    Part
	// Last is the latest receipt of this target for the route and subject, the zero value when there is none: a ticket, a thread.
	Last Receipt
	// Message is the whole message: tickets ask it whether anything is still open.
	Message *message.Message
	// Unsure is when the last attempt ended of whose outcome nothing is known: no answer came, or the process died. The target may
	// have what it was sent. The zero time is that there was none. A target that finds late what it has just made waits from here on
	// before it makes it again.
	Unsure time.Time
}

// Receipt is what the target calls what it was sent. It is stored and shown: it has no secret in it.
type Receipt struct {
	// Ref is for people: "SEC-12".
	Ref string `json:"ref,omitzero"`
	// Keep is for the sink's next delivery.
	Keep map[string]string `json:"keep,omitzero"`
	// Notes are what people should know of a part that was delivered: "there is no field priority on the screen: left out". They are
	// shown once and not stored.
	Notes []string `json:"-"`
	// Objection is why the target, which judges what it is sent, refuses the artifact: "policy violation: fail, https://…"; "" is that it
	// does not. It is a part of the gate, and stays one until another receipt takes its place: a scan that brings nothing new does not
	// turn a red job green.
	Objection string `json:"objection,omitzero"`
}

// Checker is a sink that can be tried out without creating anything; one that is not gets a message with Test set.
type Checker interface {
	// Check reports what works, one sentence each, and the first thing that does not. ErrUnchecked is that this configuration of
	// the target has nothing to check: it gets a test message.
	Check(ctx context.Context) ([]string, error)
}

// Preparer is a sink that can tell by a look at this machine that no attempt will do.
type Preparer interface {
	// Prepare returns what is wrong and what to do about it. It is called before anything is read or sent, and changes nothing.
	Prepare() error
}

// ErrUnchecked is a Checker's answer where only a message can tell.
var ErrUnchecked = errors.New("only a test message can tell")

// Config is a target's part of the configuration. Its struct tags are the only list of its keys.
type Config interface {
	// Validate returns all that is missing, contradicts itself or cannot be sent, each with its key, without any I/O.
	Validate() []Problem
	// Needs says what must be kept for it and how fast it may be asked.
	Needs() Needs
	// Open makes the sink; it does no I/O either. What Validate finds fault with is an error: see [Invalid].
	Open(Env) (Sink, error)
}

// Warner is a Config that may be allowed and dangerous at once. [HTTP] is one; a target with warnings of its own adds them to it.
type Warner interface {
	// Warnings returns what people should know, a sentence each.
	Warnings() []string
}

// Needs is what a target asks of the rest of the program.
type Needs struct {
	// Document asks for the document's own bytes, as they were received, in each [message.Section]: they wait beside the message.
	// Without it Section.Document is nil.
	Document bool
	// Open asks for all findings that are open after the scan, told before or not, in each section: for a target that replaces what
	// it has by the whole state of a subject. Without it a section has the difference, and only counts the rest.
	Open bool
	// Components asks for the packages of the scanned artifact, vulnerable or not, each with its PURL, version and licence: for a
	// target that is sent an inventory (a bill of materials).
	Components bool
	// Owners says that it tells nobody but the owners whom a document names: one that names none with a mail address is not for it.
	Owners bool
	// Judges says that it judges what it is sent: a receipt can have an Objection, and a gate does not pass before there is a receipt.
	Judges bool
	// Undigested is the key for whose sake each message must be about one subject, "ticket.mode": a route that aggregates is refused.
	// "" takes digests.
	Undigested string
	// Local says that only the run that admits a message can deliver it (standard output): what that run leaves is dead, because no
	// later one could do it.
	Local bool
	// Every is the least time between the beginnings of two requests, to this target and in this run; 0 is no limit.
	Every time.Duration
	// Concurrent is how many requests may be under way at once, from 1; 0 is 1. Messages about one subject are sent one after the
	// other in any case.
	Concurrent int
}

// Env is what a sink may use of the process.
type Env struct {
	// Stdout is the process's standard output.
	Stdout io.Writer
	// Width is the terminal's width in columns, 0 when standard output is no terminal.
	Width int
	// Colour reports whether standard output shows colours.
	Colour bool
	// Format, if not "", is the format that standard output was asked for, whatever the configuration says.
	Format string
	// AquaServer is the console that messages link to, "" when there is none.
	AquaServer string
	// All shows long lists whole.
	All bool
	// Now is the time, for relative times in what people read.
	Now func() time.Time
	// Proxy chooses the proxy of a request; nil is none.
	Proxy func(*http.Request) (*url.URL, error)
	// UserAgent is sent with every request.
	UserAgent string
}

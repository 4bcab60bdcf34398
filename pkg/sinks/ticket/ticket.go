// Package ticket is the life of a ticket, for the targets that have tickets: what the block ticket: of a configuration says, which
// ticket a message is about, and what the message means for it. It speaks to nobody.
package ticket

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/quantity"
	"github.com/postee/postee/pkg/sinks"
)

// Config is the block ticket: of a target. The zero value opens a ticket for each message.
type Config struct {
	// Mode is "" or new: each message opens a ticket; or update: one ticket for each route and subject.
	Mode string `cfg:"mode" doc:"new: each message opens a ticket; update: one ticket for each route and subject." enum:"new,update" default:"new"`
	// OnFixed is what becomes of a ticket when nothing at or above the route's threshold is left: comment (""), close or nothing.
	OnFixed string `cfg:"on-fixed" doc:"What becomes of a ticket when nothing that counts is left. Default: comment." enum:"comment,close,nothing"`
	// Reopen is what becomes of a closed ticket when something is found again.
	Reopen Reopen `cfg:"reopen" doc:"Which closed tickets are opened again: none, all, or those that were closed no longer ago. Default: never." enum:"never,always,DURATION"`
	// Transition names the step that closes a ticket; "" is the one that leads to a state of the category done.
	Transition string `cfg:"transition" doc:"The step that closes a ticket. Default: the one that leads to a state of the category done."`
}

// Reopen says which closed tickets are opened again. The zero value is none: a new one is opened.
type Reopen struct {
	// Always opens every closed ticket again, Within those that were closed no longer ago.
	Always bool
	Within time.Duration
}

// UnmarshalText reads never, always or a duration.
func (r *Reopen) UnmarshalText(text []byte) error {
	switch word := strings.ToLower(strings.TrimSpace(string(text))); word {
	case "never":
		*r = Reopen{}
	case "always":
		*r = Reopen{Always: true}
	default:
		within, err := quantity.Duration(word)
		if err != nil {
			return fmt.Errorf("expected never, always or a duration such as 30d, found %s", quantity.Quote(string(text)))
		}
		*r = Reopen{Within: within}
	}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (r Reopen) MarshalText() ([]byte, error) {
	switch {
	case r.Always:
		return []byte("always"), nil
	case r.Within > 0:
		return []byte(r.Within.String()), nil
	}
	return []byte("never"), nil
}

// Words of the configuration.
const (
	modeNew, modeUpdate          = "new", "update"
	fixComment, fixClose, fixNot = "comment", "close", "nothing"
)

// Updates reports whether there is one ticket for each route and subject.
func (c *Config) Updates() bool { return strings.EqualFold(c.Mode, modeUpdate) }

// onFixed reports whether OnFixed is that word.
func (c *Config) onFixed(word string) bool {
	return strings.EqualFold(c.OnFixed, word) || word == fixComment && c.OnFixed == ""
}

// Validate returns what is wrong with the block, whose keys stand under "ticket".
func (c *Config) Validate() []sinks.Problem {
	var list []sinks.Problem
	add := func(key, text string) { list = append(list, sinks.Problem{Key: "ticket." + key, Text: text}) }
	switch {
	case c.Updates():
	case c.Mode != "" && !strings.EqualFold(c.Mode, modeNew):
		add("mode", "must be new or update")
	default:
		for _, k := range []struct {
			key string
			set bool
		}{{"on-fixed", c.OnFixed != ""}, {"reopen", c.Reopen != Reopen{}}, {"transition", c.Transition != ""}} {
			if k.set {
				add(k.key, "means something with mode: update only")
			}
		}
	}
	if !c.onFixed(fixComment) && !c.onFixed(fixClose) && !c.onFixed(fixNot) {
		add("on-fixed", "must be comment, close or nothing")
	}
	if c.Updates() && c.Transition != "" && !c.onFixed(fixClose) {
		add("transition", "means something with on-fixed: close only")
	}
	return list
}

// Needs adds what the life of a ticket asks of the rest of the program.
func (c *Config) Needs(n sinks.Needs) sinks.Needs {
	if c.Updates() {
		n.Open, n.Undigested = true, "ticket.mode"
	}
	return n
}

// Name returns what a ticket is found by: "postee-" and 32 hex digits. With mode update it stands for route and subject, otherwise for
// the message; it survives the loss of the state.
func (c *Config) Name(d *sinks.Delivery) string {
	if !c.Updates() {
		return Prefix + d.Key
	}
	h := sha256.New()
	for _, text := range []string{d.Message.Route, d.Subject} {
		h.Write(binary.AppendUvarint(nil, uint64(len(text))))
		h.Write([]byte(text))
	}
	return Prefix + hex.EncodeToString(h.Sum(nil)[:16])
}

// Prefix begins the names of tickets.
const Prefix = "postee-"

// Left returns how many findings are open at or above what the message's route speaks of.
func Left(m *message.Message) int {
	n := 0
	for i := range m.Sections {
		open := m.Sections[i].OpenFindings()
		for k := range open {
			if m.Threshold.Qualifies(&open[k]) {
				n++
			}
		}
	}
	return n
}

// Found is a ticket as the target has it.
type Found struct {
	// Open: it is not in a state of the category done.
	Open bool
	// Declined: a person closed it as not to be done.
	Declined bool
	// Closed is when it was closed, the zero time when the target does not say.
	Closed time.Time
	// Own: this very message opened it, in an earlier attempt.
	Own bool
}

// Action is what a message means for the ticket of its subject.
type Action uint8

// The actions. Comment, Refresh, OpenAgain and Close replace what the ticket says by what is open now.
const (
	// Create opens a ticket.
	Create Action = iota
	// Resume goes on with a ticket that the message has opened itself.
	Resume
	// Comment says the difference in a comment.
	Comment
	// Refresh says no word about it.
	Refresh
	// OpenAgain opens it again, and says the difference in a comment.
	OpenAgain
	// Close says in a comment that all is fixed, and closes it.
	Close
	// Leave does nothing.
	Leave
)

// Why nothing is done, for people: what is said of the ticket.
const (
	whyDeclined = "closed as not to be done: left alone"
	whyClosed   = "nothing is left of it, and it is closed: left alone"
	whyNothing  = "nothing is open that asks for a ticket"
)

// Next returns what a message means for the ticket that was found, nil when there is none, and why where nothing is done.
// left is [Left] of the message.
func (c *Config) Next(found *Found, left int, now time.Time) (next Action, why string) {
	switch {
	case found != nil && found.Own:
		return Resume, ""
	case found == nil && c.Updates() && left == 0:
		return Leave, whyNothing
	case found == nil || !c.Updates():
		return Create, ""
	case found.Open:
		return c.whileOpen(left), ""
	case found.Declined:
		return Leave, whyDeclined
	case left == 0:
		return Leave, whyClosed
	case c.Reopen.Always, !found.Closed.IsZero() && c.Reopen.Within > 0 && now.Sub(found.Closed) <= c.Reopen.Within:
		return OpenAgain, ""
	}
	return Create, ""
}

// whileOpen returns what a message means for a ticket that is open.
func (c *Config) whileOpen(left int) Action {
	switch {
	case left > 0, c.onFixed(fixComment):
		return Comment
	case c.onFixed(fixClose):
		return Close
	}
	return Refresh
}

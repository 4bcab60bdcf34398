package sinks

import (
	"errors"
	"strings"
)

// Problem is one mistake in a target's part of the configuration.
type Problem struct {
	// Key is the key that it is about, as the struct tags spell it. A key of a mapping stands behind the mapping's and a dot:
	// "tls.ca_file", "headers.Host"; what the user named is as the user wrote it. A key that is missing is named too.
	Key string
	// Text says what is wrong, and shows no value that may be secret: "must be POST, PUT or PATCH".
	Text string
	// Hint says what to do, "" where Text says enough.
	Hint string
}

// String returns the problem in one line: "url: missing", the hint behind it.
func (p Problem) String() string {
	if p.Hint == "" {
		return p.Key + ": " + p.Text
	}
	return p.Key + ": " + p.Text + ": " + p.Hint
}

// Invalid returns all problems as one error, in one line, and nil when there are none.
func Invalid(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.String()
	}
	return errors.New(strings.Join(texts, "; "))
}

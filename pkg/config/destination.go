package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"

	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/all"
)

// DestinationError is a value of --to that means nothing. Its text never repeats what may be a secret.
type DestinationError struct {
	// Text says what is wrong, Hint what to write instead; "" is no hint.
	Text, Hint string
}

// Error returns the text.
func (e *DestinationError) Error() string { return e.Text }

// Destinations makes the setup of --to: each value is a route without filters and its one target, both called NAME, or TYPE and a
// hash of the address where there is no name: two addresses are told apart, and each is told what it has not heard. lookup is the
// environment. The error is a [*DestinationError].
func Destinations(values []string, lookup func(string) (string, bool)) (*Setup, error) {
	s := newSetup()
	for _, value := range values {
		target, err := destination(value, lookup)
		if err != nil {
			return nil, err
		}
		if s.Targets[target.Name] != nil && target.Label != "" {
			return nil, &DestinationError{fmt.Sprintf("--to: one address of type %q is given twice", target.Type), "leave one of them out"}
		}
		if s.Targets[target.Name] != nil {
			return nil, &DestinationError{
				fmt.Sprintf("--to: two targets are named %q", target.Name), "give one of them a name of its own: --to NAME:TYPE=URL",
			}
		}
		s.addUnfiltered(target)
	}
	return s, nil
}

// DestinationName returns the name of the route that a value of --to makes.
func DestinationName(value string, lookup func(string) (string, bool)) (string, error) {
	target, err := destination(value, lookup)
	if err != nil {
		return "", err
	}
	return target.Name, nil
}

// Label returns what people call a target: the type of one that was given without a name, where no other target is called so, else
// its name.
func (s *Setup) Label(name string) string {
	t := s.Targets[name]
	if t == nil || t.Label == "" {
		return name
	}
	for _, other := range s.Targets {
		if other != t && (other.Label == t.Label || strings.EqualFold(other.Name, t.Label)) {
			return name
		}
	}
	return t.Label
}

// addressHash returns what tells addresses apart. It is stored and shown, and gives none away: a URL that is a secret has far more to guess than
// eight digits could confirm.
func addressHash(kind, address string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + address))
	return hex.EncodeToString(sum[:4])
}

// Standard makes the setup that holds where there is neither a configuration nor --to: one route and target, "stdout".
func Standard() (*Setup, error) {
	const name = "stdout"
	target, err := all.New(name)
	if err != nil {
		return nil, err
	}
	s := newSetup()
	s.addUnfiltered(&Target{Name: name, Type: name, Config: target})
	return s, nil
}

// addUnfiltered adds a target with a route of its name that tells it every difference.
func (s *Setup) addUnfiltered(t *Target) {
	s.Add(&route.Route{Name: t.Name, Rules: route.Differences(false)}, t)
}

// destination takes one value apart: [NAME:]TYPE=URL. The URL may be $NAME or hold ${NAME}, so that a secret need not stand
// on the command line, where every user of the machine can read it.
func destination(value string, lookup func(string) (string, bool)) (*Target, error) {
	const form = "write --to TYPE=URL or --to NAME:TYPE=URL, for example --to webhook=https://example.com/hook"
	left, right, ok := strings.Cut(value, "=")
	if !ok || left == "" || right == "" {
		// The value is not repeated: it may be a URL with a secret in it.
		return nil, &DestinationError{"--to: no TYPE=URL", form}
	}
	name, kind, named := strings.Cut(left, ":")
	if !named {
		name, kind = left, left
	}
	if !isWord(name) || !isWord(kind) {
		// Not repeated either: what stands before the first "=" of a bare URL is most of the URL.
		return nil, &DestinationError{"--to: what stands before = is no [NAME:]TYPE", form}
	}
	url, _, err := Expand(right, lookup)
	if err != nil {
		return nil, &DestinationError{fmt.Sprintf("--to %s: %v", left, err), "set the variable, or write $$ for a dollar sign"}
	}
	target, err := all.To(kind, sinks.NewSecret(url))
	if err != nil {
		return nil, &DestinationError{Text: fmt.Sprintf("--to: %v", err)}
	}
	if err := sinks.Invalid(target.Validate()); err != nil {
		return nil, &DestinationError{Text: fmt.Sprintf("--to %s: %v", name, err)}
	}
	t := &Target{Name: name, Type: strings.ToLower(kind), Config: target}
	t.Address = addressHash(t.Type, url)
	if !named {
		t.Name, t.Label = t.Type+"-"+t.Address, t.Type
	}
	return t, nil
}

// isWord reports whether s can be the name of a target or of a type on the command line: letters, digits and -_. only, so that
// no part of a URL passes for one.
func isWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
	})
}

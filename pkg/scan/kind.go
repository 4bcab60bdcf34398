package scan

import (
	"fmt"
	"strings"
)

// Kind is what sort of thing a finding is. Its numbers are stored on disk: they never change, and there are at most eight.
type Kind uint8

// The kinds of finding, as behaviour is defined for them.
const (
	Vulnerability Kind = iota
	Misconfiguration
	Secret
	Licence
	Malware
	Sensitive
	Control
	kindCount
)

var kindNames = [kindCount]string{"vulnerability", "misconfiguration", "secret", "licence", "malware", "sensitive", "control"}

// String returns the kind's name: "vulnerability".
func (k Kind) String() string {
	if k < kindCount {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a kind's name, as ParseKind does.
func (k *Kind) UnmarshalText(text []byte) (err error) {
	*k, err = ParseKind(string(text))
	return err
}

// ParseKind reads a kind's name in any case, singular or plural ("licenses" too). The error lists the names there are.
func ParseKind(s string) (Kind, error) {
	name := strings.ToLower(strings.TrimSpace(s))
	if name == "license" || name == "licenses" {
		return Licence, nil
	}
	for k, n := range kindNames {
		if name == n || name == n+"s" || n == "vulnerability" && name == "vulnerabilities" {
			return Kind(k), nil
		}
	}
	return 0, fmt.Errorf("unknown kind %q: one of %s", s, strings.Join(kindNames[:], ", "))
}

// Kinds is a set of kinds, one bit each.
type Kinds uint16

// KindsOf returns the set of these kinds.
func KindsOf(kinds ...Kind) (set Kinds) {
	for _, k := range kinds {
		set |= 1 << k
	}
	return set
}

// Has reports whether k is in the set.
func (s Kinds) Has(k Kind) bool { return s&(1<<k) != 0 }

// Names returns the set's kinds by name, in the order of their numbers; never nil.
func (s Kinds) Names() []string {
	names := []string{}
	for k := range kindCount {
		if s.Has(k) {
			names = append(names, k.String())
		}
	}
	return names
}

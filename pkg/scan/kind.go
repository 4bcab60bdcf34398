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

// Class divides the vulnerabilities by what they are in, because scanners look for each apart. Its numbers are stored on disk.
type Class uint8

// The classes of vulnerability. Other kinds of finding have none.
const (
	// NoClass: the scanner does not divide, or does not say.
	NoClass Class = iota
	// OSPackage is a package of the operating system.
	OSPackage
	// Library is a package of a programming language.
	Library
	// ClassCount is how many classes there are.
	ClassCount
)

var classNames = [ClassCount]string{"", "os", "library"}

// String returns the class's name: "os", "library", "" for none.
func (c Class) String() string {
	if c < ClassCount {
		return classNames[c]
	}
	return fmt.Sprintf("class(%d)", uint8(c))
}

// Coverage is a set of kinds of finding, vulnerabilities by class: what a scan has looked for, so that what it does not list is
// not there.
type Coverage uint16

// libraries is the bit of vulnerabilities in libraries; the bit of [Vulnerability] is that of the system's packages. The
// other kinds have a bit each.
const libraries = Coverage(1) << 8

// CoverageOf returns the set of these kinds, all classes included.
func CoverageOf(kinds ...Kind) (set Coverage) {
	for _, k := range kinds {
		set |= coverage(k, NoClass)
	}
	return set
}

// CoverageOfClass returns the set of the vulnerabilities of one class.
func CoverageOfClass(c Class) Coverage { return coverage(Vulnerability, c) }

// coverage returns the bits of a kind and class.
func coverage(k Kind, c Class) Coverage {
	switch {
	case k == Vulnerability && c == Library:
		return libraries
	case k == Vulnerability && c == NoClass:
		return 1<<Vulnerability | libraries
	}
	return 1 << k
}

// Has reports whether a finding of that kind and class is covered. A vulnerability of no class is when both classes are.
func (s Coverage) Has(k Kind, c Class) bool {
	bits := coverage(k, c)
	return s&bits == bits
}

// Names returns the set by name, in the order of the kinds' numbers: "vulnerability", or "vulnerability/os" where only the one
// class is covered; never nil.
func (s Coverage) Names() []string {
	names := []string{}
	for k := range kindCount {
		switch {
		case s.Has(k, NoClass):
			names = append(names, k.String())
		case k == Vulnerability && s.Has(k, OSPackage):
			names = append(names, k.String()+"/"+OSPackage.String())
		case k == Vulnerability && s.Has(k, Library):
			names = append(names, k.String()+"/"+Library.String())
		}
	}
	return names
}

// ParseCoverage reads a kind's name, as ParseKind does, or KIND/CLASS: "vulnerability/os", "vulnerability/library". The error lists
// the names there are.
func ParseCoverage(s string) (Coverage, error) {
	name, class, divided := strings.Cut(s, "/")
	k, err := ParseKind(name)
	if err != nil {
		return 0, err
	}
	if !divided {
		return CoverageOf(k), nil
	}
	for c := OSPackage; c < ClassCount; c++ {
		if k == Vulnerability && strings.EqualFold(strings.TrimSpace(class), c.String()) {
			return CoverageOfClass(c), nil
		}
	}
	return 0, fmt.Errorf("unknown class %q: vulnerabilities have the classes os and library", s)
}

package main

import (
	"errors"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/postee/postee/pkg/quantity"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
)

// duration is a flag's time: Go's spelling, days (1d), capitals (1H), or plain seconds (90).
type duration time.Duration

// Set reads one.
func (d *duration) Set(s string) error {
	parsed, err := quantity.Duration(s)
	*d = duration(parsed)
	return err
}

// String writes one as Go does.
func (d *duration) String() string { return time.Duration(*d).String() }

// Type names the flag's value in the help.
func (d *duration) Type() string { return "duration" }

// size is a flag's number of bytes: 256MB, 1.5GB.
type size int64

// Set reads one.
func (z *size) Set(s string) error {
	parsed, err := quantity.Size(s)
	if err == nil && parsed <= 0 {
		err = errors.New("must be more than nothing")
	}
	*z = size(parsed)
	return err
}

// String writes one for people.
func (z *size) String() string { return humanize.IBytes(uint64(max(*z, 0))) }

// Type names the flag's value in the help.
func (z *size) Type() string { return "size" }

// gateFlag is --fail-on: SEVERITY judges every finding, new:SEVERITY only what the gate has not accepted.
type gateFlag struct{ gate route.Gate }

// Set reads one.
func (g *gateFlag) Set(s string) error {
	g.gate.Mode = route.GateAny
	name := s
	if rest, ok := strings.CutPrefix(s, "new:"); ok {
		g.gate.Mode, name = route.GateNew, rest
	}
	var err error
	g.gate.At, err = scan.ParseSeverity(name)
	return err
}

// String writes it as it is given.
func (g *gateFlag) String() string {
	switch g.gate.Mode {
	case route.GateAny:
		return g.gate.At.String()
	case route.GateNew:
		return "new:" + g.gate.At.String()
	}
	return ""
}

// Type names the flag's value in the help.
func (g *gateFlag) Type() string { return "[new:]SEVERITY" }

// kindsFlag is --covers: kinds of finding, or KIND/CLASS, repeated or separated by commas.
type kindsFlag struct{ kinds scan.Coverage }

// Set adds kinds.
func (k *kindsFlag) Set(s string) error {
	for _, name := range strings.Split(s, ",") {
		set, err := scan.ParseCoverage(name)
		if err != nil {
			return err
		}
		k.kinds |= set
	}
	return nil
}

// String lists the kinds.
func (k *kindsFlag) String() string { return strings.Join(k.kinds.Names(), ",") }

// Type names the flag's value in the help.
func (k *kindsFlag) Type() string { return "KIND[/CLASS]" }

// ageFlag is a flag's duration of which a plain number is days, as in the configuration.
type ageFlag time.Duration

// Set reads one.
func (f *ageFlag) Set(s string) error {
	d, err := quantity.Age(s)
	if err == nil && d <= 0 {
		err = errors.New("must be more than nothing")
	}
	*f = ageFlag(d)
	return err
}

// String writes one.
func (f *ageFlag) String() string {
	if *f == 0 {
		return ""
	}
	return time.Duration(*f).String()
}

// Type names the flag's value in the help.
func (f *ageFlag) Type() string { return "duration" }

// bytesFlag is a flag's size of which a plain number is megabytes, as in the configuration.
type bytesFlag int64

// Set reads one.
func (f *bytesFlag) Set(s string) error {
	n, err := quantity.Bytes(s)
	if err == nil && n <= 0 {
		err = errors.New("must be more than nothing")
	}
	*f = bytesFlag(n)
	return err
}

// String writes one.
func (f *bytesFlag) String() string {
	if *f == 0 {
		return ""
	}
	return humanize.IBytes(uint64(*f))
}

// Type names the flag's value in the help.
func (f *bytesFlag) Type() string { return "size" }

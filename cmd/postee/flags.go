package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
)

// duration is a flag's time: Go's spelling, days (1d), capitals (1H), or plain seconds (90).
type duration time.Duration

// Set reads one.
func (d *duration) Set(s string) error {
	parsed, err := parseDuration(s)
	*d = duration(parsed)
	return err
}

// String writes one as Go does.
func (d *duration) String() string { return time.Duration(*d).String() }

// Type names the flag's value in the help.
func (d *duration) Type() string { return "duration" }

// parseDuration reads 90s, 10m, 2h, 1d, 1H, 1h30m and plain seconds; never a negative one.
func parseDuration(s string) (time.Duration, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, nil
	}
	var days time.Duration
	if number, rest, ok := strings.Cut(text, "d"); ok {
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("%q is no duration: write 90s, 10m, 2h, 1d or 1h30m", s)
		}
		days, text = time.Duration(n)*24*time.Hour, rest
		if text == "" {
			return days, nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no duration: write 90s, 10m, 2h, 1d or 1h30m", s)
	}
	return days + d, nil
}

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

// kindsFlag is --covers: kinds of finding, repeated or separated by commas.
type kindsFlag struct{ kinds scan.Kinds }

// Set adds kinds.
func (k *kindsFlag) Set(s string) error {
	for _, name := range strings.Split(s, ",") {
		kind, err := scan.ParseKind(name)
		if err != nil {
			return err
		}
		k.kinds |= scan.KindsOf(kind)
	}
	return nil
}

// String lists the kinds.
func (k *kindsFlag) String() string { return strings.Join(k.kinds.Names(), ",") }

// Type names the flag's value in the help.
func (k *kindsFlag) Type() string { return "KIND" }

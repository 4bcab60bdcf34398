package main

import (
	"context"
	"time"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/formats"
	"github.com/postee/postee/pkg/sinks/all"
)

// inputOptions are the flags of every command that reads scans.
type inputOptions struct {
	format   string
	subject  string
	baseline string
	covers   kindsFlag
	partial  bool
	// anyAge compares scans that are older than the last one of the same thing.
	anyAge bool
	// largest is the most bytes that a document may have.
	largest size
}

// outputOptions are the flags of every command that lists what became of things.
type outputOptions struct {
	format string
	all    bool
}

// toFlag is --to.
type toFlag []string

// deliveryOptions are the flags of every command that delivers.
type deliveryOptions struct {
	timeout  duration
	deadline duration
	failure  string
}

// register declares the flags of reading.
func (o *inputOptions) register(f flagSet) {
	f.StringVar(&o.format, "input-format", "auto", "refuse documents that are not of this `FORMAT`, or take any JSON (generic): "+joined(formats.Names()))
	f.StringVar(&o.subject, "subject", "", "remember the scan under this `NAME` instead of the artifact's")
	f.StringVar(&o.baseline, "baseline", "", "compare with the report in `FILE` instead of the state")
	f.Var(&o.covers, "covers", "the scan proves what it does not list too: secret, vulnerability, vulnerability/os, vulnerability/library, … (repeatable)")
	f.BoolVar(&o.partial, "partial", false, "the scan was filtered: nothing counts as fixed because it is missing")
	f.BoolVar(&o.anyAge, "any-age", false, "compare scans that are older than what is known already, too")
	o.largest = scan.DefaultMaxDocument
	f.Var(&o.largest, "max-document", "refuse documents that are larger")
}

// register declares the flags of listing.
func (o *outputOptions) register(f flagSet) {
	f.StringVarP(&o.format, "output", "o", "text", "text or json (JSON Lines)")
	registerAll(f, &o.all)
}

// registerAll declares --all.
func registerAll(f flagSet, all *bool) {
	f.BoolVar(all, "all", false, "list everything, even on a terminal")
}

// asJSON reports whether lines of JSON are asked for.
func (o *outputOptions) asJSON() bool { return o.format == "json" }

// check refuses values that mean nothing.
func (o *outputOptions) check() error { return oneOf("output", o.format, "text", "json") }

// register declares --to.
func (o *toFlag) register(f flagSet) {
	f.StringArrayVar((*[]string)(o), "to", nil, "tell this target: `[NAME:]TYPE=URL`, the URL may be $NAME; without NAME, each address is a target of its own (repeatable; types: "+joined(all.URLTypes())+")")
}

// register declares the flags of delivering.
func (o *deliveryOptions) register(f flagSet) {
	o.timeout = duration(time.Minute)
	f.Var(&o.timeout, "timeout", "how long one message is tried")
	f.Var(&o.deadline, "deadline", "how long the whole run may take; 0s is no limit")
	f.StringVar(&o.failure, "delivery-failure", "fail", "fail: exit status 4 when a message is not delivered; warn: 0 and a warning")
}

// check refuses values that mean nothing.
func (o *inputOptions) check() error {
	return oneOf("input-format", o.format, formats.Names()...)
}

// check refuses values that mean nothing.
func (o *deliveryOptions) check() error {
	return oneOf("delivery-failure", o.failure, "fail", "warn")
}

// deadlineError is why a run ended with --deadline. It is a deadline to whoever asks.
type deadlineError struct{}

func (deadlineError) Error() string {
	return "the run's deadline was reached before all input was read"
}
func (deadlineError) Is(target error) bool { return target == context.DeadlineExceeded }

// deadlineGrace is how long after its deadline a run ends whatever blocks: what was sent has to be written down.
const deadlineGrace = 1800 * time.Millisecond

// limit bounds the run by --deadline, and arms what ends the process if it does not end by itself.
func (o *deliveryOptions) limit(ctx context.Context, p *process) (context.Context, context.CancelFunc) {
	if o.deadline > 0 {
		if p.watchdog != nil {
			p.watchdog(time.Duration(o.deadline)+deadlineGrace, exitUndelivered)
		}
		return context.WithTimeoutCause(ctx, time.Duration(o.deadline), deadlineError{})
	}
	return context.WithCancel(ctx)
}

// Command postee reads scan documents, works out what is new since it last spoke about each artifact, and tells the targets.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

// main is the process's one door: arguments, environment, streams, signals and the exit status.
func main() {
	aborts()
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		number := signalNumber(<-signals)
		cancel(&interruptError{number})
		select {
		case <-signals: // the second one does not wait
		case <-time.After(signalLimit): // and something does not end
		}
		os.Exit(128 + number) // what was in flight is still in the state
	}()
	signal.Ignore(expected()...)
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" { // unless the user has decided about that
		tuneCollector()
	}
	os.Exit(run(ctx, &process{
		args: os.Args[1:], stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, lookup: os.LookupEnv, watchdog: watchdog,
		program: program,
	}))
}

// aborts makes what the runtime cannot go on from, no memory or a panic, end the process with SIGABRT, 134 to a shell. Its own status would
// be 2, which says here that nothing was sent. Standard error gets a trace of all goroutines, without what memory holds. On Windows
// the status stays 2.
func aborts() {
	noCore()
	debug.SetTraceback("crash")
}

// program returns what tells this build from others: the size and the time of its file; "" where they are not known.
func program() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s %d %d", version(), info.Size(), info.ModTime().UnixNano())
}

// signalLimit is how long after the first signal the process ends whatever blocks: longer than what is in flight has to end, and to be
// written down.
const signalLimit = 6800 * time.Millisecond

// watchdog ends the process with a status after so long, whatever blocks.
func watchdog(after time.Duration, status int) {
	time.AfterFunc(after, func() { os.Exit(status) })
}

// signalNumber returns the number that the exit status is made of.
func signalNumber(s os.Signal) int {
	if n, ok := s.(syscall.Signal); ok {
		return int(n)
	}
	return int(syscall.SIGINT)
}

// Command bench measures postee: it makes inputs from a seed, runs the program over them by turns with other programs that do less, and
// prints a table. `make bench` and `make bench-compare` call it; docs/performance.md explains what it measures.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// main is the process's one door: arguments, streams, signals and the exit status.
func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	self, err := os.Executable()
	if err == nil {
		err = run(ctx, &process{args: os.Args[1:], self: self, stdout: os.Stdout, stderr: os.Stderr})
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

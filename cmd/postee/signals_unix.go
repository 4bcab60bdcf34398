//go:build unix

package main

import (
	"os"
	"syscall"
)

// expected are signals that say what a Write says too: a reader that goes away, and a file that may not grow (ulimit -f),
// which would end the process with a trace.
func expected() []os.Signal { return []os.Signal{syscall.SIGPIPE, syscall.SIGXFSZ} }

package main

import (
	"os"
	"syscall"
)

// expected are signals that say what a Write says too: a reader that goes away.
func expected() []os.Signal { return []os.Signal{syscall.SIGPIPE} }

//go:build unix

package main

import "golang.org/x/sys/unix"

// forbidCore keeps the system from writing the memory of a process that crashes into a file: secrets are in it.
func forbidCore() { _ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }

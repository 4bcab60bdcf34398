//go:build unix && !linux

package main

import "golang.org/x/sys/unix"

// noCore keeps the system from writing the process's memory, which holds secrets, to a core file.
func noCore() { _ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }

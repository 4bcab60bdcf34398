package main

import "golang.org/x/sys/unix"

// noCore keeps the system from writing the process's memory, which holds secrets, to a core file, or from handing it to a program that
// gathers them: such a program does not ask for the limit. Where a system does not let itself be told so, nothing can be done.
func noCore() {
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}

package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"time"
)

// costPatience is how long a command that is measured may take.
const costPatience = 20 * time.Second

// usage is what a command took, as one process tells another.
type usage struct {
	// Killed: it took longer than it may.
	Killed bool
	// System is what the operating system counts.
	System any
}

// tellUsage is a program of its own, named usage: it runs the command that its arguments are, and prints what that took. The system
// begins a process's peak of memory with that of the process that starts it: a test has its inputs in memory, this one has nothing.
func tellUsage() {
	ctx, cancel := context.WithTimeout(context.Background(), costPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[1], os.Args[2:]...)
	_ = cmd.Run() // what it finds is not judged here
	if err := json.NewEncoder(os.Stdout).Encode(usage{ctx.Err() != nil, cmd.ProcessState.SysUsage()}); err != nil {
		panic(err)
	}
}

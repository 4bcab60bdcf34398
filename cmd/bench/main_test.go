package main

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// TestMain lets the tests' program be the baselines, as the real one is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && baselines[os.Args[1]] != nil {
		if err := run(context.Background(), &process{args: os.Args[1:], stdout: os.Stdout, stderr: os.Stderr}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/dustin/go-humanize"
)

// environment has what the workloads share: the options, the folder that is removed at the end, and the inputs in it.
type environment struct {
	*options
	*process
	dir    string
	inputs map[string]*input
	// ends let go of what a workload has open.
	ends []func()
}

// input is a file of documents.
type input struct {
	path      string
	documents int
	bytes     int64
}

// String says how large it is.
func (in *input) String() string {
	size := humanize.Bytes(uint64(in.bytes))
	if in.documents == 1 {
		return "one document, " + size
	}
	return fmt.Sprintf("%s documents, %s", humanize.Comma(int64(in.documents)), size)
}

// count scales a number of documents.
func (e *environment) count(documents int) int {
	return max(1, int(math.Round(float64(documents)*e.scale)))
}

// input returns the file of that name, which is written the first time: so many documents, each by write.
func (e *environment) input(name string, documents int, write func(w io.Writer, number int)) (*input, error) {
	if in := e.inputs[name]; in != nil {
		return in, nil
	}
	in := &input{path: filepath.Join(e.dir, name), documents: documents}
	err := create(in.path, func(w io.Writer) error {
		buffered := bufio.NewWriterSize(w, 1<<20)
		c := &counter{w: buffered}
		for i := range documents {
			write(c, i)
		}
		in.bytes = c.n
		return buffered.Flush()
	})
	if err != nil {
		return nil, err
	}
	e.inputs[name] = in
	return in, nil
}

// aqua returns 2,500 image scans with 210 findings each, about 130 MB.
func (e *environment) aqua(v variant) (*input, error) {
	name := map[variant]string{firstScan: "aqua.ndjson", oneNew: "aqua-new.ndjson", laterStamps: "aqua-stamps.ndjson"}[v]
	return e.input(name, e.count(2500), func(w io.Writer, i int) { documents{e.seed}.aqua(w, i, imagePackages, v) })
}

const (
	// imagePackages is how many packages an image of 210 findings has.
	imagePackages = 70
	// middlingPackages and smallPackages are how many a scan of 10 KB and one of 2 KB have, reportPackages how many a Trivy report of 1.5 MB.
	middlingPackages = 13
	smallPackages    = 3
	reportPackages   = 294
)

// trivy returns 140 reports of 1.5 MB.
func (e *environment) trivy() (*input, error) {
	return e.input("trivy.ndjson", e.count(140), func(w io.Writer, i int) { documents{e.seed}.trivy(w, i, reportPackages) })
}

// middling returns image scans of 10 KB.
func (e *environment) middling(scans int) (*input, error) {
	scans = e.count(scans)
	return e.input(fmt.Sprintf("middling-%d.ndjson", scans), scans, func(w io.Writer, i int) { documents{e.seed}.aqua(w, i, middlingPackages, firstScan) })
}

// file writes a small file, and returns where it is.
func file(dir, name, text string) (string, error) {
	path := filepath.Join(dir, name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// introduce prints what is measured, and on what.
func (e *environment) introduce(ctx context.Context) error {
	version, err := exec.CommandContext(ctx, e.binary, "version").Output()
	if err != nil {
		return fmt.Errorf("%s version: %w", e.binary, err)
	}
	fmt.Fprintf(e.stdout, "%s\n%s/%s, %d processors", firstLine(version), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	for _, tool := range []string{"jq", "curl"} {
		if path, err := exec.LookPath(tool); err == nil {
			if said, err := exec.CommandContext(ctx, path, "--version").Output(); err == nil {
				fields := strings.Fields(firstLine(said))
				fmt.Fprintf(e.stdout, ", %s", strings.Join(fields[:min(2, len(fields))], " "))
			}
		}
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Fprintf(e.stdout, ", load %s before", strings.Fields(string(load))[0])
	}
	fmt.Fprintf(e.stdout, "\n%d runs, seed %d", e.runs, e.seed)
	if e.scale != 1 {
		fmt.Fprintf(e.stdout, ", inputs %g times as large as those that the goals are for", e.scale)
	}
	if e.base != "" {
		fmt.Fprintf(e.stdout, ", base is %s", e.base)
	}
	fmt.Fprintf(e.stdout, "\n\n")
	return nil
}

// firstLine returns a text up to its first line end.
func firstLine(p []byte) string {
	line, _, _ := strings.Cut(string(p), "\n")
	return line
}

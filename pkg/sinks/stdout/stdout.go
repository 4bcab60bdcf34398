// Package stdout prints messages on standard output, or into a file: as a table for people, Markdown, HTML, or lines of JSON.
package stdout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/jsonline"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/sinks"
)

// Config is the target's part of the configuration.
type Config struct {
	// Format is table, markdown, json or html; "" is table.
	Format string `cfg:"format" doc:"What messages are printed as." enum:"table,markdown,json,html" default:"table"`
	// File is written to instead of standard output; messages are appended.
	File string `cfg:"file" doc:"A file that messages are appended to, instead of standard output."`
}

// Formats returns the values of Format.
func Formats() []string { return []string{"table", "markdown", "json", "html"} }

// Validate refuses a format that there is not.
func (c *Config) Validate() []sinks.Problem {
	if c.Format != "" && !slices.Contains(Formats(), strings.ToLower(c.Format)) {
		return []sinks.Problem{{Key: "format", Text: fmt.Sprintf("unknown format %q: one of %s", c.Format, strings.Join(Formats(), ", "))}}
	}
	return nil
}

// Needs says that only the admitting run can print. A file is there for every run.
func (c *Config) Needs() sinks.Needs { return sinks.Needs{Local: c.File == ""} }

// Open makes the sink.
func (c *Config) Open(env sinks.Env) (sinks.Sink, error) {
	if err := sinks.Invalid(c.Validate()); err != nil {
		return nil, err
	}
	format := strings.ToLower(c.Format)
	if env.Format != "" {
		format = env.Format
	}
	return &sink{env: env, format: format, file: file{path: c.File, lines: format == "json"}}, nil
}

// sink writes to standard output or a file.
type sink struct {
	env    sinks.Env
	format string
	// file is written to instead of standard output when it has a path.
	file file
}

var _ sinks.Preparer = (*sink)(nil)

// Plan returns the message in the target's format, as one part.
func (s *sink) Plan(m *message.Message) ([]sinks.Part, error) {
	part := sinks.Part{Name: "1/1"}
	if custom := m.Dialect(); custom != nil {
		part.MediaType, part.Body = s.custom(m, custom)
		return []sinks.Part{part}, nil
	}
	layout := func() render.Tree {
		return render.Layout(m, render.Options{AquaServer: s.env.AquaServer, Now: s.now()})
	}
	switch s.format {
	case "json":
		part.MediaType, part.Body = "application/jsonl", lines(m)
		return []sinks.Part{part}, nil
	case "markdown":
		part.MediaType, part.Body = "text/markdown; charset=utf-8", render.Markdown(layout())
	case "html":
		part.MediaType, part.Body = "text/html; charset=utf-8", render.HTML(layout(), render.HTMLOptions{Document: true})
	default:
		part.MediaType, part.Body = "text/plain; charset=utf-8", s.table(m)
	}
	part.Body = append(part.Body, '\n')
	return []sinks.Part{part}, nil
}

// now returns the time, the zero time where nobody tells it. What is printed is printed whole and at once, so that it may say the time.
func (s *sink) now() time.Time {
	if s.env.Now == nil {
		return time.Time{}
	}
	return s.env.Now()
}

// table prints for people: for the terminal that there is, or for a file.
func (s *sink) table(m *message.Message) []byte {
	if s.file.path != "" {
		return render.Console(m, render.ConsoleOptions{Now: s.now()})
	}
	look := render.TerminalOptions{Width: s.env.Width, Colour: s.env.Colour, Links: s.env.Colour}
	return render.Console(m, render.ConsoleOptions{TerminalOptions: look, All: s.env.All, Now: s.now()})
}

// lines returns a line of JSON for each section: the normalised view of the difference, and before it who says it.
func lines(m *message.Message) []byte {
	room := 0
	for i := range m.Sections {
		d := &m.Sections[i].Delta
		room += 1024 + 256*(len(d.New)+len(d.Changed)+len(d.Fixed)+len(m.Sections[i].All))
	}
	out := make([]byte, 0, room)
	for i := range m.Sections {
		s := &m.Sections[i]
		v := dedup.NormaliseDifference(&s.Artifact, &s.Delta)
		v.Format, v.Source, v.Subject, v.Scanner = s.Format, s.Source, s.Subject, s.Scanner
		v.Owners, v.Findings = s.Owners, s.All
		out = append(jsonline.AppendString(append(out, `{"route":`...), m.Route), ',')
		out = append(v.AppendFields(out), '}', '\n')
	}
	return out
}

// Send writes the part. A reader of standard output that has gone away has read what it wanted: that counts as delivered.
func (s *sink) Send(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return sinks.Receipt{}, err
	}
	if s.file.path != "" {
		return sinks.Receipt{}, s.file.append(ctx, d.Part.Body)
	}
	_, err := s.env.Stdout.Write(d.Part.Body)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, fs.ErrClosed) {
		err = nil
	}
	return sinks.Receipt{}, err
}

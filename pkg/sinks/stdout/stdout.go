// Package stdout prints messages on standard output, for the run that admitted them and nobody else.
package stdout

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"syscall"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/sinks"
)

// Config is the target's part of the configuration.
type Config struct{}

// Validate has nothing to refuse.
func (c *Config) Validate() error { return nil }

// Needs says that only the admitting run prints, one message at a time.
func (c *Config) Needs() sinks.Needs { return sinks.Needs{Local: true} }

// Open makes the sink.
func (c *Config) Open(env sinks.Env) (sinks.Sink, error) { return &sink{env}, nil }

// sink writes to the process's standard output.
type sink struct{ env sinks.Env }

// Plan prints the message as one part.
func (s *sink) Plan(m *message.Message) ([]sinks.Part, error) {
	o := render.ConsoleOptions{TerminalOptions: render.TerminalOptions{Width: s.env.Width}, All: s.env.All}
	return []sinks.Part{{Name: "1/1", MediaType: "text/plain; charset=utf-8", Body: append(render.Console(m, o), '\n')}}, nil
}

// Send writes the part. A reader that has gone away has read what it wanted: that counts as delivered.
func (s *sink) Send(_ context.Context, d sinks.Delivery) (sinks.Receipt, error) {
	_, err := s.env.Stdout.Write(d.Part.Body)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, fs.ErrClosed) {
		err = nil
	}
	return sinks.Receipt{}, err
}

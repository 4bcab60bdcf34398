package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/postee/postee/pkg/config"
	"github.com/postee/postee/pkg/render"
)

// process is what the program uses of its surroundings; tests give their own.
type process struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	lookup         func(string) (string, bool)
	// program tells this build of the program from others; nil, or "", where that is not known.
	program func() string
	// watchdog ends the process with a status after so long, whatever blocks; nil is none.
	watchdog func(after time.Duration, status int)
}

// app is one run of the program: its surroundings and the global flags.
type app struct {
	*process
	configPath string
	statePath  string
	// lockTimeout is how long to wait for other processes that use the state.
	lockTimeout time.Duration
	logLevel    string
	logFormat   string
	color       string
	quiet       bool
	// thorough takes no short cut: everything is read, decided and delivered the long way.
	thorough bool
	log      *slog.Logger
	// outcome is what the command leaves for the exit status.
	outcome outcome
}

// run is the whole program but for the process's door. It returns the exit status.
func run(ctx context.Context, p *process) int {
	a := &app{process: p, lockTimeout: 10 * time.Second, log: slog.New(slog.DiscardHandler)}
	root := a.rootCommand()
	root.SetArgs(p.args)
	err := root.ExecuteContext(ctx)
	if err != nil {
		p.complain(err.Error())
		if hint := hintOf(err); hint != "" {
			p.complain(hintMark + hint)
		}
	}
	return status(ctx, a.outcome, err)
}

// hintMark begins a line that says a way out.
const hintMark = "hint: "

// complain writes what is wrong on standard error, line by line, as terminals may show it: names of files and what a scan says may
// be anybody's.
func (p *process) complain(text string) {
	for line := range strings.Lines(text) {
		line = render.Clean(strings.TrimSuffix(line, "\n"))
		if !strings.HasPrefix(line, hintMark) {
			line = "postee: " + line
		}
		fmt.Fprintln(p.stderr, line)
	}
}

// env returns a variable of the environment, "" when it is not set.
func (p *process) env(name string) string {
	value, _ := p.lookup(name)
	return value
}

// terminal returns the width of a stream in columns, 0 when it is no terminal.
func terminal(stream any) int {
	f, ok := stream.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

// statePlace finds the state: --state, POSTEE_STATE, PATH_TO_DB, the configuration, and then where the system keeps such files.
func (a *app) statePlace(configured string) (string, error) {
	for _, place := range []struct{ from, path string }{
		{"--state", a.statePath}, {"POSTEE_STATE", a.env("POSTEE_STATE")}, {"PATH_TO_DB", a.env("PATH_TO_DB")}, {"state", configured},
	} {
		if kind := config.StateScheme(place.path); kind != "" {
			return "", usagef(config.StateHint, "%s: there is no state of the kind %s", place.from, kind)
		}
		if place.path != "" {
			return place.path, nil
		}
	}
	if dir := a.env("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "postee", "state.db"), nil
	}
	if home := a.env("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", "postee", "state.db"), nil
	}
	if dir := a.env("LocalAppData"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "postee", "state.db"), nil
	}
	return "", usagef("name one with --state FILE, or keep none with --state none", "no place for the state: HOME is not set")
}

// colour reports whether standard output shows colours: as --color says, else where it is a terminal and nobody minds.
func (a *app) colour() bool {
	if a.color != "auto" {
		return a.color == "always"
	}
	_, minds := a.lookup("NO_COLOR")
	return !minds && a.env("TERM") != "dumb" && terminal(a.stdout) > 0
}

// logging makes the logger that the global flags ask for.
func (a *app) logging() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.logLevel)); err != nil {
		return usagef("one of debug, info, warn, error", "--log-level: unknown level %q", a.logLevel)
	}
	if err := oneOf("color", a.color, "auto", "always", "never"); err != nil {
		return err
	}
	if a.quiet && level < slog.LevelError {
		level = slog.LevelError
	}
	switch a.logFormat {
	case "text":
		a.log = slog.New(&textHandler{out: a.stderr, level: level, turn: &sync.Mutex{}})
	case "json":
		clean := func(_ []string, attr slog.Attr) slog.Attr {
			if attr.Value.Kind() == slog.KindString {
				attr.Value = slog.StringValue(render.Clean(attr.Value.String()))
			}
			return attr
		}
		a.log = slog.New(slog.NewJSONHandler(a.stderr, &slog.HandlerOptions{Level: level, ReplaceAttr: clean}))
	default:
		return usagef("text or json", "--log-format: unknown format %q", a.logFormat)
	}
	return nil
}

// textHandler writes log records for people: "postee: warning: report.json: 3 log lines skipped".
type textHandler struct {
	out   io.Writer
	level slog.Level
	attrs []slog.Attr
	// turn lets one write at a time: reading, admitting and delivering go on beside each other.
	turn *sync.Mutex
}

// Enabled compares with the level.
func (h *textHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

// Handle writes one line in one Write, as terminals may show it.
func (h *textHandler) Handle(_ context.Context, r slog.Record) error {
	var line strings.Builder
	line.WriteString("postee: ")
	switch {
	case r.Level >= slog.LevelError:
	case r.Level >= slog.LevelWarn:
		line.WriteString("warning: ")
	default:
		line.WriteString(strings.ToLower(r.Level.String()) + ": ")
	}
	line.WriteString(render.Clean(r.Message))
	attr := func(a slog.Attr) bool {
		fmt.Fprintf(&line, " %s=%q", a.Key, a.Value.String())
		return true
	}
	for _, a := range h.attrs {
		attr(a)
	}
	r.Attrs(attr)
	line.WriteByte('\n')
	h.turn.Lock()
	defer h.turn.Unlock()
	_, err := io.WriteString(h.out, line.String())
	return err
}

// WithAttrs keeps attributes for every record.
func (h *textHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &textHandler{h.out, h.level, append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...), h.turn}
}

// WithGroup is not used here: groups are flattened.
func (h *textHandler) WithGroup(string) slog.Handler { return h }

// exists reports whether a path leads to something.
func (p *process) exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}

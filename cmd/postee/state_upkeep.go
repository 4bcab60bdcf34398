package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
)

// upkeepCommands are the commands that keep the state small, and move it.
func (a *app) upkeepCommands() []*cobra.Command {
	export := a.stateSub("export [FILE]", "Write everything that is stored as JSON Lines", "backup.jsonl", cobra.MaximumNArgs(1), (*stateRun).export)
	export.Long = `Write everything that is stored as JSON Lines, to standard output or into a new file. Other processes wait only while the file is
copied beside the state. The export is what state import reads, on any machine.
` + stateHelp
	compact := a.stateSub("compact", "Write the state anew, without unused space", "", cobra.NoArgs, (*stateRun).compact)
	compact.Long = `Write the state anew, without pages that are free and without names of findings that nothing has any more. Everything is
verified on the way; a damaged state is refused and stays as it is. It takes room for two more copies; other processes wait only while the
file is copied, and while the new one takes its place.
` + stateHelp
	return []*cobra.Command{a.pruneCommand(), compact, export, a.importCommand()}
}

// pruned is the line of state prune; its keys are stable, as those of the following are.
type pruned struct {
	Forgotten int `json:"forgotten"`
	// InUse is in bytes; Within reports whether the bound holds.
	InUse  int64 `json:"in_use"`
	Within bool  `json:"within"`
}

// compacted is the line of state compact: bytes before and after, and names left out.
type compacted struct {
	Before int64 `json:"before"`
	After  int64 `json:"after"`
	Names  int   `json:"names"`
}

// exported is the line of state export FILE.
type exported struct {
	File     string `json:"file"`
	Lines    int    `json:"lines"`
	Subjects int    `json:"subjects"`
	Bytes    int64  `json:"bytes"`
}

// imported is the line of state import.
type imported struct {
	State    string `json:"state"`
	Subjects int    `json:"subjects"`
	Pending  int    `json:"pending"`
	Queued   int    `json:"queued"`
	Dead     int    `json:"dead"`
}

// pruneCommand is postee state prune.
func (a *app) pruneCommand() *cobra.Command {
	var age ageFlag
	var size bytesFlag
	run := func(r *stateRun, ctx context.Context, _ []string) error {
		return r.prune(ctx, state.Limits{Age: time.Duration(age), Size: int64(size)})
	}
	cmd := a.stateSub("prune", "Forget what was not scanned for long", "--older-than 90d", cobra.NoArgs, run)
	cmd.Long = `Forget artifacts that were not scanned for long: their next scan is a first one. What a message is about that waits, or is dead, is
never forgotten. The bounds are those of the configuration (Delete_Old_Data, Max_DB_Size), unless flags say others. To come below a size the
state is compacted, and then what was unseen longest is forgotten, until it fits.
` + stateHelp
	cmd.Example = `  postee state prune --older-than 90d
  postee state prune --max-size 500MB`
	cmd.Flags().Var(&age, "older-than", "forget what was not scanned for so long; a plain number is days (default Delete_Old_Data)")
	cmd.Flags().Var(&size, "max-size", "bound what the state has in use; a plain number is megabytes (default Max_DB_Size)")
	return cmd
}

// prune holds bounds: each is the one given, else that of the configuration.
func (r *stateRun) prune(ctx context.Context, b state.Limits) error {
	if b.Age == 0 || b.Size == 0 {
		file, err := r.configPlace()
		if err != nil {
			return err
		}
		if file != "" {
			c, err := r.common(ctx, file)
			if err != nil {
				return r.configError(err)
			}
			b = state.Limits{Age: cmp.Or(b.Age, c.DeleteOldData), Size: cmp.Or(b.Size, c.MaxDBSize)}
		}
	}
	if !b.Set() {
		return usagef("--older-than 90d, --max-size 500MB; or Delete_Old_Data, Max_DB_Size in the configuration", "nothing says what to forget")
	}
	done, err := r.upkeep(ctx, r.file, b, nil)
	if err != nil {
		return err
	}
	u, err := r.file.Usage(ctx)
	if err != nil {
		return &stateError{err}
	}
	within := b.Size == 0 || u.InUse <= b.Size
	v := pruned{done.Forgotten, u.InUse, within}
	return r.emit(v, fmt.Sprintf("%s forgotten, %s in use\n", english.Plural(done.Forgotten, "subject", ""), humanize.IBytes(uint64(u.InUse))))
}

// compact is postee state compact.
func (r *stateRun) compact(ctx context.Context, _ []string) error {
	done, err := r.file.Compact(ctx)
	if err != nil {
		return stateErrorOf(err)
	}
	v := compacted{done.Before, done.After, done.Names}
	return r.emit(v, fmt.Sprintf("%s became %s, %s of findings that nothing has any more left out\n",
		humanize.IBytes(uint64(done.Before)), humanize.IBytes(uint64(done.After)), english.Plural(done.Names, "name", "")))
}

// export is postee state export.
func (r *stateRun) export(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] == "-" {
		_, err := r.file.Export(ctx, r.stdout)
		return exportError(err)
	}
	done, err := r.exportTo(ctx, args[0])
	if err != nil {
		return err
	}
	v := exported{args[0], done.Lines, done.Subjects, done.Bytes}
	return r.emit(v, fmt.Sprintf("%s: %s, %s\n", args[0], english.Plural(done.Subjects, "subject", ""), humanize.IBytes(uint64(done.Bytes))))
}

// exportTo writes a new file. It has another name until all of it is there.
func (r *stateRun) exportTo(ctx context.Context, name string) (done state.Exported, err error) {
	exists := usagef("name another, or remove it", "%s exists already", name)
	if _, err := os.Lstat(name); err == nil {
		return done, exists
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".part-*") // 0600
	if err != nil {
		return done, usagef("name a file in a folder that you may write to", "the export cannot be written: %v", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	done, err = r.file.Export(ctx, f)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return done, exportError(err)
	}
	if err = os.Link(f.Name(), name); err != nil && !errors.Is(err, fs.ErrExist) {
		err = os.Rename(f.Name(), name) // a file system without links
	}
	if errors.Is(err, fs.ErrExist) {
		return done, exists
	}
	return done, exportError(err)
}

// importCommand is postee state import.
func (a *app) importCommand() *cobra.Command {
	r := &stateRun{app: a}
	cmd := &cobra.Command{
		Use: "import FILE|-", Short: "Make a state of an export",
		Long: `Make a state of what state export wrote; - is standard input. There must be no state yet, or one without artifacts and messages.
All is read and checked before the state is there: an export that was cut or changed is refused.

EXIT STATUS
  0    done
  2    wrong usage, or the state is not empty
  3    the export cannot be read, or is not whole
  5    the state could not be locked or written`,
		Example: `  postee state import backup.jsonl
  ssh old postee state export | postee state import - --state ./state.db`,
		Args: func(cmd *cobra.Command, given []string) error {
			if err := cobra.ExactArgs(1)(cmd, given); err != nil {
				return usagef(cmd.CommandPath()+" --help", "%s: %v", cmd.CommandPath(), err)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("output", r.output, "text", "json"); err != nil {
				return err
			}
			return r.importFrom(cmd.Context(), args[0])
		},
	}
	cmd.Flags().StringVarP(&r.output, "output", "o", "text", "text or json (JSON Lines)")
	return cmd
}

// importFrom reads an export from a file or from standard input.
func (r *stateRun) importFrom(ctx context.Context, name string) error {
	path, err := r.configuredState(ctx)
	if err != nil {
		return err
	}
	if path == "none" {
		return usagef("name the state's file", "--state none keeps nothing")
	}
	from := r.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return &inputError{err}
		}
		defer func() { _ = f.Close() }()
		from = f
	}
	n, err := boltfile.Import(ctx, boltfile.Options{Path: path, LockTimeout: r.lockTimeout, Decoders: decoders()}, from)
	if err != nil {
		return importError(ctx, err)
	}
	v := imported{path, n.Subjects, n.Pending, n.Queued, n.Dead}
	if err := r.emit(v, fmt.Sprintf("%s: %s, %d messages wait, %d are queued for a digest, %d are dead\n",
		path, english.Plural(n.Subjects, "subject", ""), n.Pending, n.Queued, n.Dead)); err != nil {
		return err
	}
	_, err = io.Copy(r.stdout, &r.out)
	return err
}

package stdout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/sinks"
)

// opening begins every line of JSON that this target writes: by it a line that was broken off is known for one of ours.
const opening = `{"route":`

// file is a file that messages are appended to, and the format that they have.
type file struct {
	path string
	// lines: one line of JSON each, of which a part can be told from a whole.
	lines bool
}

// Prepare refuses a target that is no regular file, or lies in no folder: no attempt would do.
func (s *sink) Prepare() error {
	if s.file.path == "" {
		return nil
	}
	info, err := os.Stat(s.file.path)
	if err == nil && !info.Mode().IsRegular() {
		return s.file.irregular(info)
	}
	return nil // what is missing may come, and what cannot be looked at is said when it is written to
}

// irregular says what stands where a file should.
func (f *file) irregular(info fs.FileInfo) error {
	kind, hint := "a device", "leave file out to print on standard output"
	switch {
	case info.IsDir():
		kind, hint = "a folder", "name a file in it"
	case info.Mode()&fs.ModeNamedPipe != 0:
		kind = "a pipe"
	case info.Mode()&fs.ModeSocket != 0:
		kind, hint = "a socket", "name a file"
	}
	return fmt.Errorf("file: %s is %s, and messages are kept in regular files only: %s", f.path, kind, hint)
}

// append adds a message: whole and on the disk when there is no error, and not at all when there is one. Other processes that
// write to the file wait meanwhile.
func (f *file) append(ctx context.Context, body []byte) error {
	// Without O_NONBLOCK the opening of a pipe waits for somebody at its other end.
	out, err := os.OpenFile(f.path, os.O_CREATE|os.O_RDWR|os.O_APPEND|nonblocking, 0o600)
	if err != nil {
		if info, lookErr := os.Stat(f.path); lookErr == nil && !info.Mode().IsRegular() {
			err = &sinks.Failure{Verdict: sinks.Hold, Err: f.irregular(info)}
		}
		return err
	}
	info, err := out.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &sinks.Failure{Verdict: sinks.Hold, Err: f.irregular(info)}
	}
	if err != nil {
		return errors.Join(err, out.Close())
	}
	if err := lock(ctx, out); err != nil {
		return err // who waits for the lock closes the file
	}
	// Closing it gives the lock back too. Its error says nothing any more: what was written is on the disk, or cut off again.
	defer func() { _ = out.Close() }()
	return f.add(out, body)
}

// lock waits for the file's lock until ctx has ended. A wait that was given up goes on, and closes the file at its end: the system
// has no way to call it back.
func lock(ctx context.Context, out *os.File) error {
	locked := make(chan error, 1)
	go func() { locked <- lockFile(out) }()
	select {
	case err := <-locked:
		if err != nil {
			return errors.Join(fmt.Errorf("%s cannot be locked, name a file on a local disk: %w", out.Name(), err), out.Close())
		}
		return nil
	case <-ctx.Done():
		go func() {
			_ = errors.Join(<-locked, out.Close()) // nobody waits for it any more
		}()
		return fmt.Errorf("%s is locked by another process: %w", out.Name(), ctx.Err())
	}
}

// add writes the message behind the last whole line. The file is locked.
func (f *file) add(out *os.File, body []byte) error {
	info, err := out.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	whole, ended, err := f.end(out, size)
	if err != nil {
		return fmt.Errorf("the end of %s cannot be read: %w", out.Name(), err)
	}
	if whole < size {
		if err := truncate(out, whole); err != nil {
			return fmt.Errorf("the line that was broken off at the end of %s cannot be removed: %w", out.Name(), err)
		}
	}
	if !ended {
		body = append([]byte{'\n'}, body...)
	}
	n, err := out.Write(body)
	if err == nil {
		err = out.Sync()
	}
	if err == nil && size == 0 {
		err = syncFolder(out.Name()) // it may have just been made
	}
	if err != nil {
		return errors.Join(err, undo(out, whole, n))
	}
	return nil
}

// undo cuts n bytes off that were written from an offset on, unless somebody who does not ask for the lock has written behind them.
func undo(out *os.File, from int64, n int) error {
	info, err := out.Stat()
	if err == nil && info.Size() == from+int64(n) {
		err = truncate(out, from)
	}
	return err
}

// end finds where the next message goes: at the file's end, or before a line of ours that a process left half-written when it was
// killed. ended reports whether a line ends there.
func (f *file) end(out io.ReaderAt, size int64) (whole int64, ended bool, err error) {
	if size == 0 {
		return 0, true, nil
	}
	last := make([]byte, 1)
	if _, err := out.ReadAt(last, size-1); err != nil {
		return 0, false, err
	}
	if last[0] == '\n' || !f.lines {
		return size, last[0] == '\n', nil
	}
	begin, err := lastLine(out, size)
	if err != nil {
		return 0, false, err
	}
	line := make([]byte, size-begin)
	if _, err := out.ReadAt(line, begin); err != nil {
		return 0, false, err
	}
	ours := bytes.HasPrefix(line, []byte(opening)) || bytes.HasPrefix([]byte(opening), line)
	if ours && !jsontext.Value(line).IsValid(jsontext.AllowInvalidUTF8(true)) {
		return begin, true, nil
	}
	return size, false, nil
}

// lastLine returns where the line begins that goes to the end of so many bytes.
func lastLine(out io.ReaderAt, size int64) (int64, error) {
	block := make([]byte, 64<<10)
	for to := size; to > 0; {
		from := max(0, to-int64(len(block)))
		if _, err := out.ReadAt(block[:to-from], from); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(block[:to-from], '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		to = from
	}
	return 0, nil
}

package scan

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding/unicode"
)

// standardInput is the argument that means Options.Stdin.
const standardInput = "-"

// errNoReports is a folder in which nothing is to be read.
var errNoReports = errors.New("no reports in this folder: looked for *.json, *.jsonl, *.ndjson, *.sarif and .gz of each")

// errUTF16 is UTF-16 that does not say so.
var errUTF16 = errors.New("looks like UTF-16 without a byte order mark: save it as UTF-8 (in PowerShell: Out-File -Encoding utf8)")

// expand names the files behind the inputs, folders in order of name, and calls each with them until it returns false.
// err is set for a name behind which there is nothing to read.
func expand(ctx context.Context, inputs []string, each func(path string, err error) bool) {
	for _, name := range inputs {
		if ctx.Err() != nil {
			return
		}
		if name == standardInput {
			if !each(name, nil) {
				return
			}
			continue
		}
		info, err := os.Stat(name)
		if err != nil || !info.IsDir() {
			if !each(name, withoutPath(err)) {
				return
			}
			continue
		}
		found := 0
		if !folder(ctx, name, &found, each) {
			return
		}
		if found == 0 && !each(name, errNoReports) {
			return
		}
	}
}

// folder walks one folder. Links to files are followed, links to folders are not: they may lead back.
func folder(ctx context.Context, dir string, found *int, each func(string, error) bool) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		*found++
		return each(dir, withoutPath(err))
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case ctx.Err() != nil:
			return false
		case e.IsDir():
			if !folder(ctx, path, found, each) {
				return false
			}
		case isReport(e.Name()) && regular(path, e):
			*found++
			if !each(path, nil) {
				return false
			}
		}
	}
	return true
}

// isReport reports whether a file is read when its folder is named, by its name.
func isReport(name string) bool {
	switch filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz")) {
	case ".json", ".jsonl", ".ndjson", ".sarif":
		return true
	}
	return false
}

// regular reports whether e is a file or a link to one; a pipe in a folder would block. A dangling link counts, so that it is reported.
func regular(path string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.Type().IsRegular()
	}
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular()
}

// withoutPath takes the path out of a file system error: the source already names it.
func withoutPath(err error) error {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return fmt.Errorf("%s: %w", pathErr.Op, pathErr.Err)
	}
	return err
}

// source is one open input. Closing it twice is harmless.
type source struct {
	name   string
	text   io.Reader // UTF-8, decompressed
	size   int64     // bytes that text probably holds; 0 unknown
	closer io.Closer
}

// openSource opens a file or standard input and finds out how it is packed. An empty input is no error here.
func openSource(name string, stdin io.Reader) (*source, error) {
	s := &source{name: name}
	raw := stdin
	if name == standardInput {
		if stdin == nil {
			return nil, errors.New("standard input is not available")
		}
	} else {
		file, err := os.Open(name)
		if err != nil {
			return nil, withoutPath(err)
		}
		s.closer, raw = file, file
	}
	if file, ok := raw.(fs.File); ok { // standard input may be a file too
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			s.size = info.Size()
		}
	}
	if err := s.unpack(raw); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *source) close() {
	if s.closer != nil {
		_ = s.closer.Close() // only read from: nothing can be lost
	}
}

// unpack finds gzip and the encoding by the first bytes.
func (s *source) unpack(raw io.Reader) error {
	head, raw, err := sniff(raw)
	if err != nil {
		return err
	}
	if bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		packed, err := gzip.NewReader(raw)
		if err != nil {
			return fmt.Errorf("gzip: %w", err)
		}
		s.size = 0
		if head, raw, err = sniff(packed); err != nil {
			return fmt.Errorf("gzip: %w", err)
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		raw = unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder().Reader(raw)
	case len(head) == 4 && (head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0 || head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0):
		return errUTF16
	}
	s.text = raw
	return nil
}

// sniff looks at the first four bytes and returns a reader that has them still. Fewer are no error. It does not ask for more
// than it needs: a slow pipe may hold one short document for a long time.
func sniff(r io.Reader) ([]byte, io.Reader, error) {
	b := bufio.NewReaderSize(r, 16)
	head, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, withoutPath(err)
	}
	return head, b, nil
}

package state

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/postee/postee/pkg/jsonline"
)

const (
	// exportVersion is the form of an export's lines.
	exportVersion = 1
	// maxExportLine bounds what one line of a hostile export can make us keep, in bytes: the largest blob, as base64.
	maxExportLine = maxBlob/3*4 + 1<<16
	// endOfExport is how the last line begins.
	endOfExport = `{"lines":`
)

// exportHead is the first line of an export.
type exportHead struct {
	Export int    `json:"export"`
	Schema uint64 `json:"schema"`
	ID     string `json:"id"`
}

// exportPair is a line between the first and the last.
type exportPair struct {
	Bucket string `json:"bucket"`
	// Key is in hexadecimal digits, Payload in base64: the value as it was written, without what a backend adds.
	Key     string `json:"key"`
	Payload []byte `json:"payload"`
	// Subject is for people who search; an import does not look at it.
	Subject string `json:"subject,omitzero"`
}

// exportEnd is the last line.
type exportEnd struct {
	// Lines counts those before it.
	Lines int `json:"lines"`
	// Sum is CRC-32C over all bytes before the line, in eight hexadecimal digits.
	Sum string `json:"crc32c"`
}

// lineWriter writes an export's lines, and counts.
type lineWriter struct {
	out   *bufio.Writer
	table *crc32.Table
	sum   uint32
	lines int
	bytes int64
}

func newLineWriter(w io.Writer) *lineWriter {
	return &lineWriter{out: bufio.NewWriterSize(w, 1<<16), table: crc32.MakeTable(crc32.Castagnoli)}
}

// write adds a line.
func (w *lineWriter) write(v any) error {
	p, err := jsonline.Marshal(v)
	if err != nil {
		return err
	}
	w.sum = crc32.Update(w.sum, w.table, p)
	w.lines++
	w.bytes += int64(len(p))
	_, err = w.out.Write(p)
	return err
}

// end writes the last line.
func (w *lineWriter) end() error {
	if err := w.write(exportEnd{w.lines, fmt.Sprintf("%08x", w.sum)}); err != nil {
		return err
	}
	return w.out.Flush()
}

// ImportError says that what was to be imported is no whole export. Nothing was changed.
type ImportError struct {
	// Line counts from 1; 0 is the export as a whole.
	Line   int
	Reason string
	// Err lies beneath, nil when Reason says all.
	Err error
}

// Error is one sentence.
func (e *ImportError) Error() string {
	s := "the export cannot be imported: "
	if e.Line > 0 {
		s = fmt.Sprintf("line %d of the export: ", e.Line)
	}
	if e.Err != nil {
		return s + e.Reason + ": " + e.Err.Error()
	}
	return s + e.Reason
}

// Unwrap returns what lies beneath.
func (e *ImportError) Unwrap() error { return e.Err }

// lineReader reads an export line by line, and refuses what is out of order.
type lineReader struct {
	in    *bufio.Reader
	table *crc32.Table
	sum   uint32
	line  int
	long  []byte
	// bucket is the place in Buckets() of the pair before, key its key.
	bucket int
	key    string
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{in: bufio.NewReaderSize(r, 1<<16), table: crc32.MakeTable(crc32.Castagnoli), bucket: -1}
}

// fail makes an error about the line that was read last.
func (r *lineReader) fail(reason string, err error) error {
	return &ImportError{Line: r.line, Reason: reason, Err: err}
}

// next returns a line without its end; it is valid until the next call.
func (r *lineReader) next() ([]byte, error) {
	r.line++
	r.long = r.long[:0]
	for {
		p, err := r.in.ReadSlice('\n')
		if err == nil && len(r.long) == 0 {
			return p[:len(p)-1], nil
		}
		if r.long = append(r.long, p...); len(r.long) > maxExportLine {
			return nil, r.fail("it is too long", nil)
		}
		switch {
		case err == nil:
			return r.long[:len(r.long)-1], nil
		case errors.Is(err, io.EOF) && len(r.long) == 0:
			return nil, r.fail("the end is missing: the export was cut", nil)
		case errors.Is(err, io.EOF):
			return nil, r.fail("it was cut", nil)
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, r.fail("it cannot be read", err)
		}
	}
}

// count takes a line into the checksum.
func (r *lineReader) count(line []byte) {
	r.sum = crc32.Update(crc32.Update(r.sum, r.table, line), r.table, []byte{'\n'})
}

// head reads the first line.
func (r *lineReader) head() (h exportHead, err error) {
	line, err := r.next()
	if err != nil {
		return h, err
	}
	if !bytes.HasPrefix(line, []byte(`{"export":`)) {
		return h, r.fail("this is no export of a state", nil)
	}
	if err := json.Unmarshal(line, &h); err != nil {
		return h, r.fail("it cannot be read", shortly(err))
	}
	if h.Export != exportVersion || h.Schema > Schema {
		return h, r.fail("the export was written by a newer postee: use that version", nil)
	}
	if h.Schema < 1 {
		return h, r.fail("there is no schema 0", nil)
	}
	r.count(line)
	return h, nil
}

// pair reads a pair; more is false at the end, which is checked. The key is as it is stored.
func (r *lineReader) pair() (p exportPair, more bool, err error) {
	line, err := r.next()
	if err != nil {
		return p, false, err
	}
	if bytes.HasPrefix(line, []byte(endOfExport)) {
		return p, false, r.end(line)
	}
	r.count(line)
	if err := json.Unmarshal(line, &p, json.RejectUnknownMembers(true)); err != nil {
		return p, false, r.fail("it cannot be read", shortly(err))
	}
	bucket := slices.Index(Buckets(), p.Bucket)
	if bucket < 0 {
		return p, false, r.fail(fmt.Sprintf("there is no bucket %.32q", p.Bucket), nil)
	}
	key, err := hex.DecodeString(p.Key)
	switch {
	case err != nil:
		return p, false, r.fail("the key is not in hexadecimal digits", nil)
	case len(key) == 0 || len(key) > 1<<15:
		return p, false, r.fail("the key has a length that cannot be", nil)
	case bucket < r.bucket || bucket == r.bucket && string(key) <= r.key:
		return p, false, r.fail("it is out of order", nil)
	}
	p.Key = string(key)
	r.bucket, r.key = bucket, p.Key
	return p, true, nil
}

// end checks the last line, and that it is the last.
func (r *lineReader) end(line []byte) error {
	var end exportEnd
	if err := json.Unmarshal(line, &end, json.RejectUnknownMembers(true)); err != nil {
		return r.fail("it cannot be read", shortly(err))
	}
	if end.Lines != r.line-1 {
		return r.fail(fmt.Sprintf("it counts %d lines before it, there are %d", end.Lines, r.line-1), nil)
	}
	if sum := fmt.Sprintf("%08x", r.sum); end.Sum != sum {
		return r.fail(fmt.Sprintf("the checksum is %.8q, what was read has %q", end.Sum, sum), nil)
	}
	if _, err := r.in.ReadByte(); err == nil {
		r.line++
		return r.fail("something follows the end", nil)
	}
	return nil
}

// shortly keeps an error of the decoder to its point: it may repeat the whole line.
func shortly(err error) error {
	s := strings.ToValidUTF8(err.Error(), "")
	if len(s) > 160 {
		s = strings.ToValidUTF8(s[:160], "") + "…"
	}
	return errors.New(s)
}

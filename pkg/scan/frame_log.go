package scan

import (
	"bytes"
	"strings"
)

// isLog reports whether a document is a line of a log: it has a time, a level and a message, in the spellings of zap, logrus, slog,
// zerolog and their like, and the level is one.
func (k Keys) isLog() bool {
	var clock, level, message bool
	for _, s := range k.spans {
		if s.end-s.start > len("@timestamp") {
			continue
		}
		switch name := string(k.raw[s.start:s.end]); name {
		case "time", "ts", "timestamp", "@timestamp", "t", "T", "datetime", "asctime":
			clock = true
		case "level", "lvl", "severity", "log.level", "levelname", "L":
			level = level || isLevel(k, name)
		case "msg", "message", "event", "M":
			message = message || k.First(name) == '"'
		}
	}
	return clock && level && message
}

// isLevel reports whether the key's value is a level of a log: one of the usual words, or a number.
func isLevel(k Keys, name string) bool {
	if k.Number(name) != "" {
		return true
	}
	switch strings.ToLower(k.Text(name)) {
	case "trace", "debug", "verbose", "info", "information", "informational", "notice", "warn", "warning", "error", "err",
		"crit", "critical", "alert", "emerg", "emergency", "fatal", "dpanic", "panic":
		return true
	}
	return false
}

// skipText goes behind the end of the line, or to the bracket in it with which a document begins: progress bars end without a line
// end, so that the report stands behind them.
func (f *framer) skipText() {
	for {
		i := indexBracket(f.buf[f.pos:])
		if i < 0 {
			f.pos = len(f.buf)
			f.keep = f.pos
			if !f.more() {
				return
			}
			continue
		}
		f.pos += i
		f.keep = f.pos
		if f.buf[f.pos] == '\n' {
			f.pos++
			f.keep, f.lineStart = f.pos, true
			return
		}
		skip := f.textLength()
		if skip == 0 {
			return
		}
		f.pos += skip
		f.keep = f.pos
	}
}

// indexBracket returns where the first opening bracket or line end is, -1 without one.
func indexBracket(b []byte) int {
	for i, c := range b {
		if c == '{' || c == '[' || c == '\n' {
			return i
		}
	}
	return -1
}

// textLength returns how many bytes from the bracket at f.pos on are text, at least one; 0 when a document begins there. What is JSON
// as far as can be seen begins one when it does not end on the line, or is of a known format: loggers write fields as JSON
// behind their words.
func (f *framer) textLength() int {
	object := 0 // where the first object begins, behind the brackets of arrays
	for ; ; object++ {
		if object == maxPeek || !f.peek(object+1) || strings.IndexByte("{[ \t\r\n", f.buf[f.pos+object]) < 0 {
			return f.restOfLine(object)
		}
		if f.buf[f.pos+object] == '{' {
			break
		}
	}
	f.value.reset()
	for end := 0; ; {
		text := f.buf[f.pos+object:]
		text = text[:min(len(text), maxPeek)]
		var out outcome
		end, out = f.value.run(text, end)
		line := bytes.IndexByte(f.buf[f.pos:f.pos+object+end], '\n')
		switch {
		case out == broken && line >= 0 && len(f.value.keys) == 0:
			return f.restOfLine(line) // no object: a line of text that ends with a bracket
		case out == broken && line < 0:
			return f.restOfLine(object + end)
		case out == complete && line < 0 && !f.recognised(text[:end]):
			return object + end
		case out != needMore, end == maxPeek, !f.more():
			return 0
		}
	}
}

// restOfLine returns how many of n bytes from f.pos on are on the line, at least one.
func (f *framer) restOfLine(n int) int {
	if line := bytes.IndexByte(f.buf[f.pos:f.pos+n], '\n'); line >= 0 {
		n = line
	}
	return max(1, n)
}

// recognised reports whether the object that f.value has seen to its end is a document of a known format, or the first element of one.
func (f *framer) recognised(object []byte) bool {
	k := Keys{raw: object, spans: f.value.keys}
	return f.known != nil && f.known(k) || f.whole != nil && f.whole(k)
}

// skipLog reports whether a document is a line of a log, which is then counted as text.
func (f *framer) skipLog(fr *frame, documents bool) bool {
	if fr.err != nil || len(f.arrays) > 0 || f.known == nil || !fr.keys.isLog() || f.known(fr.keys) {
		return false
	}
	f.number--
	f.documents = documents
	f.noteText(fr.raw)
	return true
}

// noteText counts a line of text, and keeps how the first one begins.
func (f *framer) noteText(text []byte) {
	f.logLines++
	if f.excerpt == nil {
		f.excerpt = bytes.Clone(text[:min(len(text), 64)])
	}
}

package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/postee/postee/pkg/quantity"
)

// maxReferred bounds a file that holds one value, in bytes.
const maxReferred = 64 << 10

// fileScheme begins a value that stands in a file.
const fileScheme = "file:"

// Expand replaces the references in a value: one that is exactly $NAME, and every ${NAME} in it, come from the environment,
// and $$ is a dollar sign; any other dollar sign stays. A value that begins with file: is what the file holds, without one
// line break at its end; its path must be absolute, and may contain ${NAME}. What a reference gives is not looked at again.
//
// names are what the value refers to, also when there is an error: variables by name, a file as written. The error names what
// is unset, empty or unreadable, never a value.
func Expand(value string, lookup func(string) (string, bool)) (expanded string, names []string, err error) {
	e := expansion{lookup: lookup}
	expanded = e.variables(value)
	path, isFile := strings.CutPrefix(value, fileScheme)
	if !isFile {
		if err := e.err(); err != nil {
			return "", e.names, err
		}
		return expanded, e.names, nil
	}
	if !filepath.IsAbs(path) && !strings.HasPrefix(path, "${") {
		// The value is not repeated: it may be a password that happens to look like this.
		return "", e.names, errors.New("a reference to a file needs an absolute path, for example file:/run/secrets/hook")
	}
	e.names = append(e.names, value)
	if err := e.err(); err != nil {
		return "", e.names, err
	}
	expanded, err = referred(strings.TrimPrefix(expanded, fileScheme), value)
	return expanded, e.names, err
}

// expansion is one value on its way.
type expansion struct {
	lookup         func(string) (string, bool)
	names, missing []string
}

// variables replaces variables; those that are missing become nothing and are remembered.
func (e *expansion) variables(value string) string {
	if name, ok := strings.CutPrefix(value, "$"); ok && isName(name) {
		return e.variable(name)
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(value, "$")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		braced, isBraced := strings.CutPrefix(after, "{")
		name, rest, closed := strings.Cut(braced, "}")
		switch {
		case strings.HasPrefix(after, "$"):
			out.WriteByte('$')
			value = after[1:]
		case isBraced && closed && isName(name):
			out.WriteString(e.variable(name))
			value = rest
		default:
			out.WriteByte('$')
			value = after
		}
	}
}

// variable returns one variable.
func (e *expansion) variable(name string) string {
	if !slices.Contains(e.names, name) {
		e.names = append(e.names, name)
	}
	if e.lookup != nil {
		if value, ok := e.lookup(name); ok && value != "" {
			return value
		}
	}
	if !slices.Contains(e.missing, "$"+name) {
		e.missing = append(e.missing, "$"+name)
	}
	return ""
}

// err names the variables that are missing.
func (e *expansion) err() error {
	switch len(e.missing) {
	case 0:
		return nil
	case 1:
		return errors.New(e.missing[0] + " is unset or empty")
	}
	return errors.New(strings.Join(e.missing, ", ") + " are unset or empty")
}

// referred reads a file that holds a value. Errors repeat the reference as it was written, because a variable in it is filled
// in by now.
func referred(path, reference string) (string, error) {
	if !filepath.IsAbs(path) {
		return "", errors.New(quantity.Quote(reference) + " is no absolute path")
	}
	text, err := readFile(path, maxReferred)
	if err != nil {
		if named, ok := errors.AsType[*fs.PathError](err); ok {
			err = named.Err
		}
		return "", errors.New(quantity.Quote(reference) + " cannot be read: " + err.Error())
	}
	value, found := strings.CutSuffix(string(text), "\n")
	if found {
		value = strings.TrimSuffix(value, "\r")
	}
	if value == "" {
		return "", errors.New(quantity.Quote(reference) + " is empty")
	}
	return value, nil
}

// errLarge is that a file is larger than it may be.
var errLarge = errors.New("the file is too large")

// readFile reads a file of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = errLarge
	}
	return text, err
}

// isName reports whether s can name a variable.
func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// readText returns the text of a file that the configuration names, relative to its folder. Errors repeat the name as it was written.
func (l *loader) readText(name string) (string, error) {
	text, err := readFile(l.absolutePath(name), maxFile)
	if named, ok := errors.AsType[*fs.PathError](err); ok {
		err = named.Err
	}
	if err == nil && len(text) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return "", errors.New(quantity.Quote(name) + ": " + err.Error())
	}
	return string(text), nil
}

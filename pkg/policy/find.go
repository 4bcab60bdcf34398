package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// find returns the files that patterns name, each once, in the order of the patterns and by name below a folder.
func find(patterns []string) (files []string, problems []error) {
	if len(patterns) == 0 {
		return nil, []error{errors.New("no policy file is named")}
	}
	for _, p := range patterns {
		found, err := expand(p)
		if err != nil {
			problems = append(problems, err)
		}
		for _, f := range found {
			if !slices.Contains(files, f) {
				files = append(files, f)
			}
		}
	}
	return files, problems
}

// expand returns the files of one pattern. A ready filter goes by its name. What exists under the very name is meant, whatever characters it has.
func expand(pattern string) ([]string, error) {
	info, err := os.Stat(pattern)
	switch {
	case Ready(pattern):
		return []string{pattern}, nil
	case err == nil && info.IsDir():
		return folder(pattern)
	case err == nil:
		return []string{filepath.Clean(pattern)}, nil
	case !errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(pattern, "*?["):
		return nil, fmt.Errorf("%s: %w", pattern, reason(err))
	case !strings.ContainsAny(pattern, "*?["):
		return nil, fmt.Errorf("%s: no such file or folder", pattern)
	}
	return glob(pattern)
}

// glob returns the policies among what a glob matches, and those in the folders that it matches.
func glob(pattern string) ([]string, error) {
	matches, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("%s: the glob is malformed: %w", pattern, err)
	}
	var files []string
	for _, m := range matches {
		if hidden(m) && !hidden(pattern) {
			continue
		}
		if info, err := os.Stat(m); err == nil && info.IsDir() {
			found, _ := folder(m)
			files = append(files, found...)
		} else if isPolicy(filepath.Base(m)) {
			files = append(files, m)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no policy matches: name files that end in .rego", pattern)
	}
	return files, nil
}

// folder returns the policies below a folder. Hidden entries are passed over: where a Kubernetes volume is mounted, they hold
// second copies of what is linked at the top.
func folder(dir string) ([]string, error) {
	var files []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(dir, name), reason(err))
		}
		switch {
		case hidden(name) && d.IsDir():
			return fs.SkipDir
		case !hidden(name) && !d.IsDir() && isPolicy(d.Name()):
			files = append(files, filepath.Join(dir, filepath.FromSlash(name)))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no policy in this folder: name files so that they end in .rego", dir)
	}
	return files, nil
}

// hidden reports whether a path's last element begins with a dot; "." itself is not hidden.
func hidden(path string) bool {
	base := filepath.Base(path)
	return strings.HasPrefix(base, ".") && base != "." && base != ".."
}

// isPolicy reports whether a file is a policy, by its name: neither a test nor anything else.
func isPolicy(name string) bool {
	return strings.HasSuffix(name, ".rego") && !strings.HasSuffix(name, "_test.rego")
}

// reason is an error of the file system without the path, which the caller has said.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// fieldCase is an input that people have, with what is right: commands in the case's folder, their exit statuses, and
// expressions over what they print.
type fieldCase struct {
	Name, Ran, Right, Reason string
	Steps                    []struct {
		Args   []string
		Stdin  string
		Exit   []int
		Expect []string
	}
}

// TestField runs the cases of the folder that POSTEE_FIELD names. Each kind also has a test of this project's own.
func TestField(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("POSTEE_FIELD")
	if folder == "" {
		t.Skip("POSTEE_FIELD names no folder")
	}
	text, err := os.ReadFile(filepath.Join(folder, "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []fieldCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	binary := built(t, "")
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			for i, step := range c.Steps {
				cmd := exec.CommandContext(t.Context(), binary, append(slices.Clone(step.Args), "--state", filepath.Join(home, "state.db"))...)
				cmd.Dir = filepath.Join(folder, c.Name)
				cmd.Env = []string{"HOME=" + home}
				if step.Stdin != "" {
					in, err := os.Open(filepath.Join(cmd.Dir, step.Stdin))
					if err != nil {
						t.Fatal(err)
					}
					defer in.Close()
					cmd.Stdin = in
				}
				var out, errs bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &errs
				exit := exitOf(cmd.Run())
				words := fieldWords(t, &out)
				words["exit"] = exit
				for _, e := range step.Expect {
					if !fieldHolds(t, e, words) {
						t.Errorf("step %d, %q: not %s: %v", i+1, step.Args, e, words)
					}
				}
				if !slices.Contains(step.Exit, exit) {
					t.Errorf("step %d, %q: ended with %d, want %v\n%s", i+1, step.Args, exit, step.Exit, errs.Bytes())
				}
			}
			if t.Failed() {
				t.Logf("ran: %s\nright: %s\nreason: %s", c.Ran, c.Right, c.Reason)
			}
		})
	}
}

// fieldWords adds up what JSON Lines say: the words of the cases.
func fieldWords(t *testing.T, out io.Reader) map[string]any {
	words := map[string]any{"subjects": 0, "generic": 0, "delivered": 0, "documents": 0, "gate": ""}
	count := func(word string, n int) { m, _ := words[word].(int); words[word] = m + n }
	subjects := map[string]bool{}
	for d := json.NewDecoder(out); ; {
		var line struct {
			Subject             string
			New, Changed, Fixed []any
			Known, Suppressed   int
			Summary             map[string]any
		}
		if err := d.Decode(&line); err != nil {
			break // the end, or a table for people
		}
		for name, v := range line.Summary {
			if n, ok := v.(float64); ok {
				count(name, int(n))
			} else {
				words[name] = v
			}
		}
		if line.Subject == "" {
			continue
		}
		subjects[line.Subject] = true
		if strings.HasPrefix(line.Subject, "generic:") {
			count("generic", 1)
		}
		for name, n := range map[string]int{
			"new": len(line.New), "changed": len(line.Changed), "fixed": len(line.Fixed), "told": len(line.New) + len(line.Changed),
			"known": line.Known, "suppressed": line.Suppressed,
		} {
			count(name, n)
		}
	}
	words["subjects"] = len(subjects)
	return words
}

// fieldHolds evaluates an expression of the cases: comparisons joined by "or", or two of them compared with one another.
func fieldHolds(t *testing.T, expression string, words map[string]any) bool {
	if left, right, ok := strings.Cut(expression, ") == ("); ok {
		return fieldHolds(t, strings.TrimPrefix(left, "("), words) == fieldHolds(t, strings.TrimSuffix(right, ")"), words)
	}
	for _, one := range strings.Split(expression, " or ") {
		m := regexp.MustCompile(`^(\w+) (==|!=|>=) (\S+)$`).FindStringSubmatch(one)
		if m == nil {
			t.Fatalf("the expression %q is not understood", expression)
		}
		have, want := fmt.Sprint(words[m[1]]), strings.Trim(m[3], "'")
		if words[m[1]] == nil {
			have = "0"
		}
		h, _ := strconv.Atoi(have)
		w, _ := strconv.Atoi(want)
		if m[2] == "==" && have == want || m[2] == "!=" && have != want || m[2] == ">=" && h >= w {
			return true
		}
	}
	return false
}

package policy

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// endless are conditions that would keep a machine busy for hours.
var endless = map[string]string{
	"comprehension": "count([1 | x := input.list[_]; y := input.list[_]; z := input.list[_]; w := input.list[_]; x * y * z * w < 0]) == 0",
	"join":          "x := input.list[_]; y := input.list[_]; z := input.list[_]; w := input.list[_]; x + y + z + w == 1",
	"every":         "every x in input.list { every y in input.list { every z in input.list { every w in input.list { x * y * z * w >= 0 } } } }",
	"sets":          "count({[x, y, z] | x := input.list[_]; y := input.list[_]; z := input.list[_]; x + y + z < 0}) == 1",
}

func TestTimeLimit(t *testing.T) {
	list := `{"list":[0` + strings.Repeat(",7", 2000) + `]}`
	for name, condition := range endless {
		t.Run(name, func(t *testing.T) {
			p, err := CompileSource(t.Context(), "slow.rego", condition, Options{Timeout: 30 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			ok, err := p.Allow(t.Context(), NewInput([]byte(list), p.Needs()))
			if ok || !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("got %v, %v", ok, err)
			}
			if want := "slow.rego: no decision within 30ms, the time limit for one document"; !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got %v", err)
			}
			if took, control := time.Since(start), spun(t, 30*time.Millisecond); took > 100*control {
				t.Errorf("stopped after %v, an empty loop after %v", took, control)
			}
		})
	}
}

// spun is how long a loop that does nothing but ask for its end takes now to end after so long.
func spun(t *testing.T, limit time.Duration) time.Duration {
	t.Helper()
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	for ctx.Err() == nil {
		runtime.Gosched()
	}
	return time.Since(start)
}

func TestInterrupted(t *testing.T) {
	p, err := CompileSource(t.Context(), "p.rego", endless["join"], Options{Timeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	in := NewInput([]byte(`{"list":[0`+strings.Repeat(",7", 2000)+`]}`), everything)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for range 2 {
		_, err := p.Allow(ctx, in)
		if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "time limit") {
			t.Errorf("the caller's own end is not the policy's: %v", err)
		}
	}
	over, stop := context.WithCancel(t.Context())
	stop()
	if _, err := p.Allow(over, in); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := Compile(over, []string{write(t, map[string]string{"a.rego": "package postee\nallow { true }"})}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestPanicsAreErrors(t *testing.T) {
	p := one(t, "package postee\nallow { input.x }")
	p.compiler = nil
	if ok, err := p.Allow(t.Context(), NewInput([]byte(`{"x":1}`), p.Needs())); ok || err == nil || !strings.Contains(err.Error(), "broke off") {
		t.Errorf("got %v, %v", ok, err)
	}
}

func TestErrorsAreShort(t *testing.T) {
	p := one(t, "package postee\nallow { to_number(input.x) > 1 }")
	_, err := p.Allow(t.Context(), NewInput([]byte(`{"x":"`+strings.Repeat("é", 100_000)+`"}`), p.Needs()))
	if err == nil || len(err.Error()) > 500 {
		t.Errorf("%d bytes", len(err.Error()))
	}
}

func TestPoliciesShareAnInput(t *testing.T) {
	in := NewInput([]byte(alpine), everything)
	var group sync.WaitGroup
	for _, text := range []string{"allow { input.image }", "allow { input.none }", "allow { count(input.tags) == 2 }"} {
		p := one(t, "package postee\n"+text)
		for range 20 {
			group.Go(func() {
				if _, err := p.Allow(t.Context(), in); err != nil {
					t.Error(err)
				}
				_ = p.Where(t.Context(), in)
			})
		}
	}
	group.Wait()
}

func TestFind(t *testing.T) {
	const good = "package postee\nallow { input.x }"
	dir := write(t, map[string]string{
		"p/a.rego": good, "p/sub/b.rego": good, "p/sub/c.rego": good, "p/a_test.rego": "package nonsense", "p/notes.md": "x",
		"p/.hidden/d.rego": "nonsense", "p/.e.rego": "nonsense", "lone.policy": good, "odd[1].rego": good, "empty/x.txt": "",
	})
	tests := map[string]struct {
		patterns string
		want     string
	}{
		"a folder, recursively":     {"p", "p/a.rego p/sub/b.rego p/sub/c.rego"},
		"with a slash":              {"p/", "p/a.rego p/sub/b.rego p/sub/c.rego"},
		"a file":                    {"p/sub/b.rego", "p/sub/b.rego"},
		"a file of any name":        {"lone.policy", "lone.policy"},
		"a name that is a glob too": {"odd[1].rego", "odd[1].rego"},
		"a glob":                    {"p/*.rego", "p/a.rego"},
		"a glob of folders":         {"p/s*", "p/sub/b.rego p/sub/c.rego"},
		"a glob of all":             {"p/*", "p/a.rego p/sub/b.rego p/sub/c.rego"},
		"once each":                 {"p/sub p/sub/b.rego p p/../p/a.rego", "p/sub/b.rego p/sub/c.rego p/a.rego"},
		"missing":                   {"none.rego", "! none.rego: no such file or folder"},
		"below a file":              {"lone.policy/x", "! lone.policy/x: not a directory"},
		"nothing matches":           {"p/*.wasm", "! p/*.wasm: no policy matches: name files that end in .rego"},
		"only notes match":          {"p/*.md", "! p/*.md: no policy matches: name files that end in .rego"},
		"no policy inside":          {"empty", "! empty: no policy in this folder: name files so that they end in .rego"},
		"malformed":                 {"p/[", "! p/[: the glob is malformed: syntax error in pattern"},
		"none":                      {"", "! no policy file is named"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Chdir(dir)
			p, err := Compile(t.Context(), strings.Fields(tt.patterns), Options{})
			if want, ok := strings.CutPrefix(tt.want, "! "); ok {
				if err == nil || err.Error() != want {
					t.Errorf("\ngot  %v\nwant %s", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := filepath.ToSlash(strings.Join(p.Files(), " ")); got != tt.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

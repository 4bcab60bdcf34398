package policy

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestWhatDoesNotEndIsLeft: work that does not look at its context is not waited for, whichever limit ends it.
func TestWhatDoesNotEndIsLeft(t *testing.T) {
	quiet := func(bool) uint64 { return 1 }
	tests := map[string]struct {
		limits bound
		within time.Duration
		want   error
	}{
		"time":       {bound{5 * time.Second, 100, quiet}, time.Hour, context.DeadlineExceeded},
		"the caller": {bound{time.Hour, 100, quiet}, time.Second, context.Canceled},
		"memory": {bound{time.Hour, 100, func() func(bool) uint64 {
			n := uint64(0)
			return func(bool) uint64 { n += 30; return n }
		}()}, time.Hour, errMemory},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer time.AfterFunc(tt.within, cancel).Stop()
				never := make(chan int)
				defer close(never)
				if _, err := within(ctx, tt.limits, func(context.Context) (int, error) { return <-never, nil }); !errors.Is(err, tt.want) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// TestGarbageIsNoExplosion: what a collection frees is not held against anybody.
func TestGarbageIsNoExplosion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, exact := uint64(0), 0
		limits := bound{time.Second, 100, func(e bool) uint64 {
			if e {
				exact++
				return 50
			}
			n += 90
			return n
		}}
		if _, err := within(t.Context(), limits, func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if exact == 0 {
			t.Error("nothing was collected")
		}
	})
}

// TestMemoryLimit: an evaluation that gathers without end is ended long before its time is over.
func TestMemoryLimit(t *testing.T) {
	list := NewInput([]byte(`{"list":[0`+strings.Repeat(",7", 3000)+`],"text":"`+strings.Repeat("a", 1<<16)+`"}`), everything)
	for name, condition := range map[string]string{
		"comprehension": "count([[x, y, z, w] | x := input.list[_]; y := input.list[_]; z := input.list[_]; w := input.list[_]]) == 1",
		"text":          `count(replace(replace(input.text, "a", input.text), "a", "aa")) == 1`,
	} {
		t.Run(name, func(t *testing.T) {
			p, err := CompileSource(t.Context(), "p", condition, Options{Timeout: time.Hour, Memory: 64 << 20})
			if err != nil {
				t.Fatal(err)
			}
			if ok, err := p.Allow(t.Context(), list); ok || err == nil || err.Error() != "p: no decision within 64 MiB of memory, the limit for one document; not asked again in this run" {
				t.Errorf("got %v, %v", ok, err)
			}
			if _, err := p.Allow(t.Context(), NewInput([]byte("{}"), p.Needs())); !errors.Is(err, ErrGivenUp) {
				t.Errorf("asked again: %v", err)
			}
		})
	}
}

// TestGivenUp: a policy that exceeded its time is not asked again, by nobody; another one is.
func TestGivenUp(t *testing.T) {
	p, err := CompileSource(t.Context(), "p", "input.quick", Options{Timeout: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Allow(t.Context(), NewInput([]byte(`{"quick":true}`), p.Needs())); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	p.limits.timeout = math.MaxInt64
	const want = "p: not asked again in this run: an earlier document took more than 1ns"
	if _, err := p.Allow(t.Context(), NewInput([]byte(`{"quick":true}`), p.Needs())); !errors.Is(err, ErrGivenUp) || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if where := p.Where(t.Context(), NewInput([]byte(`{"quick":true}`), p.Needs())); where != "" {
		t.Errorf("got %s", where)
	}
}

// TestGuards: what would take memory or time without bound inside one builtin is an error of the policy instead.
func TestGuards(t *testing.T) {
	doubled := func(first, next, last string) string {
		lines := []string{"package postee", "x0 := " + first}
		for i := range 40 {
			lines = append(lines, fmt.Sprintf("x%d := "+next, i+1, i, i))
		}
		return strings.Join(append(lines, "allow { "+fmt.Sprintf(last, 40)+" }"), "\n")
	}
	tests := map[string]struct{ body, want string }{
		"a tree of names":      {doubled("1", "[x%d, x%d]", `json.marshal(x%d) == ""`), "json.marshal: a value of more than 256 MiB"},
		"the same, as text":    {doubled("1", "[x%d, x%d]", `sprintf("%%v", [x%d]) == ""`), "sprintf: a value of more than 256 MiB"},
		"the same, united":     {doubled(`{"a": 1}`, `{"a": x%d, "b": x%d}`, `object.union(x%d, {"c": 1}) == {}`), "object.union: a value of more than 256 MiB"},
		"squares":              {doubled("10", "x%d * x%d", "x%d > 1"), "mul: a number of more than 1000 digits"},
		"an exponent":          {`to_number("1e99999") > 1`, "to_number: a number of more than 1000 digits"},
		"one from JSON":        {`json.unmarshal("1e20000") + 1 > 1`, "plus: a number of more than 1000 digits"},
		"one in a list":        {`sum(json.unmarshal("[1e20000]")) > 1`, "sum: a number of more than 1000 digits"},
		"an exponent in units": {`units.parse("1e99999k") > 1`, "units.parse: a number of more than 1000 digits"},
		"a width":              {`sprintf("%99999999d", [1]) == ""`, "sprintf: a format with a width"},
		"a precision":          {`sprintf("%.9999f", [1.5]) == ""`, "sprintf: a format with a width"},
		"a width given":        {`sprintf("%*d", [99999999, 1]) == ""`, "sprintf: a format with a width"},
		"an argument again":    {`sprintf("%[1]s%[1]s", ["x"]) == ""`, "sprintf: a format that numbers"},
		"groups":               {`count(regex.find_all_string_submatch_n("` + strings.Repeat("()", 400) + `", input.text, -1)) == 1`, "too many groups"},
	}
	in := NewInput([]byte(`{"text":"`+strings.Repeat("a", 1<<20)+`"}`), everything)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text := tt.body
			if !strings.HasPrefix(text, "package") {
				text = "package postee\nallow { " + text + " }"
			}
			_, err := one(t, text).Allow(t.Context(), in)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), guarded) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestDoublingIsRefused: a body in which each variable names the last one twice is written out by Rego, where nothing bounds it.
func TestDoublingIsRefused(t *testing.T) {
	for name, next := range map[string]string{
		"arrays": "x%d := [x%d, x%d]", "deep": `x%d := {"a": {"b": [x%d, [x%d]]}}`, "the other way": "[x%[2]d, x%[2]d] = x%[1]d", "side by side": "[x%d, 1] = [[x%d, x%d], 1]",
	} {
		t.Run(name, func(t *testing.T) {
			var lines []string
			for i := range 40 {
				lines = append(lines, fmt.Sprintf(next, i+1, i, i))
			}
			chain := "x0 := input.x\n" + strings.Join(lines, "\n") + "\nx40"
			for _, text := range []string{"allow { " + chain + " }", "allow { count([y | y := 1; " + chain + "]) == 1 }", "allow { f(1) }\nf(x) { " + chain + " }"} {
				refusesFile(t, "package postee\n"+text, "variables that name each other")
			}
		})
	}
	if _, err := CompileSource(t.Context(), "p", `x := [input.a, input.b]; y := [x, x]; z := {"a": y, "b": y}; z.a == z.b`, Options{}); err != nil {
		t.Error(err)
	}
}

// TestGuardedStillWork: guarded builtins do what they do, a policy's own functions keep their names, and a stand-in is guarded too.
func TestGuardedStillWork(t *testing.T) {
	p := one(t, `package postee
import rego.v1
round(x) := x + 100
allow if {
	1 + 2 * 3 - 4 / 2 == 5
	7 % 4 == 3
	{1, 2} - {1} == {2}
	round(1) == 101
	sum([1, 2]) + product([2, 3]) == 9
	sprintf("%5.1f|%d|%s|%%", [1.25, 3, "x"]) == "  1.2|3|x|%"
	json.marshal({"a": [1]}) == "{\"a\":[1]}"
	to_number("12") == 12
	abs(-1) == 1 with input.x as 1 + 1
	every x in [1, 2] { x * 2 > 1 }
	[y | some x in [1, 2]; y := x * 2] == [2, 4]
	regex.replace("aXb", "X", "-") == "a-b"
	object.union({"a": 1}, {"b": 2}) == {"a": 1, "b": 2}
	units.parse_bytes("1KB") == 1000
}`)
	if ok, err := p.Allow(t.Context(), NewInput([]byte(`{}`), p.Needs())); !ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
	replaced := one(t, "package postee\nimport rego.v1\nallow if upper(\"%99999d\") == \"x\" with upper as fake\nfake(x) := sprintf(x, [1])")
	if _, err := replaced.Allow(t.Context(), NewInput([]byte(`{}`), replaced.Needs())); err == nil || !strings.Contains(err.Error(), "width") {
		t.Errorf("got %v", err)
	}
}

// TestTemplateStringsAreRefused, at their place.
func TestTemplateStringsAreRefused(t *testing.T) {
	refusesFile(t, "package postee\nimport rego.v1\nallow if input.x == $\"a{input.y}\"", ":3:21: "+templates)
	refusesFile(t, "package postee\nallow { input.x < "+strings.Repeat("9", 1001)+" }", ":2:19: a number of more than 1000 digits")
}

// refusesFile expects that a file does not compile, with an error that has a text in it.
func refusesFile(t *testing.T, text, want string) {
	t.Helper()
	_, err := Compile(t.Context(), []string{write(t, map[string]string{"p.rego": text})}, Options{})
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

package scan

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAFloodOfErrorsIsCounted reads sources of nothing but mistakes: the first are listed, the rest is one error that says how many.
func TestAFloodOfErrorsIsCounted(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		listed  int
		further string
	}{
		"numbers":        {strings.Repeat("1\n", 12_365), 20, "12,345 more errors"},
		"one more":       {strings.Repeat("1\n", 21), 20, "1 more error"},
		"none more":      {strings.Repeat("1\n", 20), 20, ""},
		"no report":      {strings.Repeat("{\"a\":1}\n", 1000), 20, "980 more errors"},
		"broken":         {strings.Repeat("{\"a\"\n", 1000), 20, "980 more errors"},
		"stray brackets": {strings.Repeat("]\nx\n", 1000), 20, "980 more errors"},
	} {
		t.Run(name, func(t *testing.T) {
			_, errs, _ := gather(t, Options{Stdin: strings.NewReader(c.text)}, "-")
			rest := 0
			if c.further != "" {
				last := errs[len(errs)-1]
				if errs = errs[:len(errs)-1]; last.Error() != "-: "+c.further || last.Count != last.Number() {
					t.Errorf("%v, %d", last, last.Count)
				}
				rest = last.Count
			}
			if len(errs) != c.listed {
				t.Errorf("%d listed, %d in all", len(errs), len(errs)+rest)
			}
		})
	}
}

// TestFloodsAreOfOneSource holds that every source has errors of its own.
func TestFloodsAreOfOneSource(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a#1.json"), filepath.Join(dir, "b.json")
	if err := os.WriteFile(a, []byte(strings.Repeat("1\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b, []byte(strings.Repeat("1\n", 30)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, errs, _ := gather(t, Options{}, a, b, a)
	var counted []string
	for _, err := range errs {
		if err.Count > 0 {
			counted = append(counted, err.Error())
		}
	}
	want := fmt.Sprintf("[%s: 80 more errors %s: 10 more errors %s: 80 more errors]", a, b, a)
	if fmt.Sprint(counted) != want || len(errs) != 63 {
		t.Errorf("%d errors, %s, want %s", len(errs), counted, want)
	}
}

// TestAFloodOfWarningsEnds reads documents that are each worth a warning.
func TestAFloodOfWarningsEnds(t *testing.T) {
	var f Flood
	warned := 0
	for range 1000 {
		doc := &Document{Source: "-#1", Warnings: []string{"odd"}}
		f.begin("-")
		f.thin(doc)
		warned += len(doc.Warnings)
	}
	if warned != listedErrors+1 {
		t.Errorf("%d warnings", warned)
	}
}

// TestClashesAreLookedForInProportion holds that repeats of one document, and documents about nothing, leave nothing behind to compare with.
func TestClashesAreLookedForInProportion(t *testing.T) {
	for _, looked := range []Coverage{0, CoverageOf(Secret)} {
		seen := places{}
		for range 1000 {
			doc := &Document{Source: "-#1", places: []place{{scanner: "s", subject: "p", source: "-#1", file: "-", looked: looked}}}
			if err := seen.add(doc); err != nil {
				t.Fatal(err)
			}
		}
		for _, list := range seen {
			if len(list) > 1 {
				t.Errorf("%d places", len(list))
			}
		}
	}
}

func TestPathOf(t *testing.T) {
	for source, want := range map[string]string{"a.json#12": "a.json", "a.json": "a.json", "a#": "a#", "a#1#2": "a#1", "a#b": "a#b"} {
		if got := pathOf(source); got != want {
			t.Errorf("%s: %s", source, got)
		}
	}
	if !bytes.Equal([]byte(numbered("a", 0)), []byte("a")) {
		t.Error(numbered("a", 0))
	}
}

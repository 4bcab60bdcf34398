package main

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"testing"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/formats"
)

// read returns the findings of each document, as postee reads them.
func read(t *testing.T, text []byte) (findings [][]scan.Finding) {
	t.Helper()
	for item := range scan.Read(t.Context(), []string{"-"}, scan.Options{Formats: formats.All(), Stdin: bytes.NewReader(text)}) {
		if item.Doc == nil || item.Warning != "" || len(item.Doc.Reports) != 1 {
			t.Fatalf("document %d: %v, warning %q", len(findings), item.Err, item.Warning)
		}
		findings = append(findings, slices.Clone(item.Doc.Reports[0].Findings))
		item.Release()
	}
	return findings
}

// names returns the identifiers of findings, which must be different ones.
func names(t *testing.T, findings []scan.Finding) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, f := range findings {
		all[f.ID+" "+f.Package] = true
	}
	if len(all) != len(findings) {
		t.Errorf("%d findings with %d names", len(findings), len(all))
	}
	return all
}

// TestDocumentsAreOfTheirShape: what goes in is what the table says of it.
func TestDocumentsAreOfTheirShape(t *testing.T) {
	t.Parallel()
	d := documents{1}
	for _, c := range []struct {
		name            string
		write           func(w io.Writer, number int)
		size, findings  int
		differentImages bool
	}{
		{"aqua", func(w io.Writer, i int) { d.aqua(w, i, imagePackages, firstScan) }, 52_000, 210, true},
		{"aqua, one new", func(w io.Writer, i int) { d.aqua(w, i, imagePackages, oneNew) }, 52_000, 210, true},
		{"middling", func(w io.Writer, i int) { d.aqua(w, i, middlingPackages, firstScan) }, 10_000, 39, true},
		{"small", func(w io.Writer, i int) { d.aqua(w, i, smallPackages, firstScan) }, 2_600, 9, true},
		{"trivy", func(w io.Writer, i int) { d.trivy(w, i, reportPackages) }, 1_500_000, 1764, true},
		{"tiny", d.tiny, 160, 1, false},
		{"large", func(w io.Writer, _ int) { d.large(w, 2_000_000) }, 2_000_000, 2448, false},
	} {
		var text bytes.Buffer
		for i := range 3 {
			c.write(&text, i)
		}
		if size := text.Len() / 3; size < c.size*95/100 || size > c.size*105/100 {
			t.Errorf("%s: %d bytes a document, want %d", c.name, size, c.size)
		}
		if lines := bytes.Count(text.Bytes(), []byte("\n")); lines != 3 {
			t.Errorf("%s: %d lines", c.name, lines)
		}
		found := read(t, text.Bytes())
		if len(found) != 3 {
			t.Fatalf("%s: %d documents", c.name, len(found))
		}
		for _, findings := range found {
			if len(findings) != c.findings {
				t.Errorf("%s: %d findings, want %d", c.name, len(findings), c.findings)
			}
			names(t, findings)
		}
		if c.differentImages && maps.Equal(names(t, found[0]), names(t, found[1])) {
			t.Errorf("%s: two images have the same findings", c.name)
		}
	}
}

// TestDocumentsFollowFromTheSeed: the same seed writes the same documents in any order, another one others.
func TestDocumentsFollowFromTheSeed(t *testing.T) {
	t.Parallel()
	write := func(seed uint64, number int) string {
		var b bytes.Buffer
		documents{seed}.aqua(&b, number, imagePackages, firstScan)
		documents{seed}.trivy(&b, number, 10)
		documents{seed}.tiny(&b, number)
		return b.String()
	}
	early := write(1, 7)
	write(1, 8)
	if write(1, 7) != early {
		t.Error("a document depends on those that were written before")
	}
	if write(1, 8) == early || write(2, 7) == early {
		t.Error("two numbers, or two seeds, write the same")
	}
}

// TestVariantsDifferAsTheySay: one finding is new in one variant, none in the other, and no document stays as it was.
func TestVariantsDifferAsTheySay(t *testing.T) {
	t.Parallel()
	for number := range 50 {
		var text [3]bytes.Buffer
		var found [3]map[string]bool
		for i, v := range []variant{firstScan, oneNew, laterStamps} {
			documents{1}.aqua(&text[i], number, imagePackages, v)
			found[i] = names(t, read(t, text[i].Bytes())[0])
		}
		if added := lacking(found[0], found[1]); added != 1 {
			t.Errorf("document %d: %d findings are new, want 1", number, added)
		}
		if !maps.Equal(found[0], found[2]) || bytes.Equal(text[0].Bytes(), text[2].Bytes()) {
			t.Errorf("document %d: the later scan has other findings, or is the same", number)
		}
	}
}

// lacking counts what is in one set and not in the other.
func lacking(set, of map[string]bool) (n int) {
	for name := range of {
		if !set[name] {
			n++
		}
	}
	return n
}

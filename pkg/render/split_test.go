package render

import (
	"fmt"
	"strings"
	"testing"
)

// rowsOf returns the second cell of every row of every table: in a table of findings, its ID.
func rowsOf(t Tree) []string {
	var ids []string
	for _, b := range t {
		if table, ok := b.(Table); ok {
			for _, r := range table.Rows {
				ids = append(ids, r.Cells[1][0].Text)
			}
		}
	}
	return ids
}

func TestPartsHaveEveryRowOnceAndFit(t *testing.T) {
	for _, limit := range []int{600, 1000, 4000, 40_000, 10_000_000} {
		for _, c := range append(cases(), named{"many", many(300)}) {
			tree := Layout(c.message, Options{})
			asked := 0
			fits := func(t Tree) bool { asked++; return len(Markdown(t)) <= limit }
			parts := Split(tree, fits)
			var got []string
			for i, part := range parts {
				if !fits(part) && c.name != "hostile" && limit > 600 {
					t.Errorf("%s, %d: part %d does not fit", c.name, limit, i)
				}
				got = append(got, rowsOf(part)...)
				if number := fmt.Sprintf("part %d of %d", i+1, len(parts)); strings.Contains(string(Markdown(part[:1])), number) != (len(parts) > 1) {
					t.Errorf("%s, %d: no %q in %s", c.name, limit, number, Markdown(part[:1]))
				}
			}
			if c.name != "hostile" && limit > 600 && strings.Join(got, "\n") != strings.Join(rowsOf(tree), "\n") {
				t.Errorf("%s, %d: %q instead of %q", c.name, limit, got, rowsOf(tree))
			}
			if len(got) != len(rowsOf(tree)) {
				t.Errorf("%s, %d: %d rows of %d", c.name, limit, len(got), len(rowsOf(tree)))
			}
		}
	}
}

func TestARowThatDoesNotFitIsCut(t *testing.T) {
	m := hostile(strings.Repeat("x", 5000))
	m.Title = "t"
	for _, part := range Split(Layout(m, Options{}), func(t Tree) bool { return len(Text(t)) <= 900 }) {
		if n := len(Text(part)); n > 900 || !strings.Contains(string(Text(part)), "t, part ") {
			t.Errorf("%d bytes: %s", n, Text(part))
		}
	}
}

func TestNoHeadingAtTheEndOfAPart(t *testing.T) {
	tree := Layout(many(200), Options{})
	for limit := 1500; limit < 3000; limit += 50 {
		parts := Split(tree, func(t Tree) bool { return len(Text(t)) <= limit })
		for _, part := range parts {
			if _, ok := part[len(part)-1].(Heading); ok {
				t.Errorf("limit %d: %s", limit, Text(part))
			}
		}
	}
}

func TestSplitAsksSeldom(t *testing.T) {
	tree := Layout(many(20_000), Options{})
	rows := 0
	parts := Split(tree, func(t Tree) bool {
		for _, b := range t {
			if table, ok := b.(Table); ok {
				rows += len(table.Rows)
			}
		}
		return len(rowsOf(t)) <= 100
	})
	if len(parts) < 200 || rows > 20*20_000 {
		t.Errorf("%d parts, %d rows looked at", len(parts), rows)
	}
}

func TestShorten(t *testing.T) {
	tree := Layout(many(60), Options{})
	short := Shorten(tree, 10)
	text := string(Text(short))
	if want := "… 50 more: 10 high, 10 medium, 10 low, 10 negligible, 10 unknown"; !strings.Contains(text, want) {
		t.Errorf("%s lacks %q", text, want)
	}
	if n := len(rowsOf(tree)); n < 60 {
		t.Errorf("the tree itself was shortened to %d", n)
	}
	if all := Shorten(tree, 0); string(Text(all)) != string(Text(tree)) {
		t.Error("0 does not keep all")
	}
	var rows int
	for _, b := range short {
		if table, ok := b.(Table); ok && table.Kind == "findings" {
			rows = len(table.Rows)
		}
	}
	if rows != 10 {
		t.Errorf("%d rows", rows)
	}
}

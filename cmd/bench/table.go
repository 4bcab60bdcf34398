package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// table is rows of cells, printed in aligned columns.
type table struct {
	rows [][]string
}

// newTable returns one with a head.
func newTable(head ...string) *table { return &table{[][]string{head}} }

// add adds a row.
func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// print writes it, each column as wide as its widest cell, unless there is nothing in it.
func (t *table) print(w io.Writer) error {
	if len(t.rows) == 1 {
		return nil
	}
	var text strings.Builder
	columns := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, row := range t.rows {
		// A column is aligned as far as each row ends its cell with a tab.
		fmt.Fprintln(columns, strings.Join(row, "\t")+"\t")
	}
	if err := columns.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
	}
	return nil
}

// number writes three digits that say something, and all digits before the point.
func number(v float64) string {
	switch {
	case v >= 100 || v == 0:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 0.1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

package config

import (
	"cmp"
	"slices"
	"strings"
)

// Problem is one mistake in the file.
type Problem struct {
	// Line and Column count from 1; 0 is that it is not known.
	Line, Column int
	// Entry is the entry's name, "" outside of entries. Text says what is wrong, Hint what to do; "" is no hint.
	Entry, Text, Hint string
}

// Problems are all mistakes in one file. They are an error.
type Problems struct { //nolint:errname // It is a list, and an error as soon as there is something in it.
	// Path is the file as messages name it.
	Path string
	// List is sorted by position once [Problems.Err] or [Problems.Error] was asked.
	List []Problem
}

// Add takes in one more.
func (p *Problems) Add(problem Problem) { p.List = append(p.List, problem) }

// Err is p when there are problems, nil otherwise.
func (p *Problems) Err() error {
	if p == nil || len(p.List) == 0 {
		return nil
	}
	p.sort()
	return p
}

// Error says each problem in a line, "cfg.yaml:14:3: team: …", and each hint in the line after it.
func (p *Problems) Error() string {
	p.sort()
	var out strings.Builder
	for i, problem := range p.List {
		if i > 0 {
			out.WriteByte('\n')
		}
		where := strings.TrimSuffix(place(problem.Line, problem.Column), " ")
		out.WriteString(p.Path + ":" + where + " " + label(problem.Entry) + problem.Text)
		if problem.Hint != "" {
			out.WriteString("\nhint: " + problem.Hint)
		}
	}
	return out.String()
}

// sort orders by position and says nothing twice: a mapping that is merged into several entries is looked at several times.
func (p *Problems) sort() {
	slices.SortStableFunc(p.List, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	p.List = slices.Compact(p.List)
}

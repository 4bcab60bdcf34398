package render

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// TextOptions say how a message is printed for a terminal or a file.
type TextOptions struct {
	// Width is the number of columns; 0 is no limit, as for a file.
	Width int
	// Rows is the greatest number of findings listed for each subject; 0 lists all.
	Rows int
}

// ShortList is how many findings of a subject are listed on a terminal unless everything is asked for.
const ShortList = 25

// Text prints a message as plain text: a heading, the counts, and one finding a line, worst first.
func Text(m *message.Message, o TextOptions) []byte {
	var out bytes.Buffer
	if m.Test {
		fmt.Fprintf(&out, "This is a test message of route %s: delivery works.\n", Clean(m.Route))
	}
	for i := range m.Sections {
		if i > 0 {
			out.WriteByte('\n')
		}
		section(&out, &m.Sections[i], o)
	}
	return out.Bytes()
}

// section prints one subject.
func section(out *bytes.Buffer, s *message.Section, o TextOptions) {
	subject, facts := Clean(s.Subject), headline(s)
	gap := 4
	if o.Width > 0 {
		gap = max(gap, o.Width-runewidth.StringWidth(subject)-runewidth.StringWidth(facts))
	}
	if o.Width > 0 && runewidth.StringWidth(subject)+gap+runewidth.StringWidth(facts) > o.Width {
		fmt.Fprintf(out, "%s\n  %s\n", subject, facts)
	} else {
		fmt.Fprintf(out, "%s%s%s\n", subject, strings.Repeat(" ", gap), facts)
	}
	fmt.Fprintf(out, "  %s\n", counts(&s.Delta))
	rows := rowsOf(s)
	if len(rows) == 0 {
		return
	}
	out.WriteByte('\n')
	shown := rows
	if o.Rows > 0 && len(rows) > o.Rows {
		shown = rows[:o.Rows]
	}
	table(out, shown, o.Width)
	if left := rows[len(shown):]; len(left) > 0 {
		fmt.Fprintf(out, "  … %d more: %s (--all lists them)\n", len(left), countLeft(left))
	}
}

// headline says what kind of message it is: a first scan by whom, or the sizes of the difference.
func headline(s *message.Section) string {
	d := &s.Delta
	if d.Empty() {
		return fmt.Sprintf("nothing new: %d known", d.Known)
	}
	var parts []string
	if d.First {
		parts = append(parts, "first scan")
		if s.Scanner != "" {
			parts = append(parts, s.Scanner)
		}
		if s.Artifact.Digest != "" {
			parts = append(parts, shortDigest(Clean(s.Artifact.Digest)))
		}
	} else {
		for _, p := range []struct {
			n    int
			what string
		}{{len(d.New), "new"}, {len(d.Changed), "changed"}, {len(d.Fixed), "fixed"}, {d.Known, "known"}} {
			if p.n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
			}
		}
	}
	switch {
	case d.ComplianceChanged && d.Compliance == scan.NonCompliant:
		parts = append(parts, "NO LONGER COMPLIANT")
	case d.ComplianceChanged:
		parts = append(parts, "compliant again")
	case d.Compliance == scan.NonCompliant:
		parts = append(parts, "non-compliant")
	}
	return strings.Join(parts, " · ")
}

// shortDigest keeps what a person compares: "sha256:4f1c2ab9…".
func shortDigest(digest string) string {
	if len(digest) > 16 {
		return fit(digest, 16)
	}
	return digest
}

// counts says how many findings are open, by severity, and how many can be mended.
func counts(d *dedup.Delta) string {
	var parts []string
	for s := scan.Critical; ; s-- {
		if d.Open[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", d.Open[s], s))
		}
		if s == scan.Unknown {
			break
		}
	}
	if len(parts) == 0 {
		return "no open findings"
	}
	line := strings.Join(parts, "  ")
	if d.Fixable > 0 {
		line += fmt.Sprintf("   %d can be fixed today", d.Fixable)
	}
	return line
}

// row is one finding as it is listed.
type row struct {
	event    string
	severity scan.Severity
	cells    [5]string // severity, ID, package or place, version, fix
	title    string
}

// rowsOf lists what a section says: new, changed, fixed, each worst first; all open findings when the route shows all.
func rowsOf(s *message.Section) []row {
	var rows []row
	if s.All != nil {
		rows = appendItems(rows, "", s.All)
		return appendChanges(rows, "FIXED", s.Delta.Fixed)
	}
	event := "NEW"
	if s.Delta.First {
		event = ""
	}
	rows = appendItems(rows, event, s.Delta.New)
	for _, c := range s.Delta.Changed {
		r := rowOf("CHANGED", &c.Item)
		r.title = changeOf(&c)
		rows = append(rows, r)
	}
	return appendChanges(rows, "FIXED", s.Delta.Fixed)
}

func appendItems(rows []row, event string, items []dedup.Item) []row {
	for i := range items {
		rows = append(rows, rowOf(event, &items[i]))
	}
	return rows
}

func appendChanges(rows []row, event string, changes []dedup.Change) []row {
	for i := range changes {
		r := rowOf(event, &changes[i].Item)
		r.cells[3], r.cells[4] = "", ""
		rows = append(rows, r)
	}
	return rows
}

// rowOf lists one finding.
func rowOf(event string, item *dedup.Item) row {
	r := row{event: event, severity: item.Severity, title: Clean(item.Title)}
	where := item.Package
	if where == "" {
		where = item.Location
	}
	if item.Resource != "" {
		where += " " + item.Resource
	}
	r.cells = [5]string{strings.ToUpper(item.Severity.String()), Clean(item.ID), Clean(where), Clean(item.Installed), ""}
	switch {
	case item.Fixed != "":
		r.cells[4] = "→ " + Clean(item.Fixed)
	case item.Kind == scan.Vulnerability:
		r.cells[4] = "no fix"
	default:
		r.cells[3] = item.Kind.String()
	}
	return r
}

// changeOf says what became different.
func changeOf(c *dedup.Change) string {
	var parts []string
	if c.Severity > c.Was.Severity {
		parts = append(parts, "was "+c.Was.Severity.String())
	}
	if c.Fixed != "" && !c.Was.Fixed {
		parts = append(parts, "a fix is available now")
	}
	return strings.Join(parts, ", ")
}

// countLeft counts rows by severity.
func countLeft(rows []row) string {
	var n [scan.SeverityCount]int
	for _, r := range rows {
		n[r.severity]++
	}
	var parts []string
	for s := scan.Critical; ; s-- {
		if n[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[s], s))
		}
		if s == scan.Unknown {
			return strings.Join(parts, ", ")
		}
	}
}

package render

import (
	"bytes"
	"strings"

	"github.com/mattn/go-runewidth"
)

// widest bounds the columns of a table, so that one hostile name does not push the others off the page: severity, ID, place,
// version, fix.
var widest = [5]int{10, 24, 36, 24, 26}

// table prints rows in columns that fit their contents. Within a width the title takes what is left, and goes when that is nothing.
func table(out *bytes.Buffer, rows []row, width int) {
	var columns [5]int
	events := 0
	for _, r := range rows {
		events = max(events, runewidth.StringWidth(r.event))
		for i, c := range r.cells {
			columns[i] = max(columns[i], min(runewidth.StringWidth(c), widest[i]))
		}
	}
	shrink(&columns, events, width)
	last := ""
	for _, r := range rows {
		var line strings.Builder
		line.WriteString("  ")
		if events > 0 {
			event := r.event
			if event == last {
				event = ""
			}
			line.WriteString(pad(event, events+2))
			last = r.event
		}
		for i, c := range r.cells {
			if columns[i] > 0 {
				line.WriteString(pad(fit(c, columns[i]), columns[i]+2))
			}
		}
		left := width - runewidth.StringWidth(line.String())
		if width == 0 {
			line.WriteString(r.title)
		} else if left >= minTitle {
			line.WriteString(fit(r.title, left))
		}
		out.WriteString(strings.TrimRight(line.String(), " "))
		out.WriteByte('\n')
	}
}

// minTitle is the fewest columns in which a title still says something.
const minTitle = 12

// shrink takes columns from place, fix and version, in this order, until a line without its title fits the width.
func shrink(columns *[5]int, events, width int) {
	if width <= 0 {
		return
	}
	used := 2
	if events > 0 {
		used += events + 2
	}
	for _, c := range columns {
		if c > 0 {
			used += c + 2
		}
	}
	for _, i := range []int{2, 4, 3, 1} {
		const least = 8
		take := min(max(columns[i]-least, 0), max(used-2-width, 0))
		columns[i] -= take
		used -= take
	}
}

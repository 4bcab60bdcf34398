package render

import (
	"time"

	"github.com/postee/postee/pkg/message"
)

// ShortList is how many findings of a subject are listed on a terminal unless everything is asked for.
const ShortList = 25

// ConsoleOptions say where a message is printed in its short form.
type ConsoleOptions struct {
	TerminalOptions
	// Now is the time, from which it follows how long findings have been open; the zero time leaves that out.
	Now time.Time
	// All lists everything; otherwise lists on a terminal (with a Width) are shortened to ShortList rows, and say so.
	All bool
}

// Console prints a message in its short form, for a terminal, a pipe or a log: one line about the subject, one about the
// counts, the upgrades that mend the most, and one finding a line, worst first.
func Console(m *message.Message, o ConsoleOptions) []byte {
	short := o.Width > 0 && !o.All
	layout := Options{Console: true, Now: o.Now}
	if o.Width > 0 {
		layout.Names = min(placeColumn("").Most, o.Width/3) // about what is left of the column
	}
	if short {
		layout.Upgrades = consoleUpgrades
	}
	t := Layout(m, layout)
	if short {
		t = shorten(t, ShortList, "   all of them: --all")
	}
	return Terminal(t, o.TerminalOptions)
}

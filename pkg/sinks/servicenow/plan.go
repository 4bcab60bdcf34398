package servicenow

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// mediaType is sent with every body.
const mediaType = "application/json"

// upgrades is how many rows the table of upgrades has.
const upgrades = 10

// Lengths of the columns of a stock instance, in characters. What is longer is cut there without a word.
const (
	maxShort = 160
	maxText  = 4000
)

// Work notes have no length; maxNote, in bytes, is what a browser still shows at once, and more than maxNotes would bury the record. Tables
// are shortened until all is in so many notes, from mostRows on, of which usual lines fit, and to leastRows at the shortest; only a digest
// about hundreds of subjects takes more notes then.
const (
	maxNote   = 100_000
	maxNotes  = 5
	mostRows  = 2000
	leastRows = 5
)

// widest bounds a run of text, in characters: no name is longer, and one that is must not take the place of all others.
const widest = 400

// Names of parts. A note after the first is "note 2/3".
const (
	partRecord = "record"
	partNote   = "note "
	partClose  = "close"
)

// planner plans messages as records.
type planner struct {
	// aquaServer is the console that messages link to, "" when there is none.
	aquaServer string
	// plain writes work notes as plain text.
	plain bool
	// fields are the user's own columns.
	fields map[string]string
	// lives is that a record is kept up to date, closes that it is closed when nothing is left, with the columns closing.
	lives, closes bool
	closing       map[string]string
}

// Plan returns the columns of the record, as a new one has them, with the first work note; one part for each further note; and the
// columns that close the record, where nothing is left that asks for one.
func (p planner) Plan(m *message.Message) ([]sinks.Part, error) {
	grade := grade(m)
	columns := map[string]string{columnShort: short(m), columnImpact: grade, columnUrgency: grade}
	var notes []string
	if custom := m.Custom(); custom != nil {
		if err := p.custom(custom, columns); err != nil {
			return nil, err
		}
	} else {
		notes = p.notes(m)
		columns[columnText], columns[columnNotes] = p.text(m), notes[0]
	}
	maps.Copy(columns, p.fields)
	parts := []sinks.Part{part(partRecord, columns)}
	for i := 1; i < len(notes); i++ {
		parts = append(parts, part(fmt.Sprintf("%s%d/%d", partNote, i+1, len(notes)), map[string]string{columnNotes: notes[i]}))
	}
	if p.closes && ticket.Left(m) == 0 {
		parts = append(parts, part(partClose, p.closing))
	}
	return parts, nil
}

// part returns columns as the body of a request. Texts are valid UTF-8, of which every one can be written.
func part(name string, columns map[string]string) sinks.Part {
	body, err := json.Marshal(columns, json.Deterministic(true), jsontext.EscapeForHTML(false), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		body = []byte("{}")
	}
	return sinks.Part{Name: name, MediaType: mediaType, Body: body}
}

// short returns the title in one line that the column can hold.
func short(m *message.Message) string {
	title := inert(strings.TrimSpace(render.Title(m)))
	if utf8.RuneCountInString(title) > maxShort {
		title = string([]rune(title)[:maxShort-1]) + "…"
	}
	if title == "" {
		return "postee"
	}
	return title
}

// text returns the description, in plain text without the title: what is open where the record lives, otherwise what is new, changed and fixed.
func (p planner) text(m *message.Message) string {
	if p.lives {
		m = ticket.Opened(m)
		for i := range m.Sections {
			m.Sections[i].Delta.Changed, m.Sections[i].Delta.Fixed = nil, nil
		}
	}
	const more = "\nNot all is listed here: see the work notes.\n"
	tree := p.layout(m)[1:]
	tree, whole := render.Fit(tree, func(t render.Tree) bool { return utf8.RuneCount(render.Text(t))+len(more) <= maxText })
	text := inert(string(render.Text(tree)))
	if !whole {
		text += more
	}
	return text
}

// layout returns the tree of a message, which begins with the title.
func (p planner) layout(m *message.Message) render.Tree {
	return render.Clip(render.Layout(m, render.Options{Upgrades: upgrades, AquaServer: p.aquaServer}), widest)
}

// notes returns the work notes that say a message whole, at least one.
func (p planner) notes(m *message.Message) []string {
	tree := p.layout(m)
	var trees []render.Tree
	for most := mostRows; ; {
		trees = render.Split(render.Shorten(tree, most), func(t render.Tree) bool { return len(p.note(t)) <= maxNote })
		if len(trees) <= maxNotes || most == leastRows {
			break
		}
		most = max(min(most*maxNotes/len(trees), most-1), leastRows)
	}
	notes := make([]string, len(trees))
	for i, t := range trees {
		notes[i] = p.note(t)
	}
	return notes
}

// note returns a tree as a work note. ServiceNow shows what stands in code tags as HTML, and breaks its lines at ours, of which there are
// none. No text of a scan can end the tags.
func (p planner) note(t render.Tree) string {
	if p.plain {
		return inert(string(render.Text(t)))
	}
	html := render.HTML(t, render.HTMLOptions{})
	return codeBegin + strings.NewReplacer("[", "&#91;", "\n", "").Replace(string(html)) + codeEnd
}

// What stands around HTML in the texts of a record.
const (
	codeBegin = "[code]"
	codeEnd   = "[/code]"
)

// codeTag begins or ends HTML in the texts of a record.
var codeTag = regexp.MustCompile(`(?i)\[(/?code)`)

// inert returns plain text in which no code tag is left: its bracket is one that looks alike.
func inert(text string) string { return codeTag.ReplaceAllString(text, "［$1") }

// grade returns impact and urgency, from 1 to 3: what the worst open finding asks for.
func grade(m *message.Message) string {
	worst := scan.Unknown
	for i := range m.Sections {
		for severity, n := range m.Sections[i].Delta.Open {
			if n > 0 {
				worst = max(worst, scan.Severity(severity))
			}
		}
	}
	switch {
	case worst >= scan.High:
		return "1"
	case worst == scan.Medium:
		return "2"
	}
	return "3"
}

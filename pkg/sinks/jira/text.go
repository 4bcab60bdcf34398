package jira

import (
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// dialect is how a deployment writes texts.
type dialect uint8

// The dialects.
const (
	// cloud writes documents in the Atlassian Document Format.
	cloud dialect = iota
	// dataCenter writes wiki markup.
	dataCenter
)

// other returns the dialect that this one is not.
func (d dialect) other() dialect {
	if d == cloud {
		return dataCenter
	}
	return cloud
}

// Limits of Jira, in characters. What Jira counts of a document in the Atlassian Document Format is not documented; that a table counts
// with its markup is what people meet (JRACLOUD-59124), so that both dialects are counted as wiki markup, with a reserve.
const (
	maxText    = 32_767
	maxSummary = 255
	reserve    = 500
)

// widest bounds a run of text, in characters: no name is longer, and one that is must not take the place of all others.
const widest = 400

// upgrades is how many rows the table of upgrades has.
const upgrades = 10

// maxLink bounds a link's address, in bytes: a longer one is left out, and its text stays.
const maxLink = 1000

// notAll is said where a text has no room for everything.
const notAll = "Not all is listed here: see the attached report."

// printer writes the texts of messages.
type printer struct {
	// aquaServer is the console that messages link to, "" when there is none.
	aquaServer string
}

// description returns the description of a ticket, without the title, which the summary says: what is new, changed and fixed, or with
// open what is open now, or what a template wrote. cut reports whether not all is in it: the rest is counted, and is in the report.
func (p printer) description(m *message.Message, d dialect, open bool) (text jsontext.Value, cut bool, err error) {
	if custom := m.Custom(); custom != nil {
		text, whole, err := p.customText(custom, d, "")
		return text, !whole, err
	}
	if open {
		m = ticket.Opened(m)
		for i := range m.Sections {
			m.Sections[i].Delta.Changed, m.Sections[i].Delta.Fixed = nil, nil
		}
	}
	tree := p.layout(m)
	if _, ok := tree[0].(render.Heading); ok {
		tree = tree[1:]
	}
	short, whole := render.Fit(tree, fits)
	if !whole {
		short = append(short, note(notAll))
	}
	return written(short, d), !whole, nil
}

// comment returns the difference as a comment, whose last line names the message, so that a repeat is found.
func (p printer) comment(m *message.Message, d dialect, key string) (jsontext.Value, error) {
	if custom := m.Custom(); custom != nil {
		text, _, err := p.customText(custom, d, ticket.Prefix+key)
		return text, err
	}
	short, _ := render.Fit(p.layout(m), fits)
	return written(append(short, note(ticket.Prefix+key)), d), nil
}

// summary returns the title in one line that a summary can hold.
func (p printer) summary(m *message.Message) string {
	title := clip(strings.TrimSpace(render.Title(m)), maxSummary)
	if title == "" {
		return "postee"
	}
	return title
}

// plainText returns a text of the user's: wiki markup as it is, or a document of paragraphs, which blank lines part.
func (p printer) plainText(d dialect, text string) jsontext.Value {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\r\n", "\n")
	if d == dataCenter {
		return quoted(text)
	}
	return plainDocument(text)
}

// report returns everything as a page, for the attachment: what is open where the message has that, otherwise what is new.
func (p printer) report(m *message.Message) []byte {
	return render.HTML(p.layout(ticket.Opened(m)), render.HTMLOptions{Document: true})
}

// layout returns the tree of a message, never empty.
func (p printer) layout(m *message.Message) render.Tree {
	return render.Layout(m, render.Options{Upgrades: upgrades, AquaServer: p.aquaServer})
}

// note returns a line of small importance.
func note(text string) render.Block {
	return render.Paragraph{Spans: []render.Span{{Text: text, Style: render.Dim}}}
}

// fits reports whether a tree fits into one text, in either dialect. No character takes more than three bytes for each unit that Jira
// counts.
func fits(t render.Tree) bool {
	w := &wikiWriter{most: 3 * maxText}
	w.tree(t)
	return !w.full() && length(string(w.b)) <= maxText-reserve
}

// written writes a tree as a JSON value.
func written(t render.Tree, d dialect) jsontext.Value {
	if d == dataCenter {
		return quoted(string(wikiMarkup(t)))
	}
	return document(t)
}

// quoted returns text as a JSON string. Texts are valid UTF-8, of which every one can be written.
func quoted(text string) jsontext.Value {
	value, err := json.Marshal(text, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return jsontext.Value(`""`)
	}
	return value
}

// length returns how many characters Jira counts: units of UTF-16, as Java and JavaScript have them.
func length(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// clip cuts text to so many characters as Jira counts them, the last one being "…".
func clip(s string, most int) string {
	if len(s) <= most || length(s) <= most {
		return s
	}
	n := 0
	for i, r := range s {
		n++
		if r > 0xffff {
			n++
		}
		if n >= most {
			return s[:i] + "…"
		}
	}
	return s
}

// link returns an address that can stand in a link of either dialect, "" for one that is not to be followed.
func link(address string) string { return render.Followable(address, maxLink, "./-?=:%&#+,;$") }

// shown returns the text of a span as it is written: clean, of bounded length, with the blanks at its ends apart.
func shown(s *render.Span) (lead, inner, tail string) {
	text := clip(render.Clean(s.Text[:min(len(s.Text), utf8.UTFMax*widest)]), widest)
	inner = strings.Trim(text, " ")
	if inner == "" {
		return blank(text), "", ""
	}
	at := strings.Index(text, inner)
	return blank(text[:at]), inner, blank(text[at+len(inner):])
}

// blank returns one blank for any.
func blank(s string) string {
	if s == "" {
		return ""
	}
	return " "
}

// ends returns the first and last characters of a text.
func ends(s string) (first, last rune) {
	first, _ = utf8.DecodeRuneInString(s)
	last, _ = utf8.DecodeLastRuneInString(s)
	return first, last
}

// colours of severities, as text that can be read on white.
func colour(severity int) string {
	return [...]string{"#6a737d", "#2e7d32", "#7f5f01", "#b65c02", "#e0443d", "#c00000"}[min(severity, 5)]
}

// dimColour is that of what matters less.
const dimColour = "#6b778c"

package teams

import (
	"fmt"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
)

// mediaType is sent with every body.
const mediaType = "application/json"

// upgrades is how many rows the table of upgrades has in a chat.
const upgrades = 5

// Limits of a request. Teams refuses messages of 28 KB and more, and flows write them anew: with other spaces, and with what is not
// ASCII as \uXXXX. maxBody bounds the bytes that are sent, maxWeight those that they can become.
const (
	maxBody   = 20_000
	maxWeight = 26_000
)

// What a message may be in all: more than maxParts would bury the channel. Tables are shortened until it fits, from mostRows on, of
// which usual lines fit half, and to leastRows at the shortest.
const (
	maxParts  = 25
	mostRows  = 3000
	leastRows = 5
)

// dialect is how a tree is written for one kind of webhook.
type dialect interface {
	// print calls take with the pieces of a tree, in order, until that returns false.
	print(t render.Tree, rows *memory, take func(piece) bool)
	// body joins pieces to a request. The title is one line of plain text; worst is what the colour of the message says.
	body(pieces []piece, title string, worst scan.Severity) ([]byte, error)
}

// piece is a part of a request that is written already.
type piece struct {
	json string
	// weight is how long it can become on its way.
	weight int
}

// memory remembers the pieces of rows by their first cell: [render.Split] asks about each row several times.
type memory struct{ pieces map[*[]render.Span]piece }

// planner plans messages in a dialect.
type planner struct {
	// aquaServer is the console that messages link to, "" when there is none.
	aquaServer string
	dialect    dialect
}

// Plan divides a message into as many parts as the limits of a request make it, worst findings first.
func (p planner) Plan(m *message.Message) ([]sinks.Part, error) {
	if custom := m.Custom(); custom != nil {
		return p.custom(m, custom)
	}
	rows := &memory{make(map[*[]render.Span]piece)}
	tree := render.Layout(m, render.Options{Upgrades: upgrades, AquaServer: p.aquaServer})
	trees := p.split(tree, len(m.Sections), rows)
	title, worst := clip(render.Title(m), shortTitle), worstOf(m)
	parts := make([]sinks.Part, len(trees))
	for i, t := range trees {
		var pieces []piece
		p.dialect.print(t, rows, func(one piece) bool {
			pieces = append(pieces, one)
			return true
		})
		said := title
		if len(trees) > 1 {
			said = fmt.Sprintf("%s (part %d of %d)", title, i+1, len(trees))
		}
		body, err := p.dialect.body(pieces, said, worst)
		if err != nil {
			return nil, fmt.Errorf("teams: the message cannot be written as JSON: %w", err)
		}
		parts[i] = sinks.Part{Name: fmt.Sprintf("%d/%d", i+1, len(trees)), MediaType: mediaType, Body: body}
	}
	return parts, nil
}

// split divides a tree, with the longest tables that fit into so many parts.
func (p planner) split(tree render.Tree, sections int, rows *memory) []render.Tree {
	fits := func(t render.Tree) bool { return p.fits(t, rows) }
	for most := mostRows; ; {
		trees := render.Split(shorten(tree, most, sections), fits)
		if len(trees) == 0 {
			return []render.Tree{nil}
		}
		if len(trees) <= maxParts || most == leastRows {
			return trees
		}
		most = max(min(most*maxParts/len(trees), most-1), leastRows)
	}
}

// shorten keeps so many rows of each table. The first table of a digest lists the subjects: each is named.
func shorten(t render.Tree, rows, sections int) render.Tree {
	if sections < 2 {
		return render.Shorten(t, rows)
	}
	for i, b := range t {
		if _, ok := b.(render.Table); ok {
			return append(t[:i+1:i+1], render.Shorten(t[i+1:], rows)...)
		}
	}
	return t
}

// around is more than what stands around the pieces of a request weighs, its title included.
const around = 1_500

// fits reports whether a tree fits into one request.
func (p planner) fits(t render.Tree, rows *memory) bool {
	size, weight := around, around
	p.dialect.print(t, rows, func(one piece) bool {
		size += len(one.json) + len(",")
		weight += one.weight + len(",")
		return size <= maxBody && weight <= maxWeight
	})
	return size <= maxBody && weight <= maxWeight
}

// worstOf returns the worst severity that is open in a message, negligible when none is.
func worstOf(m *message.Message) scan.Severity {
	for severity := scan.Critical; severity > scan.Negligible; severity-- {
		for i := range m.Sections {
			if m.Sections[i].Delta.Open[severity] > 0 {
				return severity
			}
		}
	}
	return scan.Negligible
}

// written makes a piece of JSON that may be a part of a request.
func written(json string) piece { return piece{json, weigh(json)} }

// weigh returns the length of JSON in which everything beyond ASCII is written \uXXXX, in two of them beyond the basic plane.
func weigh(json string) int {
	n := 0
	for i := range len(json) {
		switch c := json[i]; {
		case c >= 0xf0: // the first byte of four
			n += 12
		case c >= 0xc0: // of two or three
			n += 6
		case c >= 0x80: // one that follows
		default:
			n++
		}
	}
	return n
}

package slack

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
	"github.com/slack-go/slack"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/sinks"
)

// mediaType is sent with every body; Slack's Web API warns when it does not name the characters.
const mediaType = "application/json; charset=utf-8"

// upgrades is how many rows the table of upgrades has in a chat.
const upgrades = 5

// What of title and summary notifications show, in characters.
const (
	maxTitle   = 150
	maxSummary = 600
)

// body is a message as both ways take it. Links are not unfolded: the previews of 50 findings would bury them.
type body struct {
	// Text is what notifications and old clients show instead of the blocks.
	Text        string        `json:"text"`
	Blocks      []slack.Block `json:"blocks"`
	UnfurlLinks bool          `json:"unfurl_links"`
	UnfurlMedia bool          `json:"unfurl_media"`
}

// listed is how many rows of a table a chat lists: beyond that nobody reads on, and a channel would be flooded at one message a
// second. The rest is counted by severity.
const listed = 50

// leastListed is how many rows each subject of a digest has at least.
const leastListed = 5

// planner plans messages as Slack's blocks, for both ways to send them.
type planner struct {
	// aquaServer is the console that messages link to, "" when there is none.
	aquaServer string
}

// Plan divides a message into as many parts as Slack's limits make it, worst findings first.
func (p planner) Plan(m *message.Message) ([]sinks.Part, error) {
	if custom := m.Custom(); custom != nil {
		return p.custom(m, custom)
	}
	rows := &memory{lines: make(map[*[]render.Span]line)}
	tree := shorten(render.Layout(m, render.Options{Upgrades: upgrades, AquaServer: p.aquaServer}), len(m.Sections))
	trees := render.Split(tree, func(t render.Tree) bool { return fits(t, rows) })
	if len(trees) == 0 {
		trees = []render.Tree{nil}
	}
	title, summary := render.Title(m), render.Summary(m)
	parts := make([]sinks.Part, len(trees))
	for i, t := range trees {
		said, err := part(blocksOf(t, rows), title, summary, i+1, len(trees))
		if err != nil {
			return nil, err
		}
		parts[i] = said
	}
	return parts, nil
}

// shorten keeps the rows that a chat lists. The subjects of a digest share them, but for its first table, which lists the subjects.
func shorten(t render.Tree, sections int) render.Tree {
	if sections < 2 {
		return render.Shorten(t, listed)
	}
	for i, b := range t {
		if _, ok := b.(render.Table); ok {
			return append(render.Shorten(t[:i+1], listed), render.Shorten(t[i+1:], max(listed/sections, leastListed))...)
		}
	}
	return t
}

// part makes the body of one part. Its heading has its number when there are several, and so has the fallback.
func part(blocks []slack.Block, title, summary string, n, of int) (sinks.Part, error) {
	text := fallback(title, summary, n, of)
	if len(blocks) == 0 { // a message of nothing but blanks
		blocks = []slack.Block{slack.NewSectionBlock(mrkdwn(string(text)), nil, nil)}
	}
	p, err := json.Marshal(body{Text: string(text), Blocks: blocks}, jsonv1.OmitEmptyWithLegacySemantics(true), jsontext.EscapeForHTML(false))
	if err != nil {
		return sinks.Part{}, fmt.Errorf("slack: the message cannot be written as JSON: %w", err)
	}
	return sinks.Part{Name: fmt.Sprintf("%d/%d", n, of), MediaType: mediaType, Body: p}, nil
}

// fallback returns what notifications show of a part: the title, and of the first the summary.
func fallback(title, summary string, n, of int) []byte {
	text := unquoted(appendText(nil, clip(title, maxTitle), setting{}))
	if of > 1 {
		text = fmt.Appendf(text, " (part %d of %d)", n, of)
	}
	if n == 1 && summary != "" {
		text = appendText(append(text, ": "...), clip(summary, maxSummary), setting{})
	}
	return text
}

package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"

	"github.com/postee/postee/pkg/bom"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/scan"
)

// Layout is a layout that goes by a name: no text has to be written for it.
type Layout struct {
	// Inventory says that it is made of all open findings and of the packages of what was scanned.
	Inventory bool
	// builtin is the built-in layout in a dialect: a target that has a dialect of its own says it in that.
	builtin bool
	write   func(m *message.Message, o render.Options) (string, error)
}

// layouts returns the table of names: those of the older product's packages, and of its first renderers.
func layouts() map[string]Layout {
	page := func(write func(render.Tree) string) Layout {
		return Layout{builtin: true, write: func(m *message.Message, o render.Options) (string, error) {
			return fitting(render.Layout(m, o), write), nil
		}}
	}
	asHTML := page(func(t render.Tree) string { return string(render.HTML(t, render.HTMLOptions{})) })
	asSlack, asJira := page(blocks), page(preformatted)
	inventory := Layout{Inventory: true, write: cycloneDX}
	record := Layout{builtin: true, write: serviceNow}
	return map[string]Layout{
		"postee.vuls.html": asHTML, "postee.tracee.html": asHTML, "html": asHTML,
		"postee.vuls.slack": asSlack, "postee.trivy.vulns.slack": asSlack, "postee.trivyoperator.slack": asSlack, "postee.tracee.slack": asSlack,
		"slack": asSlack, "postee.trivy.jira": asJira, "postee.trivyoperator.jira": asJira, "jira": asJira,
		"postee.rawmessage.json": {write: rawJSON}, "postee.rawmessage.html": {write: rawHTML},
		"postee.vuls.cyclondx": inventory, "postee.vuls.cyclonedx": inventory, "postee.trivyoperator.dependencytrack": inventory,
		"postee.vuls.opsgenie": {builtin: true, write: opsgenie},
		"postee.servicenow":    record, "postee.servicenow.incident": record, "postee.servicenow.insight": record,
	}
}

// LayoutNamed returns the layout of a package of the older product, or of a renderer: "html", "slack", "jira".
func LayoutNamed(name string) (Layout, bool) {
	l, ok := layouts()[name]
	return l, ok
}

// LayoutNames returns the names of all layouts, sorted.
func LayoutNames() []string { return slices.Sorted(maps.Keys(layouts())) }

// Write returns what a message about one subject says; aquaServer is the console that it links to, "" for none.
func (l *Layout) Write(m *message.Message, aquaServer string) (*message.Custom, error) {
	body, err := l.write(m, render.Options{AquaServer: aquaServer})
	if err != nil {
		return nil, err
	}
	c := Custom("", body)
	c.Builtin = l.builtin
	return c, nil
}

// fitting writes a tree, with fewer rows where it is too long.
func fitting(t render.Tree, write func(render.Tree) string) string {
	const most = maxOutput / 4 // messages wait in the state, and a chat takes far less
	out := write(t)
	for rows := 1000; len(out) > most && rows > 0; rows /= 2 {
		out = write(render.Shorten(t, rows))
	}
	return out
}

// blocks writes a tree as blocks of Slack, each at most as long as one may be: text with columns, in which nothing has a meaning.
func blocks(t render.Tree) string {
	type text struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	type block struct {
		Type string `json:"type"`
		Text text   `json:"text"`
	}
	const most, many = 3000, 50
	const fence, notBacktick = "```", "ˋ"
	say := func(t render.Tree) string {
		said := strings.ReplaceAll(string(bytes.TrimSpace(render.Text(t))), "`", notBacktick)
		return fence + "\n" + slackSigns.Replace(said) + "\n" + fence
	}
	var list []block
	for _, part := range render.Split(t, func(t render.Tree) bool { return len(say(t)) <= most }) {
		if list = append(list, block{"section", text{"mrkdwn", say(part)}}); len(list) == many {
			break
		}
	}
	return written(list)
}

// preformatted writes a tree as text in which Jira sees no markup.
func preformatted(t render.Tree) string {
	const fence = "{noformat}"
	said := strings.ReplaceAll(string(render.Text(t)), fence, "{ noformat}")
	return fence + "\n" + said + fence
}

// rawJSON returns the document.
func rawJSON(m *message.Message, _ render.Options) (string, error) {
	document := bytes.TrimSpace(m.Sections[0].Document)
	if len(document) > maxOutput {
		return "", fmt.Errorf("the document has more than %d MiB, which is too much for a message: a webhook without a template sends it", maxOutput>>20)
	}
	return string(document), nil
}

// rawHTML returns the document as a page shows it.
func rawHTML(m *message.Message, o render.Options) (string, error) {
	document, err := rawJSON(m, o)
	if err != nil {
		return "", err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(document), "", "  "); err != nil || indented.Len() > maxOutput {
		indented.Reset()
		indented.WriteString(document)
	}
	return "<pre>" + html.EscapeString(indented.String()) + "</pre>", nil
}

// cycloneDX returns the bill of materials.
func cycloneDX(m *message.Message, _ render.Options) (string, error) {
	document, err := bom.CycloneDX(&m.Sections[0])
	if err == nil && len(document) > maxOutput {
		err = fmt.Errorf("the bill of materials has more than %d MiB, which is too much for a message", maxOutput>>20)
	}
	return string(document), err
}

// opsgenie returns an alert as Opsgenie's API takes one.
func opsgenie(m *message.Message, o render.Options) (string, error) {
	const title, description = 130, 15_000
	s := &m.Sections[0]
	return written(map[string]any{
		"message": cut(render.Title(m), title), "alias": cut(s.Subject, 512), "description": cut(described(m, o), description), "source": "postee",
		"priority": priority(worst(s)), "details": map[string]string{"subject": s.Subject, "scanner": s.Scanner, "route": m.Route},
	}), nil
}

// serviceNow returns a record of a table that has descriptions.
func serviceNow(m *message.Message, o render.Options) (string, error) {
	const title, description = 160, 32_000
	return written(map[string]string{"short_description": cut(render.Title(m), title), "description": cut(described(m, o), description)}), nil
}

// described returns the built-in layout as text.
func described(m *message.Message, o render.Options) string {
	return fitting(render.Layout(m, o), func(t render.Tree) string { return string(bytes.TrimSpace(render.Text(t))) })
}

// worst returns the greatest severity of what is open, or new.
func worst(s *message.Section) scan.Severity {
	for severity := scan.Critical; severity > scan.Unknown; severity-- {
		if s.Delta.Open[severity] > 0 {
			return severity
		}
	}
	return scan.Unknown
}

// priority returns Opsgenie's word for a severity.
func priority(s scan.Severity) string {
	return [...]string{"P5", "P5", "P4", "P3", "P2", "P1"}[min(s, scan.Critical)]
}

// cut shortens a text to so many bytes at most.
func cut(s string, most int) string {
	const more = "…"
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-len(more)], "") + more
}

// written returns a value as JSON. What is written here are texts, which JSON has.
func written(v any) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(out.String(), "\n")
}

package email

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/sinks"
)

// upgrades is how many rows the table of upgrades has: as many as are read before the findings.
const upgrades = 10

// maxHTML is how large the HTML of a mail may be, in bytes: Gmail cuts it off at about 102 KB. It is about 200 findings.
const maxHTML = 100_000

// mediaType is every part's.
const mediaType = "message/rfc822"

// nobody stands in the name of a part in place of the recipient when there is none.
const nobody = "nobody"

// planner plans messages as mails.
type planner struct {
	sender mail.Address
	// to are the recipients of everything; owners says that a subject's owners get what is about it.
	to     []string
	owners bool
	// attach adds the documents.
	attach bool
	// aquaServer is the console that messages link to, "" when there is none.
	aquaServer string
}

// group is who gets the same mails: the recipients and the sections of the message, by their numbers.
type group struct {
	to       []string
	sections []int
}

// Plan returns a mail for each group, once for each recipient, because a server may take one recipient and refuse the other. What does
// not fit into a mail is attached to it.
func (p planner) Plan(m *message.Message) ([]sinks.Part, error) {
	type planned struct {
		to   []string
		body []byte
	}
	var mails []planned
	for _, g := range p.groups(m) {
		if len(g.to) == 0 {
			mails = append(mails, planned{body: []byte(p.unowned(m, g.sections))})
			continue
		}
		body, err := p.mail(of(m, g.sections), g.to)
		if err != nil {
			return nil, err
		}
		mails = append(mails, planned{g.to, body})
	}
	var parts []sinks.Part
	for i, one := range mails {
		number := fmt.Sprintf("%d/%d", i+1, len(mails))
		if len(one.to) == 0 {
			parts = append(parts, sinks.Part{Name: number + " " + nobody, MediaType: "text/plain; charset=utf-8", Body: one.body})
		}
		for _, address := range one.to {
			parts = append(parts, sinks.Part{Name: number + " " + address, MediaType: mediaType, Body: one.body})
		}
	}
	return parts, nil
}

// groups divides the recipients by what they get: everything for those that are configured, each owner's own subjects for owners.
// Subjects that nobody would get make a group without recipients, which cannot be sent: it says so.
func (p planner) groups(m *message.Message) []group {
	all := make([]int, len(m.Sections))
	for i := range all {
		all[i] = i
	}
	if !p.owners {
		return []group{{p.to, all}}
	}
	var people []string // owners in the order in which they come
	of := make(map[string][]int)
	var unowned []int
	for i := range m.Sections {
		owned := len(p.to) > 0
		for _, owner := range m.Sections[i].Owners {
			a, err := parseAddress(strings.TrimSpace(owner))
			if err != nil {
				continue // a name or a team: whoever else gets the mail reads it there
			}
			owned = true
			key := strings.ToLower(a.Address)
			if len(of[key]) == 0 {
				people = appendNew(people, a.Address)
			}
			if !slices.Contains(of[key], i) {
				of[key] = append(of[key], i)
			}
		}
		if !owned {
			unowned = append(unowned, i)
		}
	}
	var groups []group
	if len(p.to) > 0 {
		groups = append(groups, group{slices.Clone(p.to), all})
	}
	for _, address := range people {
		groups = join(groups, address, of[strings.ToLower(address)])
	}
	if len(unowned) > 0 || len(groups) == 0 {
		groups = append(groups, group{sections: unowned})
	}
	return groups
}

// join puts a recipient to those who get the same, or makes a group. Who gets everything already gets nothing more.
func join(groups []group, address string, sections []int) []group {
	for i := range groups {
		if slices.ContainsFunc(groups[i].to, func(a string) bool { return strings.EqualFold(a, address) }) {
			return groups
		}
		if slices.Equal(groups[i].sections, sections) {
			groups[i].to = append(groups[i].to, address)
			return groups
		}
	}
	return append(groups, group{[]string{address}, sections})
}

// of returns the message with only some of its sections.
func of(m *message.Message, sections []int) *message.Message {
	if len(sections) == len(m.Sections) {
		return m
	}
	own := *m
	own.Sections = make([]message.Section, len(sections))
	for i, n := range sections {
		own.Sections[i] = m.Sections[n]
	}
	return &own
}

// unowned says why there is no mail.
func (p planner) unowned(m *message.Message, sections []int) string {
	if len(sections) == 0 {
		return "no recipient is left: the message is about no document, and only documents name owners"
	}
	names := make([]string, len(sections))
	for i, n := range sections {
		names[i] = render.Clean(m.Sections[n].Subject)
	}
	return fmt.Sprintf("no recipient is left: the document names no owner with a mail address (%s): add a recipient to the configuration", strings.Join(names, ", "))
}

// mail returns what one group gets.
func (p planner) mail(m *message.Message, to []string) ([]byte, error) {
	if custom := m.Custom(); custom != nil {
		return p.customMail(m, custom, to)
	}
	tree := render.Layout(m, render.Options{Upgrades: upgrades, AquaServer: p.aquaServer})
	var files bundle
	short, whole := render.Fit(tree, fits)
	if !whole {
		files.report(render.HTML(tree, render.HTMLOptions{Document: true}))
	}
	if p.attach {
		files.documents(m)
	}
	if note := files.note(); note != "" {
		short = append(short, render.Paragraph{Spans: []render.Span{{Text: note, Style: render.Dim}}})
	}
	return letter{
		from: p.sender, to: to, subject: render.Title(m), files: files.list,
		text: render.Text(short), html: render.HTML(short, render.HTMLOptions{Mail: true}),
	}.encode(), nil
}

// fits reports whether a mail can show a tree.
func fits(t render.Tree) bool { return len(render.HTML(t, render.HTMLOptions{Mail: true})) <= maxHTML }

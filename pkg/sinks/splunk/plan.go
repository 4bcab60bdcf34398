package splunk

import (
	"fmt"
	"slices"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// mediaType is sent with every request: objects, one after the other.
const mediaType = "application/json"

// maxRequest is how many bytes of events go in one request, unless one event alone has more. What is asked for again after a failure is
// one request's worth.
const maxRequest = 512 << 10

// planner plans messages as events.
type planner struct {
	// size is how many bytes an event may have.
	size int
	// names are the members of the envelope that the configuration decides.
	names string
	// aquaServer is the console of the normalised view, "" when there is none.
	aquaServer string
}

// Plan returns the events of all subjects, one a line, in as many requests as their size makes it. Each part is a request, so that what
// was accepted does not come again. The entry's key is not in them: Send puts it in.
func (p *planner) Plan(m *message.Message) ([]sinks.Part, error) {
	if m.Custom() != nil {
		lines, err := p.custom(m)
		return requests(lines), err
	}
	var events []event
	for i := range m.Sections {
		events = append(events, p.divide(m, &m.Sections[i])...)
	}
	if len(events) == 0 {
		events = []event{noticeOf(m)}
		events[0].cutHead(p.names, p.size)
	}
	lines := make([][]byte, len(events))
	for i := range events {
		lines[i] = events[i].appendJSON(nil, p.names, i+1, len(events))
	}
	return requests(lines), nil
}

// requests puts events into as many requests as their size makes it.
func requests(events [][]byte) []sinks.Part {
	var bodies [][]byte
	var body []byte
	lines := 0
	for _, line := range events {
		if lines > 0 && len(body)+len(line)+1+(lines+1)*keyRoom > maxRequest {
			bodies, body, lines = append(bodies, body), nil, 0
		}
		if lines > 0 {
			body = append(body, '\n')
		}
		body = append(body, line...)
		lines++
	}
	if lines > 0 {
		bodies = append(bodies, body)
	}
	parts := make([]sinks.Part, len(bodies))
	for i := range bodies {
		parts[i] = sinks.Part{Name: fmt.Sprintf("%d/%d", i+1, len(bodies)), MediaType: mediaType, Body: bodies[i]}
	}
	return parts
}

// list is one of the lists of findings in an event.
type list uint8

// The lists, in the order in which they fill events.
const (
	listNew list = iota
	listChanged
	listFixed
	listAll
)

// put appends a finding to a list of a view.
func (l list) put(v *dedup.NormalisedReport, c dedup.Change) {
	switch l {
	case listNew:
		v.New = append(v.New, c.Item)
	case listChanged:
		v.Changed = append(v.Changed, c)
	case listFixed:
		v.Fixed = append(v.Fixed, c.Item)
	case listAll:
		v.Findings = append(v.Findings, c.Item)
	}
}

// divide returns a section as events, each with whole findings and none with more than fit.
func (p *planner) divide(m *message.Message, s *message.Section) []event {
	head := p.eventOf(m, s)
	head.cutHead(p.names, p.size)
	room := p.size - head.weight(p.names)
	events := []event{head.again()}
	w := weigher{}
	used := 0
	add := func(l list, c dedup.Change) {
		whole, weight := c, w.weigh(l, c)
		for limit := room; weight > room && limit >= leastText; limit /= 2 {
			c = cutFinding(whole, limit)
			weight = w.weigh(l, c)
		}
		if used > 0 && used+weight > room {
			events, used = append(events, head.again()), 0
		}
		used += weight
		l.put(events[len(events)-1].view, c)
	}
	for i := range s.Delta.New {
		add(listNew, dedup.Change{Item: s.Delta.New[i]})
	}
	for i := range s.Delta.Changed {
		add(listChanged, s.Delta.Changed[i])
	}
	for i := range s.Delta.Fixed {
		add(listFixed, s.Delta.Fixed[i])
	}
	for i := range s.All {
		add(listAll, dedup.Change{Item: s.All[i]})
	}
	return events
}

// again returns the event with lists of its own, which are as empty as its are.
func (e *event) again() event {
	next, v := *e, *e.view
	v.New, v.Changed, v.Fixed, v.Findings = slices.Clone(v.New), slices.Clone(v.Changed), slices.Clone(v.Fixed), slices.Clone(v.Findings)
	next.view = &v
	return next
}

// weigher counts how many bytes findings have in an event.
type weigher struct {
	room  []byte
	empty int
}

// weigh returns how many bytes a finding adds to a list, with a comma.
func (w *weigher) weigh(l list, c dedup.Change) int {
	var v dedup.NormalisedReport
	if w.empty == 0 {
		w.empty = len(v.AppendFields(nil))
	}
	l.put(&v, c)
	w.room = v.AppendFields(w.room[:0])
	return len(w.room) - w.empty + len(",")
}

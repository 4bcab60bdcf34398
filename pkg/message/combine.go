package message

import "github.com/postee/postee/pkg/dedup"

// Combine makes one message of several of one route, oldest first: the digest. What they say of one subject becomes one
// section with the net difference, at the place of the first; the rest of that section is the latest's. A subject about
// which nothing is left to say keeps its section: it was scanned, and what came has gone.
func Combine(route string, messages []*Message) *Message {
	m := &Message{Route: route}
	places := map[string]int{}
	for _, part := range messages {
		m.Threshold = part.Threshold
		if part.Title != "" {
			m.Title = part.Title
		}
		for i := range part.Sections {
			s := &part.Sections[i]
			place, there := places[s.Subject]
			if !there {
				places[s.Subject] = len(m.Sections)
				m.Sections = append(m.Sections, *s)
				continue
			}
			earlier := m.Sections[place].Delta
			m.Sections[place] = *s
			m.Sections[place].Delta = dedup.Merge(&earlier, &s.Delta)
		}
	}
	return m
}

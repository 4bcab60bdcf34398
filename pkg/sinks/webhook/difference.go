package webhook

import (
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/jsonline"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
)

// difference returns what is new as JSON, as docs/webhook-message.schema.json describes it: an object for one subject, and an array for
// several. No message without a subject has one.
func (s *sink) difference(m *message.Message) []byte {
	if len(m.Sections) == 1 {
		return s.appendSection(nil, m, &m.Sections[0])
	}
	out := []byte{'['}
	for i := range m.Sections {
		if i > 0 {
			out = append(out, ',')
		}
		out = s.appendSection(out, m, &m.Sections[i])
	}
	return append(out, ']')
}

// appendSection appends the object about one subject: who says it, and the normalised view of the difference.
func (s *sink) appendSection(out []byte, m *message.Message, section *message.Section) []byte {
	v := dedup.NormaliseDifference(&section.Artifact, &section.Delta)
	v.Format, v.Source, v.Subject, v.Scanner = section.Format, section.Source, section.Subject, section.Scanner
	v.Findings, v.AquaServer = section.All, s.aquaServer
	if section.Owners != nil {
		v.Owners = section.Owners
	}
	if !section.Scanned.IsZero() {
		v.Scanned = section.Scanned.UTC().Format(time.RFC3339)
	}
	alone := message.Message{Route: m.Route, Title: m.Title, Sections: []message.Section{*section}}
	out = text(append(out, '{'), `"route":`, m.Route)
	out = text(out, `,"title":`, render.Title(&alone))
	if m.Test {
		out = append(out, `,"test":true`...)
	}
	if section.Told > 0 {
		out = text(out, `,"told":`, time.Unix(section.Told, 0).UTC().Format(time.RFC3339))
	}
	if section.Job != "" {
		out = text(out, `,"job":`, section.Job)
	}
	return append(v.AppendFields(append(out, ',')), '}')
}

// text appends a text behind its key.
func text(out []byte, key, value string) []byte {
	return jsonline.AppendString(append(out, key...), value)
}

package webhook

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/message"
)

// notice is the body of a message that has no document: a trial, or one about a subject whose document is not kept.
type notice struct {
	Route    string   `json:"route"`
	Title    string   `json:"title,omitzero"`
	Test     bool     `json:"test,omitzero"`
	Subjects []string `json:"subjects"`
}

// body returns the documents as they came. Those of a digest are put into an array, each still byte for byte.
func body(m *message.Message) ([]byte, error) {
	var documents [][]byte
	for i := range m.Sections {
		if d := m.Sections[i].Document; len(d) > 0 {
			documents = append(documents, d)
		}
	}
	switch {
	case len(documents) == 0:
		return noticeOf(m)
	case len(m.Sections) == 1:
		return documents[0], nil
	}
	return array(documents), nil
}

// array joins documents to a JSON array.
func array(documents [][]byte) []byte {
	size := len("[]") + len(documents)
	for _, d := range documents {
		size += len(d)
	}
	out := make([]byte, 0, size)
	separator := byte('[')
	for _, d := range documents {
		out = append(append(out, separator), d...)
		separator = ','
	}
	return append(out, ']')
}

// noticeOf says what the message is about, in a few words.
func noticeOf(m *message.Message) ([]byte, error) {
	n := notice{Route: m.Route, Title: m.Title, Test: m.Test, Subjects: []string{}}
	for i := range m.Sections {
		n.Subjects = append(n.Subjects, m.Sections[i].Subject)
	}
	p, err := json.Marshal(n, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, fmt.Errorf("webhook: the message cannot be written as JSON: %w", err)
	}
	return p, nil
}

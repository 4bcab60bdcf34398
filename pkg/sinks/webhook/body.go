package webhook

import (
	"errors"
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

// Media types of bodies.
const (
	mediaJSON = "application/json"
	mediaText = "text/plain; charset=utf-8"
)

// errTemplate is that nothing was written for a message.
var errTemplate = errors.New("webhook: body is template, and the route has no template: give it one, or set body to document or message")

// bodyOf returns what is sent of a message, and its media type. A message about no subject is a small object.
func (s *sink) bodyOf(m *message.Message) (body []byte, mediaType string, err error) {
	custom := m.Dialect()
	switch {
	case s.body == bodyContent:
		body = []byte(s.content)
		return body, typeOf(body), nil
	case len(m.Sections) == 0:
		body, err = noticeOf(m)
	case s.body == bodyMessage:
		body = s.difference(m)
	case s.body == bodyTemplate && custom == nil:
		err = errTemplate
	case s.body == bodyTemplate:
		body = []byte(custom.Body)
		return body, typeOf(body), nil
	default:
		body, err = documents(m)
	}
	return body, mediaJSON, err
}

// typeOf returns the media type of a text: JSON, or whatever else people read.
func typeOf(body []byte) string {
	if jsontext.Value(body).IsValid(jsontext.AllowDuplicateNames(true)) {
		return mediaJSON
	}
	return mediaText
}

// documents returns the documents as they came. Those of a digest are put into an array, each still byte for byte.
func documents(m *message.Message) ([]byte, error) {
	var list [][]byte
	for i := range m.Sections {
		if d := m.Sections[i].Document; len(d) > 0 {
			list = append(list, d)
		}
	}
	switch {
	case len(list) == 0:
		return noticeOf(m)
	case len(m.Sections) == 1:
		return list[0], nil
	}
	return array(list), nil
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

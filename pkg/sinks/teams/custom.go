package teams

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/sinks"
)

// customEnvelope is a message with a card that a template wrote.
type customEnvelope struct {
	Type        string             `json:"type"`
	Attachments []customAttachment `json:"attachments"`
}

type customAttachment struct {
	ContentType string         `json:"contentType"`
	Content     jsontext.Value `json:"content"`
}

// errLanguage is that a template's JSON is nothing that Teams takes.
var errLanguage = errors.New(`the template's JSON is no message for Teams: an object of "type": "AdaptiveCard" or "message", of "@type": "MessageCard", or an array of elements of a card`)

// custom returns what a template wrote: a card for each card, a whole message as it is, elements and text in a card of their own. Nobody
// but the user could divide it: what is too large is refused.
func (p planner) custom(m *message.Message, c *message.Custom) ([]sinks.Part, error) {
	bodies, err := p.customBodies(m, c)
	if err != nil {
		return nil, fmt.Errorf("teams: %w", err)
	}
	parts := make([]sinks.Part, len(bodies))
	for i, body := range bodies {
		if n := max(len(body), weigh(string(body))-(maxWeight-maxBody)); n > maxBody {
			return nil, fmt.Errorf("teams: what the template wrote makes a request of %d bytes, and Teams takes %d: let it say less", n, maxBody)
		}
		parts[i] = sinks.Part{Name: fmt.Sprintf("%d/%d", i+1, len(bodies)), MediaType: mediaType, Body: body}
	}
	return parts, nil
}

// customBodies returns the requests, at least one.
func (p planner) customBodies(m *message.Message, c *message.Custom) ([][]byte, error) {
	value, err := sinks.CustomJSON(c)
	if err != nil {
		return nil, err
	}
	if value == nil {
		body, err := p.customText(m, sinks.CustomText(c))
		return [][]byte{body}, err
	}
	list := []jsontext.Value{value}
	if value.Kind() == '[' {
		if err := json.Unmarshal(value, &list, jsontext.AllowDuplicateNames(true)); err != nil || len(list) == 0 {
			return nil, errLanguage
		}
	}
	var bodies [][]byte
	for _, one := range list {
		body, err := customObject(one)
		if err != nil {
			return nil, err
		}
		if body == nil && value.Kind() == '[' && len(bodies) == 0 { // no cards: elements of one
			body, err := customElements(list)
			return [][]byte{body}, err
		}
		if body == nil {
			return nil, errLanguage
		}
		bodies = append(bodies, body)
	}
	return bodies, nil
}

// kinds are how an object says what it is.
type kinds struct {
	Type string `json:"type"`
	Old  string `json:"@type"`
}

// customObject returns the request for a card or a whole message, nil for another object.
func customObject(value jsontext.Value) ([]byte, error) {
	is := kindsOf(value)
	switch {
	case is.Type == "AdaptiveCard":
		return json.Marshal(customEnvelope{"message", []customAttachment{{cardMedia, value}}}, jsontext.AllowDuplicateNames(true))
	case is.Type == "message", is.Old == "MessageCard":
		return value, nil
	}
	return nil, nil
}

// kindsOf returns what a value says it is, nothing where it is no object that says so.
func kindsOf(value jsontext.Value) kinds {
	var is kinds
	if err := json.Unmarshal(value, &is, jsontext.AllowDuplicateNames(true)); err != nil {
		return kinds{}
	}
	return is
}

// customElements puts elements into a card.
func customElements(list []jsontext.Value) ([]byte, error) {
	content := newCard()
	for _, element := range list {
		if is := kindsOf(element); is.Type == "" || is.Type == "AdaptiveCard" || is.Type == "message" {
			return nil, errLanguage
		}
	}
	content.Body = list
	return json.Marshal(envelope{"message", []attachment{{cardMedia, content}}}, jsontext.AllowDuplicateNames(true))
}

// customText returns a text, whose Markdown is the user's own, in a card or a MessageCard. One of nothing but blanks says the title.
func (p planner) customText(m *message.Message, text string) ([]byte, error) {
	title := clip(render.Title(m), shortTitle)
	if strings.TrimSpace(text) == "" {
		return p.dialect.body(nil, title, worstOf(m))
	}
	if p.dialect == (connector{}) {
		return p.dialect.body([]piece{paragraph(text)}, title, worstOf(m))
	}
	return p.dialect.body([]piece{element(textBlock{Type: "TextBlock", Text: text, Wrap: true})}, title, worstOf(m))
}

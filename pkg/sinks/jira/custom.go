package jira

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// customText returns what a template wrote, as a description or comment, with a line behind it unless that is "": wiki markup or a
// text of paragraphs, or on Cloud a document. Text that is too long is cut, and says so; a document that is too long is refused.
func (p printer) customText(c *message.Custom, d dialect, behind string) (text jsontext.Value, whole bool, err error) {
	value, err := sinks.CustomJSON(c)
	if err != nil {
		return nil, false, fmt.Errorf("jira: %w", err)
	}
	if value != nil {
		text, err = customDocument(value, d, behind)
		if err != nil {
			return nil, false, fmt.Errorf("jira: %w", err)
		}
		return text, true, nil
	}
	said := strings.TrimRight(sinks.CustomText(c), "\n")
	whole = length(said) <= maxText-reserve
	if !whole {
		said, behind = clip(said, maxText-reserve), notAll+"\n\n"+behind
	}
	return p.plainText(d, strings.TrimSpace(said+"\n\n"+behind)), whole, nil
}

// customDocument returns a document of the Atlassian Document Format with a paragraph behind it.
func customDocument(value jsontext.Value, d dialect, behind string) (jsontext.Value, error) {
	if d == dataCenter {
		return nil, errors.New("the template wrote JSON, and Jira Data Center takes wiki markup")
	}
	lax := jsontext.AllowDuplicateNames(true)
	var document struct {
		Version int              `json:"version"`
		Type    string           `json:"type"`
		Content []jsontext.Value `json:"content"`
	}
	if err := json.Unmarshal(value, &document, lax); err != nil || document.Type != "doc" {
		return nil, errors.New(`the template's JSON is no document for Jira: an object of "type": "doc" with "version" and "content"`)
	}
	if n := textLength(value); n > maxText-reserve {
		return nil, fmt.Errorf("the template's document says %d characters, and Jira takes %d: let it say less", n, maxText-reserve)
	}
	document.Version = 1 // there is no other
	if behind != "" {
		last, err := json.Marshal(adfNode{Type: "paragraph", Content: []adfNode{{Type: "text", Text: behind}}})
		if err != nil {
			return nil, err
		}
		document.Content = append(document.Content, last)
	}
	if document.Content == nil {
		document.Content = []jsontext.Value{}
	}
	return json.Marshal(document, lax)
}

// textNode is what of a document is counted.
type textNode struct {
	Text    string     `json:"text"`
	Content []textNode `json:"content"`
}

// textLength returns how many characters the texts of a document have, 0 where it is none, which Jira says.
func textLength(value jsontext.Value) int {
	var document textNode
	if json.Unmarshal(value, &document, jsontext.AllowDuplicateNames(true)) != nil {
		return 0
	}
	return document.length()
}

// length returns how many characters a node and those in it have.
func (n *textNode) length() int {
	sum := length(n.Text)
	for i := range n.Content {
		sum += n.Content[i].length()
	}
	return sum
}

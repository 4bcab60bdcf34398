package config

import (
	"bytes"
	"strings"

	"gopkg.in/yaml.v3"
)

// scalar returns a text as YAML has it, in quotes where it could be taken for something else.
func scalar(text string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(text)
	return n
}

// add puts a key and its value at the end of a mapping.
func add(to, key, value *yaml.Node) { to.Content = append(to.Content, key, value) }

// keep saves the comments of a key that is not written, and of its value; value may be nil.
func keep(to, key, value *yaml.Node) {
	comments := []string{to.HeadComment, key.HeadComment, key.LineComment}
	if value != nil {
		comments = append(comments, value.LineComment)
	}
	comments = append(comments, key.FootComment)
	var all []string
	for _, comment := range comments {
		if comment != "" {
			all = append(all, comment)
		}
	}
	to.HeadComment = strings.Join(all, "\n")
}

// refers reports whether there is an alias in a node.
func refers(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode {
		return true
	}
	for _, child := range n.Content {
		if refers(child) {
			return true
		}
	}
	return false
}

// writtenOut copies a node with everything in it: what an alias stands for is written in its place, and anchors are gone.
func writtenOut(n *yaml.Node) *yaml.Node {
	made := *follow(n)
	if n.Kind == yaml.AliasNode {
		made.HeadComment, made.LineComment, made.FootComment = n.HeadComment, n.LineComment, n.FootComment
	}
	made.Anchor = ""
	if made.ShortTag() == "!!merge" {
		made.Tag = "" // the encoder would write it out
	}
	made.Content = make([]*yaml.Node, len(follow(n).Content))
	for i, child := range follow(n).Content {
		made.Content[i] = writtenOut(child)
	}
	return &made
}

// encode writes a node.
func encode(n *yaml.Node) ([]byte, error) {
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return nil, err
	}
	return out.Bytes(), e.Close()
}

// spaced puts a blank line before each route, action and template of a file in the mapping form, and before what they stand under: the encoder
// writes none.
func spaced(text []byte) []byte {
	var out strings.Builder
	inLists, comment := false, false
	for line := range strings.Lines(string(text)) {
		heads := strings.HasPrefix(line, "routes:") || strings.HasPrefix(line, "actions:") || strings.HasPrefix(line, "templates:")
		begins := heads || inLists && (strings.HasPrefix(line, "  - ") || strings.HasPrefix(line, "  # "))
		if begins && !comment && out.Len() > 0 && !strings.HasSuffix(out.String(), ":\n") && !strings.HasSuffix(out.String(), "\n\n") {
			out.WriteByte('\n')
		}
		comment = inLists && strings.HasPrefix(line, "  # ")
		inLists = inLists || heads
		out.WriteString(line)
	}
	return []byte(out.String())
}

package sinktest

import (
	"strings"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// Customs returns messages that templates wrote, in the languages of the targets. Each call makes them anew.
func Customs() []Named {
	const (
		text   = "*app* has news\r\n\r\n* CVE-1 <https://example.com/1|first> & {color:red}red{color}\n\x1b[31m\xff"
		html   = "<h1>app &amp; more</h1>\n<p>One <b>critical</b><br>finding, <a href=\"https://example.com/1\">CVE-1</a></p>\n<ul><li>a</li><li>b</li></ul>"
		object = "{\n  \"severity\": \"high\",\n  \"count\": 2\n}"
		blocks = `[{"type":"header","text":{"type":"plain_text","text":"app"}},{"type":"section","text":{"type":"mrkdwn","text":"*two* <!here>"}}]`
		card   = `{"type":"AdaptiveCard","version":"1.5","body":[{"type":"TextBlock","text":"two","wrap":true}]}`
		adf    = `{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"two"}]}]}`
	)
	fields := []message.Field{{Name: "category", Value: `"network"`}, {Name: "impact", Value: "2"}, {Name: "sys_id", Value: `"x"`}}
	return []Named{
		{"text", written(message.Custom{Title: "Mind the\r\napp", Body: text, Fields: fields})},
		{"html", written(message.Custom{Body: html})},
		{"object", written(message.Custom{Body: object, JSON: true})},
		{"blocks", written(message.Custom{Title: "app", Body: blocks, JSON: true})},
		{"card", written(message.Custom{Body: card, JSON: true})},
		{"document", written(message.Custom{Body: adf, JSON: true})},
		{"broken", written(message.Custom{Body: `[{"type":"section"},]`})},
		{"blank", written(message.Custom{Title: " ", Body: " \n"})},
		{"long", written(message.Custom{Body: strings.Repeat("a line of a long text, which says little\n", 1000)})},
		{"texts", written(message.Custom{Title: "one", Body: "first"}, message.Custom{Title: "two", Body: "second"})},
		{"objects", written(message.Custom{Body: object, JSON: true}, message.Custom{Body: card, JSON: true})},
		{"cards", written(message.Custom{Body: card, JSON: true}, message.Custom{Body: card, JSON: true})},
	}
}

// written returns a message about as many subjects as there are texts.
func written(customs ...message.Custom) *message.Message {
	m := &message.Message{Route: "team"}
	for i, c := range customs {
		s := section([]string{"docker.io/library/app:1.4", "docker.io/library/web:2"}[i], `{"image":"app"}`)
		s.Delta = dedup.Delta{First: true, New: []dedup.Item{item("CVE-2026-0001", scan.Critical)}}
		s.Custom = &c
		m.Sections = append(m.Sections, s)
	}
	return m
}

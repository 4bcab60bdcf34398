package jira

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest/jiratest"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// TestAttachment: what a description has no room for is attached, whole, and once.
func TestAttachment(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		l := &lane{t: t, sink: openedSink(t, configured(j, nil), nil)}
		l.must(0, many(1500))
		i := j.Issues()[0]
		if len(i.Attachments) != 1 || i.Attachments[0].Name != "postee-"+keyOf(0)+".html" || i.Attachments[0].MediaType != mediaHTML {
			t.Fatalf("%d files", len(i.Attachments))
		}
		report := string(i.Attachments[0].Content)
		for _, id := range []string{"CVE-2026-00000", "CVE-2026-00733", "CVE-2026-01499"} {
			if !strings.Contains(report, id) {
				t.Errorf("%s is not in the report", id)
			}
		}
		if !strings.Contains(i.Text("description"), "see the attached report") {
			t.Errorf("the description does not name it: %.200s", i.Text("description"))
		}
	})
}

// TestUploads: a report that is larger than the site takes is compressed, and what cannot be attached at all is said.
func TestUploads(t *testing.T) {
	for name, c := range map[string]struct {
		uploads jiratest.Uploads
		file    string
		note    string
	}{
		"compressed": {jiratest.Uploads{Enabled: true, Limit: 100_000}, "postee-" + keyOf(0) + ".html.gz", ""},
		"too large":  {jiratest.Uploads{Enabled: true, Limit: 1000}, "", "SEC-1: the full report has "},
		"off":        {jiratest.Uploads{}, "", "SEC-1: attachments are switched off in this Jira: the full report is not attached"},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, j *jiratest.Jira) {
				j.SetUploads(c.uploads)
				l := &lane{t: t, sink: openedSink(t, configured(j, nil), nil)}
				l.must(0, many(1500))
				if c.note != "" {
					l.noted(c.note)
				}
				i := j.Issues()[0]
				if c.file == "" {
					if len(i.Attachments) > 0 {
						t.Errorf("%d files", len(i.Attachments))
					}
					return
				}
				if len(i.Attachments) != 1 || i.Attachments[0].Name != c.file {
					t.Fatalf("%d files", len(i.Attachments))
				}
				r, err := gzip.NewReader(bytes.NewReader(i.Attachments[0].Content))
				if err != nil {
					t.Fatal(err)
				}
				report, err := io.ReadAll(r)
				if err != nil || !bytes.Contains(report, []byte("CVE-2026-01499")) {
					t.Errorf("%d bytes, %v", len(report), err)
				}
			})
		})
	}
}

// TestUploadRefused: the issue's own limit is no matter of waiting.
func TestUploadRefused(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		j.Fail(jiratest.Fault{Path: "/attachments", Status: 413, Body: `{"errorMessages":["The issue has too many attachments."],"errors":{}}`})
		err := (&lane{t: t, sink: openedSink(t, configured(j, nil), nil)}).send(0, many(1500))
		if v, _ := sinks.Judge(err); err == nil || v != sinks.Dead || !strings.Contains(err.Error(), "Jira does not take the report as an attachment of SEC-1: HTTP 413: The issue has too many attachments.") {
			t.Errorf("%v, verdict %d", err, v)
		}
	})
}

// TestLongDifference: a difference that has no room in a comment is attached, also when what is open would have some.
func TestLongDifference(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		l := &lane{t: t, sink: openedSink(t, updating(j, ticket.Config{}), nil)}
		first := many(1500).Sections[0].Open
		l.must(0, about(first[:1], nil, first[:1]))
		l.must(1, about(nil, first[1:], first[:1]))
		i := j.Issues()[0]
		if len(i.Attachments) != 1 || !strings.Contains(string(i.Attachments[0].Content), "CVE-2026-01499") || len(i.Comments) != 1 {
			t.Errorf("%d files, %d comments", len(i.Attachments), len(i.Comments))
		}
	})
}

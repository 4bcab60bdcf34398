package email

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// about makes a section about a subject that somebody owns.
func about(subject string, owners ...string) message.Section {
	return message.Section{Subject: subject, Owners: owners, Artifact: scan.Artifact{Type: "image"}, Delta: dedup.Delta{First: true}, Document: []byte("{}")}
}

// TestOwners: each owner gets their own subjects only, everybody else everything; what nobody would get is not passed over.
func TestOwners(t *testing.T) {
	one, two, three := about("one:1", "A@x.test", "b@x.test"), about("two:2", "b@x.test", "Team Blue", "c@x.test\r\nBcc: evil@x.test"), about("three:3")
	twice := about("twice:1", "a@x.test", "a@X.test")
	for name, c := range map[string]struct {
		recipients []string
		sections   []message.Section
		want       map[string]string
	}{
		"one subject":         {[]string{ownerVariable}, []message.Section{one}, map[string]string{"1/1 A@x.test": "one", "1/1 b@x.test": "one"}},
		"owner and recipient": {[]string{ownerVariable, "all@x.test"}, []message.Section{one}, map[string]string{"1/1 A@x.test": "one", "1/1 b@x.test": "one", "1/1 all@x.test": "one"}},
		"recipient only":      {[]string{"all@x.test"}, []message.Section{one, two}, map[string]string{"1/1 all@x.test": "one two"}},
		"digest": {[]string{ownerVariable, "all@x.test", "B@x.test"}, []message.Section{one, two, three},
			map[string]string{"1/2 all@x.test": "one two three", "1/2 B@x.test": "one two three", "2/2 A@x.test": "one"}},
		"digest of owners": {[]string{ownerVariable}, []message.Section{one, two, three},
			map[string]string{"1/3 A@x.test": "one", "2/3 b@x.test": "one two", "3/3 nobody": "three"}},
		"nobody":     {[]string{ownerVariable}, []message.Section{three}, map[string]string{"1/1 nobody": "three"}},
		"no subject": {[]string{ownerVariable}, nil, map[string]string{"1/1 nobody": ""}},
		"twice":      {[]string{ownerVariable}, []message.Section{twice, twice}, map[string]string{"1/1 a@x.test": "twice"}},
	} {
		s := open(t, &Config{UseMX: true, Sender: "p@x.test", Recipients: c.recipients})
		parts, err := s.Plan(&message.Message{Route: "r", Sections: c.sections})
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[string]string)
		for _, p := range parts {
			var said []string
			for _, subject := range []string{"one", "two", "three", "twice"} {
				if regexp.MustCompile(subject + ":[0-9]").Match(p.Body) {
					said = append(said, subject)
				}
			}
			got[p.Name] = strings.Join(said, " ")
			if strings.HasSuffix(p.Name, nobody) {
				_, err := s.Send(t.Context(), sinks.Delivery{Key: sinktest.Key, Part: p})
				if verdict, _ := sinks.Judge(err); verdict != sinks.Dead || !strings.Contains(err.Error(), "no recipient is left") {
					t.Errorf("%s: verdict %d of %v", name, verdict, err)
				}
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// many is a message with so many new findings.
func many(n int) *message.Message {
	s := about("registry.example.com/shop/api:2.4")
	for i := range n {
		s.Delta.New = append(s.Delta.New, dedup.Item{Finding: &scan.Finding{
			Kind: scan.Vulnerability, Severity: scan.Critical - scan.Severity(i%scan.SeverityCount), ID: fmt.Sprintf("CVE-2026-%06d", i),
			Package: fmt.Sprintf("lib_%d", i%97), Installed: "3.0.1-1~deb12u2", Fixed: "3.0.2",
			Title: "use after free in <X.509> & *names*", URL: fmt.Sprintf("https://avd.example.com/nvd/cve-2026-%06d", i),
		}})
	}
	return &message.Message{Route: "team", Sections: []message.Section{s}}
}

// TestSizes: every finding is in the mail, or, from the size on that clients cut off, counted there and listed in the attached report.
func TestSizes(t *testing.T) {
	p := open(t, &Config{UseMX: true, Sender: "p@x.test", Recipients: []string{"a@x.test", "b@x.test"}}).plan
	ids, rest := regexp.MustCompile(`CVE-2026-\d{6}`), regexp.MustCompile(`… (\d+) more: `)
	for n, attached := range map[int]string{1: "", 150: "", 1500: "report.html", 12000: "report.html.gz"} {
		parts, err := p.Plan(many(n))
		if err != nil || len(parts) != 2 || !bytes.Equal(parts[0].Body, parts[1].Body) || len(parts[0].Body) > 8<<20 {
			t.Fatalf("%d findings: %d parts, %v", n, len(parts), err)
		}
		got := parse(t, parts[0].Body)
		t.Logf("%d findings: a mail of %d bytes, %d of HTML", n, len(parts[0].Body), len(got.html))
		if len(got.html) > 102<<10 {
			t.Errorf("%d findings: %d bytes of HTML", n, len(got.html))
		}
		for what, content := range map[string]string{"text": got.text, "HTML": got.html} {
			counted := 0
			if found := rest.FindStringSubmatch(content); found != nil {
				counted, _ = strconv.Atoi(found[1])
			}
			if listed := distinct(ids.FindAllString(content, -1)); listed+counted != n || listed < min(n, 50) {
				t.Errorf("%d findings: the %s lists %d and counts %d", n, what, listed, counted)
			}
		}
		page, ok := got.files[attached]
		if ok != (attached != "") || len(got.files) > 1 {
			t.Errorf("%d findings: %d files", n, len(got.files))
		}
		if strings.HasSuffix(attached, ".gz") {
			page = unpack(t, page)
		}
		if ok && distinct(ids.FindAllString(string(page), -1)) != n {
			t.Errorf("%d findings: the report lists %d", n, distinct(ids.FindAllString(string(page), -1)))
		}
	}
}

// TestManySubjects: a digest of more subjects than a mail shows has all of them attached.
func TestManySubjects(t *testing.T) {
	m := &message.Message{Route: "r"}
	for i := range 400 {
		s := many(3).Sections[0]
		s.Subject = fmt.Sprintf("image-%04d", i)
		m.Sections = append(m.Sections, s)
	}
	parts, err := open(t, &Config{UseMX: true, Sender: "p@x.test", Recipients: []string{"a@x.test"}}).Plan(m)
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	got := parse(t, parts[0].Body)
	names := regexp.MustCompile(`image-\d{4}`)
	if n := distinct(names.FindAllString(string(unpack(t, got.files["report.html.gz"])), -1)); n != 400 || len(got.html) > 102<<10 || !strings.Contains(got.text, "in the attached report.html.gz") {
		t.Errorf("%d bytes of HTML, %d subjects in the report, text ends in %q", len(got.html), n, got.text[len(got.text)-200:])
	}
}

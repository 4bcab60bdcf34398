package splunk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// monstrous is a message in which every text is far too long, in characters that JSON writes with six bytes.
func monstrous() *message.Message {
	long := func(c string) string { return strings.Repeat(c, 30_000) }
	m := findings(3)
	s := &m.Sections[0]
	m.Route, s.Subject, s.Job, s.Format, s.Source, s.Scanner = long("\x00"), long("\x01"), long("\u202e"), long("\x1b"), long(`\`), long("漢")
	s.Artifact = scan.Artifact{Type: long("\x02"), Name: long("\x03"), Digest: long("\xff")}
	s.Owners = []string{long("\x04"), long("\x05"), long("a")}
	s.Scanned, s.Told = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 1<<62
	f := s.Delta.New[1].Finding
	for _, p := range []*string{&f.Package, &f.Installed, &f.Fixed, &f.Status, &f.Title, &f.URL, &f.Resource} {
		*p = long("\x06")
	}
	f.ID += long("\x07")
	f.Aliases, s.Delta.New[1].Locations = make([]string, 30_000), strings.Split(long("ab,"), ",")
	return m
}

// TestWhatIsTooLongIsCut: however long texts are, events keep to their size, and each finding is there.
func TestWhatIsTooLongIsCut(t *testing.T) {
	names := strings.Repeat("n", maxName-2)
	for _, c := range []Config{{}, {SizeLimit: leastSize}, {SizeLimit: leastSize, Source: names, SourceType: names, Host: names, Index: names}} {
		h := serve(t)
		h.size, h.indexes = c.size(), []string{names}
		m := monstrous()
		found := 0
		for _, said := range read(t, delivered(t, h, c, m), c.size()) {
			for _, f := range said.Postee.New {
				if strings.HasPrefix(f.ID, "CVE-") {
					found++
				}
				if f.Title != "A buffer that is too small" && !strings.HasSuffix(f.Title, mark) {
					t.Errorf("cut without a mark: %+v", f)
				}
				if len(f.Aliases) > 0 && (counted(t, f.Aliases) != 30_000 || counted(t, f.Locations) != 30_001) {
					t.Errorf("lists that count wrong: %+v", f)
				}
			}
			if !strings.HasSuffix(said.Route, mark) || !strings.HasSuffix(said.Postee.Subject, mark) {
				t.Errorf("%q and %q have no mark", said.Route, said.Postee.Subject)
			}
		}
		if found != len(m.Sections[0].Delta.New) {
			t.Errorf("%d findings are there", found)
		}
		if diff := cmp.Diff(monstrous(), m); diff != "" {
			t.Error("planning changed the message")
		}
	}
	h := serve(t)
	read(t, delivered(t, h, Config{}, &message.Message{Test: true, Title: strings.Repeat("\x00", 100_000)}), defaultSize)
}

// counted is how many texts a list that was cut stands for.
func counted(t *testing.T, list []string) int {
	t.Helper()
	var left int
	if _, err := fmt.Sscanf(list[len(list)-1], mark+" and %d more", &left); err != nil {
		t.Errorf("%q: %v", list, err)
	}
	return len(list) - 1 + left
}

// TestHeadLeavesRoom: names may fill half of an event, so that a finding of nearly the other half stays whole.
func TestHeadLeavesRoom(t *testing.T) {
	for subject, whole := range map[int]bool{2000: true, 9000: false} {
		m := findings(1)
		m.Sections[0].Subject = strings.Repeat("s", subject)
		title := strings.Repeat("t", 4500)
		m.Sections[0].Delta.New[0].Title = title
		said := read(t, delivered(t, serve(t), Config{}, m), defaultSize)
		if len(said) != 1 || said[0].Postee.New[0].Title != title || (len(said[0].Postee.Subject) == subject) != whole {
			t.Errorf("a subject of %d bytes has %d in %d events, the title of 4500 has %d", subject, len(said[0].Postee.Subject), len(said), len(said[0].Postee.New[0].Title))
		}
	}
}

package ticket

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
)

func TestNext(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	open, closed := &Found{Open: true}, &Found{Closed: now.Add(-29 * 24 * time.Hour)}
	update := func(onFixed, reopen string) *Config {
		c := &Config{Mode: "Update", OnFixed: onFixed}
		if reopen != "" {
			if err := c.Reopen.UnmarshalText([]byte(reopen)); err != nil {
				t.Fatal(err)
			}
		}
		return c
	}
	for name, c := range map[string]struct {
		config *Config
		found  *Found
		left   int
		want   Action
		why    string
	}{
		"each message its own":               {&Config{}, nil, 0, Create, ""},
		"each message its own, made already": {&Config{}, &Found{Open: true, Own: true}, 3, Resume, ""},
		"each message, another's ticket":     {&Config{}, open, 3, Create, ""},
		"the first":                          {update("", ""), nil, 3, Create, ""},
		"the first, clean":                   {update("", ""), nil, 0, Leave, whyNothing},
		"its own, made already":              {update("close", ""), &Found{Open: true, Own: true}, 3, Resume, ""},
		"open":                               {update("close", ""), open, 3, Comment, ""},
		"open, all fixed, comment":           {update("", ""), open, 0, Comment, ""},
		"open, all fixed, close":             {update("Close", ""), open, 0, Close, ""},
		"open, all fixed, nothing":           {update("nothing", ""), open, 0, Refresh, ""},
		"declined":                           {update("", "always"), &Found{Declined: true, Closed: now}, 3, Leave, whyDeclined},
		"closed, never":                      {update("", "never"), closed, 3, Create, ""},
		"closed, nothing said":               {update("", ""), closed, 3, Create, ""},
		"closed, always":                     {update("", "always"), closed, 3, OpenAgain, ""},
		"closed, within":                     {update("", "30d"), closed, 3, OpenAgain, ""},
		"closed, too long ago":               {update("", "28d"), closed, 3, Create, ""},
		"closed, nobody knows when":          {update("", "28d"), &Found{}, 3, Create, ""},
		"closed and clean":                   {update("", "always"), closed, 0, Leave, whyClosed},
	} {
		if got, why := c.config.Next(c.found, c.left, now); got != c.want || why != c.why {
			t.Errorf("%s: %d %q, want %d %q", name, got, why, c.want, c.why)
		}
	}
}

func TestValidate(t *testing.T) {
	within := Reopen{Within: time.Hour}
	for want, c := range map[string]Config{
		"":                                   {},
		" ":                                  {Mode: "new"},
		"  ":                                 {Mode: "update", OnFixed: "close", Reopen: within, Transition: "Done"},
		"ticket.mode: must be new or update": {Mode: "one"},
		"ticket.on-fixed: must be comment, close or nothing":           {Mode: "update", OnFixed: "delete"},
		"ticket.transition: means something with on-fixed: close only": {Mode: "update", Transition: "Done"},
		"ticket.on-fixed: means something with mode: update only; ticket.reopen: means something with mode: update only; ticket.transition: means something with mode: update only": {OnFixed: "close", Reopen: within, Transition: "Done"},
	} {
		got := ""
		if err := sinks.Invalid(c.Validate()); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(strings.TrimSpace(want), got); diff != "" {
			t.Errorf("%+v: %s", c, diff)
		}
	}
	var r Reopen
	if err := r.UnmarshalText([]byte("sometimes")); err == nil || !strings.Contains(err.Error(), `never, always or a duration such as 30d, found "sometimes"`) {
		t.Error(err)
	}
}

// TestName: a ticket is found again by whoever has lost everything, and by nobody else.
func TestName(t *testing.T) {
	delivery := func(key, route, subject string) *sinks.Delivery {
		return &sinks.Delivery{Key: key, Subject: subject, Message: &message.Message{Route: route}}
	}
	each, update := &Config{}, &Config{Mode: "update"}
	if got := each.Name(delivery("0123", "r", "s")); got != "postee-0123" {
		t.Error(got)
	}
	name := update.Name(delivery("0123", "r", "s"))
	if len(name) != len(Prefix)+32 || name != update.Name(delivery("4567", "r", "s")) {
		t.Error(name)
	}
	for _, other := range []*sinks.Delivery{delivery("0123", "r", "t"), delivery("0123", "q", "s"), delivery("0123", "rs", ""), delivery("0123", "", "rs")} {
		if update.Name(other) == name {
			t.Errorf("%+v has the same ticket", other)
		}
	}
	if n := update.Needs(sinks.Needs{}); !n.Open || n.Undigested != "ticket.mode" {
		t.Errorf("%+v", n)
	}
	if n := each.Needs(sinks.Needs{}); n.Open || n.Undigested != "" {
		t.Errorf("%+v", n)
	}
}

func TestLeft(t *testing.T) {
	found := func(s scan.Severity, fixed string) dedup.Item {
		return dedup.Item{Finding: &scan.Finding{Severity: s, Fixed: fixed}}
	}
	m := &message.Message{Sections: []message.Section{{Open: []dedup.Item{found(scan.Critical, ""), found(scan.High, "2"), found(scan.Low, "2")}}}}
	for _, c := range []struct {
		threshold message.Threshold
		want      int
	}{
		{message.Threshold{}, 3}, {message.Threshold{Least: scan.High}, 2}, {message.Threshold{Fixable: true}, 2},
		{message.Threshold{Least: scan.High, Fixable: true}, 1}, {message.Threshold{Least: scan.Critical, Fixable: true}, 0},
	} {
		m.Threshold = c.threshold
		if got := Left(m); got != c.want {
			t.Errorf("%+v: %d, want %d", c.threshold, got, c.want)
		}
	}
	m.Sections[0].All = []dedup.Item{found(scan.Critical, "3")}
	if got := Left(m); got != 1 {
		t.Errorf("a route that shows all: %d", got)
	}
}

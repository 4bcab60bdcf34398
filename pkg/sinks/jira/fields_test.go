package jira

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest/jiratest"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// obj and arr are JSON as it is read.
type (
	obj = map[string]any
	arr = []any
)

// without takes a field off the create screen.
func without(name string) func([]jiratest.Field) []jiratest.Field {
	return func(fields []jiratest.Field) []jiratest.Field {
		return slices.DeleteFunc(slices.Clone(fields), func(f jiratest.Field) bool { return f.Name == name })
	}
}

// local is a text as a site says it: the Cloud's user reads German.
func local(j *jiratest.Jira, text string) string {
	if j.Kind() == "cloud" {
		return text
	}
	return strings.ReplaceAll(text, "Aufgabe", "Task")
}

// TestFields: every kind of field is written as its schema says, whatever suffix its name has in the configuration.
func TestFields(t *testing.T) {
	for _, c := range []struct {
		key, value, field string
		want              any
	}{
		{"Team", "core, web", "customfield_10030", "core, web"},
		{"team", "core", "customfield_10030", "core"},
		{"customfield_10030", "core", "customfield_10030", "core"},
		{"Story Points", "8.5", "customfield_10031", 8.5},
		{"Story Points-numeric-field", "337", "customfield_10031", 337.0},
		{"Region", "europe", "customfield_10032", obj{"id": "501"}},
		{"Region", "502", "customfield_10032", obj{"id": "502"}},
		{"Platforms", "1, 3", "customfield_10033", arr{obj{"id": "511"}, obj{"id": "513"}}},
		{"Platforms-multiple-value", "1,2,3", "customfield_10033", arr{obj{"id": "511"}, obj{"id": "512"}, obj{"id": "513"}}},
		{"Due time-date-time-picker", "2014-04-11T12:14:26.880+0400", "customfield_10035", "2014-04-11T12:14:26.880+0400"},
		{"Due time", "2026-11-22T09:58:00Z", "customfield_10035", "2026-11-22T09:58:00.000+0000"},
		{"Due", "2026-11-22", "customfield_10036", "2026-11-22"},
		{"Link-url", "https://tour.golang.org/moretypes/7", "customfield_10037", "https://tour.golang.org/moretypes/7"},
		{"Link-field-url", "https://go.dev", "customfield_10037", "https://go.dev"},
		{"Target", "2.0", "customfield_10039", obj{"id": "10101"}},
		{"Area", "Web / API", "customfield_10040", obj{"id": "521", "child": obj{"id": "523"}}},
		{"Area", "Web/Front / Back", "customfield_10040", obj{"id": "521", "child": obj{"id": "522"}}},
		{"Area", "Web", "customfield_10040", obj{"id": "521"}},
		{"Anything", "5", "customfield_10041", "5"},
		{"Tags", "a,b", "customfield_10042", arr{"a", "b"}},
	} {
		t.Run(c.key+" "+c.value, func(t *testing.T) {
			both(t, func(t *testing.T, j *jiratest.Jira) {
				l := &lane{t: t, sink: openedSink(t, configured(j, func(x *Config) { x.Unknowns = map[string]string{c.key: c.value} }), nil)}
				l.must(0, many(1))
				if diff := cmp.Diff(c.want, j.Issues()[0].Fields[c.field]); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestAllFields: everything that a configuration can ask for, in one ticket.
func TestAllFields(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		approver := map[string]obj{"cloud": {"accountId": "5b109f2e9729b51b54dc274d"}, "datacenter": {"name": "john"}}[j.Kind()]
		c := configured(j, func(x *Config) {
			x.IssueType, x.Priority, x.Summary = "Bug", "Highest", "What is new\nin production"
			x.Labels, x.Assignee = []string{"security", "ci"}, []string{"nobody@example.com", "john@example.com"}
			x.FixVersions, x.AffectsVersions, x.Components = []string{"1.0", "2.0"}, []string{"1.0"}, []string{"api"}
			x.Unknowns = map[string]string{"Approver": "John Doe", "Notes-multiple-line-text-field": "line 1\nline 2", "Environment": "production"}
		})
		l := &lane{t: t, sink: openedSink(t, c, nil)}
		l.must(0, many(1))
		i := j.Issues()[0]
		want := obj{
			"project": obj{"key": "SEC"}, "issuetype": obj{"id": "10003"}, "priority": obj{"id": "1"}, "summary": "What is new in production",
			"labels": arr{"security", "ci", "postee-" + keyOf(0)}, "assignee": approver, "customfield_10038": approver,
			"fixVersions": arr{obj{"id": "10100"}, obj{"id": "10101"}}, "versions": arr{obj{"id": "10100"}}, "components": arr{obj{"id": "10200"}},
		}
		for name, value := range want {
			if diff := cmp.Diff(value, i.Fields[name]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if notes := i.Text("customfield_10034"); !strings.HasPrefix(notes, "line 1\nline 2") || i.Text("environment") == "" {
			t.Errorf("notes %q, environment %q", notes, i.Text("environment"))
		}
		if len(l.notes) > 0 {
			t.Errorf("notes %q", l.notes)
		}
	})
}

// TestFieldsThatAreNotThere: what was configured is named, found by the check as well, and nothing is created; defaults are left out
// with a note.
func TestFieldsThatAreNotThere(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		screen string
		want   string
	}{
		"unknown field": {func(x *Config) { x.Unknowns = map[string]string{"Teem": "core"} }, "", `unknowns.Teem: there is no field "Teem" on the create screen of Aufgabe: it has Team, `},
		"unknown value": {func(x *Config) { x.Unknowns = map[string]string{"Region": "Africa"} }, "", `unknowns.Region: Region does not take "Africa": it takes Asia, Europe`},
		"number":        {func(x *Config) { x.Unknowns = map[string]string{"Story Points": "many"} }, "", `unknowns.Story Points: Story Points takes a number, not "many"`},
		"date":          {func(x *Config) { x.Unknowns = map[string]string{"Due": "soon"} }, "", `unknowns.Due: Due takes a date such as 2026-11-22, not "soon"`},
		"time":          {func(x *Config) { x.Unknowns = map[string]string{"Due time": "soon"} }, "", `unknowns.Due time: Due time takes a time such as`},
		"below":         {func(x *Config) { x.Unknowns = map[string]string{"Area": "Web / Phone"} }, "", `unknowns.Area: Area does not take "Phone" below Web: it takes API, Front / Back`},
		"cascade":       {func(x *Config) { x.Unknowns = map[string]string{"Area": "Phone"} }, "", `unknowns.Area: Area does not take "Phone": it takes Web`},
		"person":        {func(x *Config) { x.Unknowns = map[string]string{"Approver": "Guest"} }, "", `unknowns.Approver: nobody who can be assigned in SEC is known as "Guest"`},
		"label":         {func(x *Config) { x.Unknowns = map[string]string{"Tags": "a, two words"} }, "", `unknowns.Tags: a label has no spaces: "two words"`},
		"priority":      {func(x *Config) { x.Priority = "Hgih" }, "", `priority: Priority does not take "Hgih": it takes High, `},
		"no priority":   {func(x *Config) { x.Priority = "High" }, "Priority", `priority: there is no field "Priority" on the create screen of Aufgabe: it has `},
		"labels":        {func(x *Config) { x.Labels = []string{"a"} }, "Labels", `labels: there is no field "Labels" on the create screen`},
		"versions":      {func(x *Config) { x.FixVersions = []string{"3.0"} }, "", `fixVersions: Fix versions does not take "3.0": it takes 1.0, 2.0`},
		"no versions":   {func(x *Config) { x.AffectsVersions = []string{"1.0"} }, "Affects versions", `affectsVersions: there is no field "affectsVersions"`},
		"component":     {func(x *Config) { x.Components = []string{"ui"} }, "", `components: Components does not take "ui": it takes api`},
		"type":          {func(x *Config) { x.IssueType = "Tusk" }, "", `issuetype: there is no type "Tusk" in SEC: it has `},
		"project":       {func(x *Config) { x.Project = "OTHER" }, "", "'OTHER'"},
		"board":         {func(x *Config) { x.Board, x.Sprint = "Boards", "Sprint 8" }, "", `board: there is no board "Boards" in SEC: it has `},
		"Kanban":        {func(x *Config) { x.Board, x.Sprint = "support", "Sprint 8" }, "", `board: Support has no sprints: it is a Kanban board`},
		"no sprint":     {func(x *Config) { x.Board, x.Sprint = "Third", "Sprint 8" }, "", `sprint: there is no sprint "Sprint 8" on Third, and none is active`},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, j *jiratest.Jira) {
				if c.screen != "" {
					j.Screen(without(c.screen))
				}
				s := openedSink(t, configured(j, c.change), nil)
				_, checked := s.Check(t.Context())
				sent := (&lane{t: t, sink: s}).send(0, many(1))
				for what, err := range map[string]error{"checked": checked, "sent": sent} {
					if v, _ := sinks.Judge(err); err == nil || !strings.Contains(err.Error(), local(j, c.want)) || v != sinks.Hold && name != "project" {
						t.Errorf("%s: %v, verdict %d, want %q", what, err, v, c.want)
					}
				}
				for _, r := range j.Requests() {
					if r.Method == http.MethodPost && !strings.Contains(r.Path, "/search") {
						t.Errorf("%s %s came", r.Method, r.Path)
					}
				}
			})
		})
	}
}

// TestDefaults: what nobody configured and the screen does not have is left out, and said.
func TestDefaults(t *testing.T) {
	for screen, want := range map[string]string{
		"Priority":    "there is no priority on the create screen of Aufgabe: left out",
		"Assignee":    "there is no assignee on the create screen of Aufgabe: left out",
		"Description": "there is no description on the create screen of Aufgabe: left out",
		"Labels":      "there are no labels on the create screen of Aufgabe",
	} {
		t.Run(screen, func(t *testing.T) {
			both(t, func(t *testing.T, j *jiratest.Jira) {
				j.Screen(without(screen))
				l := &lane{t: t, sink: openedSink(t, configured(j, func(x *Config) { x.Assignee = []string{"John Doe"} }), nil)}
				l.must(0, many(1))
				l.noted(local(j, want))
				if len(j.Issues()) != 1 || j.Issues()[0].Fields[strings.ToLower(screen)] != nil {
					t.Errorf("%+v", j.Issues())
				}
				l.sink, l.last = openedSink(t, updating(j, ticket.Config{}), nil), sinks.Receipt{}
				l.must(1, about(list(one()), nil, list(one())))
				l.must(2, about(list(two()), nil, list(one(), two())))
				if i := j.Issues(); len(i) != 2 || len(i[1].Comments) != 1 {
					t.Errorf("%d issues", len(i))
				}
			})
		})
	}
}

// TestRequired: a field that the project asks for is named before anything is sent.
func TestRequired(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		j.Screen(func(fields []jiratest.Field) []jiratest.Field {
			fields = slices.Clone(fields)
			for i := range fields {
				fields[i].Required = fields[i].Required || fields[i].Name == "Team"
			}
			return fields
		})
		err := (&lane{t: t, sink: openedSink(t, configured(j, nil), nil)}).send(0, many(1))
		if err == nil || !strings.Contains(err.Error(), local(j, "SEC asks for Team when an issue of the type Aufgabe is created: give it under unknowns")) {
			t.Error(err)
		}
	})
}

// FuzzUnknowns: whatever stands in the configuration for a field, Jira takes what is made of it, or the key is named and nothing is sent.
func FuzzUnknowns(f *testing.F) {
	for _, text := range []string{"core", "8.5", "1, 3", "Web / API", "2026-11-22", "2026-11-22T09:58:00Z", "john@example.com", ",", " ", "\xff\u2028\x00", "Web/"} {
		for field := range uint8(13) {
			f.Add(field, text)
		}
	}
	sites := []*jiratest.Jira{jiratest.New(true), jiratest.New(false)}
	f.Cleanup(func() { sites[0].Close(); sites[1].Close() })
	names := []string{"Team", "Story Points", "Region", "Platforms", "Notes", "Due time", "Due", "Link", "Approver", "Target", "Area", "Anything", "Tags"}
	f.Fuzz(func(t *testing.T, field uint8, text string) {
		name := names[int(field)%len(names)]
		for _, site := range sites {
			s := openedSink(t, configured(site, func(x *Config) { x.Unknowns = map[string]string{name: text} }), nil)
			err := (&lane{t: t, sink: s}).send(len(site.Issues()), about(nil, nil, nil))
			if err != nil && !strings.Contains(err.Error(), "unknowns."+name+": ") && len(text) < 32_000 {
				t.Errorf("%s: %q: %v", name, text, err)
			}
		}
	})
}

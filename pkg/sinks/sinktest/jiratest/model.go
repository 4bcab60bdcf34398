package jiratest

import (
	"strings"
	"time"
)

// Type is a type of issues. Its name is in the user's language.
type Type struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Untranslated string `json:"untranslatedName,omitzero"`
	Subtask      bool   `json:"subtask"`
}

// types returns those of the project. Data Center has no other names than those in the user's language, which is English here.
func types(cloud bool) []Type {
	list := []Type{
		{"10002", "Epic", "Epic", false}, {"10003", "Bug", "Bug", false}, {"10004", "Aufgabe", "Task", false}, {"10005", "Sub-task", "Sub-task", true},
	}
	for i := range list {
		if !cloud {
			list[i].Name, list[i].Untranslated = list[i].Untranslated, ""
		}
	}
	return list
}

// Field is one of a create screen.
type Field struct {
	ID       string   `json:"fieldId"`
	Key      string   `json:"key,omitzero"`
	Name     string   `json:"name"`
	Required bool     `json:"required"`
	Default  bool     `json:"hasDefaultValue"`
	Schema   Schema   `json:"schema"`
	Allowed  []Choice `json:"allowedValues,omitzero"`
	// Operations are what an edit may do; they are not looked at.
	Operations []string `json:"operations"`
}

// Schema is the type of a field.
type Schema struct {
	Type   string `json:"type"`
	Items  string `json:"items,omitzero"`
	System string `json:"system,omitzero"`
	Custom string `json:"custom,omitzero"`
}

// Choice is a value that a field takes.
type Choice struct {
	ID       string   `json:"id"`
	Name     string   `json:"name,omitzero"`
	Value    string   `json:"value,omitzero"`
	Children []Choice `json:"children,omitzero"`
}

// kinds is what Jira calls its own custom fields.
const kinds = "com.atlassian.jira.plugin.system.customfieldtypes:"

// SprintField is the ID of the field that holds the sprint.
const SprintField = "customfield_10020"

// screen returns the fields that an issue is created with.
func screen(cloud bool) []Field {
	of := func(name, kind, items string) Schema { return Schema{Type: kind, Items: items, System: name} }
	custom := func(id, name, kind, items, of string, allowed ...Choice) Field {
		return Field{ID: "customfield_" + id, Name: name, Schema: Schema{Type: kind, Items: items, Custom: kinds + of}, Allowed: allowed}
	}
	versions := []Choice{{ID: "10100", Name: "1.0"}, {ID: "10101", Name: "2.0"}}
	fields := []Field{
		{ID: "summary", Name: "Summary", Required: true, Schema: of("summary", "string", "")},
		{ID: "issuetype", Name: "Issue Type", Required: true, Schema: of("issuetype", "issuetype", "")},
		{ID: "project", Name: "Project", Required: true, Schema: of("project", "project", "")},
		{ID: "reporter", Name: "Reporter", Required: true, Default: cloud, Schema: of("reporter", "user", "")},
		{ID: "description", Name: "Description", Schema: of("description", "string", "")},
		{ID: "priority", Name: "Priority", Default: true, Schema: of("priority", "priority", ""), Allowed: []Choice{
			{ID: "1", Name: "Highest"}, {ID: "2", Name: "High"}, {ID: "3", Name: "Medium"}, {ID: "4", Name: "Low"},
		}},
		{ID: "labels", Name: "Labels", Schema: of("labels", "array", "string")},
		{ID: "assignee", Name: "Assignee", Schema: of("assignee", "user", "")},
		{ID: "fixVersions", Name: "Fix versions", Schema: of("fixVersions", "array", "version"), Allowed: versions},
		{ID: "versions", Name: "Affects versions", Schema: of("versions", "array", "version"), Allowed: versions},
		{ID: "components", Name: "Components", Schema: of("components", "array", "component"), Allowed: []Choice{{ID: "10200", Name: "api"}}},
		{ID: "environment", Name: "Environment", Schema: of("environment", "string", "")},
		custom("10030", "Team", "string", "", "textfield"),
		custom("10031", "Story Points", "number", "", "float"),
		custom("10032", "Region", "option", "", "select", Choice{ID: "501", Value: "Europe"}, Choice{ID: "502", Value: "Asia"}),
		custom("10033", "Platforms", "array", "option", "multiselect", Choice{ID: "511", Value: "1"}, Choice{ID: "512", Value: "2"}, Choice{ID: "513", Value: "3"}),
		custom("10034", "Notes", "string", "", "textarea"),
		custom("10035", "Due time", "datetime", "", "datetime"),
		custom("10036", "Due", "date", "", "datepicker"),
		custom("10037", "Link", "string", "", "url"),
		custom("10038", "Approver", "user", "", "userpicker"),
		custom("10039", "Target", "version", "", "version", versions...),
		custom("10040", "Area", "option-with-child", "", "cascadingselect", Choice{ID: "521", Value: "Web", Children: []Choice{{ID: "522", Value: "Front / Back"}, {ID: "523", Value: "API"}}}),
		custom("10041", "Anything", "any", "", "readonlyfield"),
		custom("10042", "Tags", "array", "string", "labels"),
	}
	for i := range fields {
		if cloud {
			fields[i].Key = fields[i].ID
		}
		fields[i].Operations = []string{"set"}
	}
	return fields
}

// Person is a user.
type Person struct {
	AccountID, Name, DisplayName, Email string
	// Hidden says that the Cloud does not show the address.
	Hidden bool
	// Assignable says that issues of the project can be given to them.
	Assignable bool
}

func people() []Person {
	return []Person{
		{"5b10a2844c20165700ede21g", "ci", "CI", User, false, true},
		{"5b109f2e9729b51b54dc274d", "john", "John Doe", "john@example.com", false, true},
		{"557058:295406f3-a1fc-4733-b906-dc15d021bd79", "jane", "Jane Roe", "jane@example.com", true, true},
		{"5b10ac8d82e05b22cc7d4ef5", "guest", "Guest", "guest@example.com", false, false},
	}
}

// person returns how the site shows one.
func (j *Jira) person(p Person) object {
	if !j.cloud {
		return object{"name": p.Name, "key": p.Name, "displayName": p.DisplayName, "emailAddress": p.Email, "active": true}
	}
	shown := object{"accountId": p.AccountID, "accountType": "atlassian", "displayName": p.DisplayName, "active": true}
	if !p.Hidden {
		shown["emailAddress"] = p.Email
	}
	return shown
}

// assignable lists who can be given an issue. [cloud] The Cloud looks in names and addresses, and knows nobody by a user name;
// [dc] Data Center looks in names, user names and addresses.
func (j *Jira) assignable(c *call) answer {
	q := c.URL.Query()
	if q.Get("project") != Project {
		return complain(404, "No project could be found with key '"+q.Get("project")+"'.", nil)
	}
	if j.cloud && q.Has("username") || !j.cloud && (q.Has("query") || q.Has("accountId")) {
		return complain(400, "The parameter is not known.", nil)
	}
	list := []object{}
	for _, p := range j.people {
		begins := func(text, with string) bool {
			return with != "" && strings.HasPrefix(strings.ToLower(text), strings.ToLower(with))
		}
		text := q.Get("query") + q.Get("username")
		fits := begins(p.DisplayName, text) || begins(p.Email, text) || !j.cloud && begins(p.Name, text) || p.AccountID == q.Get("accountId")
		if p.Assignable && fits {
			list = append(list, j.person(p))
		}
	}
	return answer{200, list}
}

// Board is one of Jira Software.
type Board struct {
	ID         int64
	Name, Type string
}

// Sprint is one of a board.
type Sprint struct {
	ID          int64
	Name, State string
	Board       int64
}

// Issue is one issue.
type Issue struct {
	ID, Key string
	// Fields are as they were sent.
	Fields     map[string]any
	Status     Status
	Resolution string
	Resolved   time.Time
	Sprint     int64
	// Comments are the bodies, in the order of writing.
	Comments    []any
	Attachments []Attachment
	unindexed   bool
}

// Attachment is a file of an issue.
type Attachment struct {
	Name      string
	MediaType string
	Content   []byte
}

// Labels returns the issue's labels.
func (i *Issue) Labels() (list []string) {
	all, _ := i.Fields["labels"].([]any)
	for _, l := range all {
		text, _ := l.(string)
		list = append(list, text)
	}
	return list
}

// Text returns a field as one text, of a document all its texts.
func (i *Issue) Text(field string) string { return Text(i.Fields[field]) }

// Text returns all text of a value: a string, or a document.
func Text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case []any:
		var b strings.Builder
		for _, part := range v {
			b.WriteString(Text(part))
		}
		return b.String()
	case map[string]any:
		text, _ := v["text"].(string)
		return text + Text(v["content"]) + map[string]string{"paragraph": "\n", "heading": "\n", "hardBreak": "\n", "tableRow": "\n", "tableCell": " "}[str(v["type"])]
	}
	return ""
}

// str returns a value that is a string.
func str(v any) string {
	s, _ := v.(string)
	return s
}

package jiratest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// meta lists types and fields, page by page. [meta] What lists those of all projects at once is gone since Data Center 9.
func (j *Jira) meta(c *call) answer {
	if len(c.at) < 4 || c.at[3] != "issuetypes" || c.Method != http.MethodGet {
		return complain(404, "Issue Does Not Exist", nil)
	}
	if c.at[2] != Project {
		// [cloud] A project that is not there and one that may not be seen are the same.
		return complain(404, "No project could be found with key '"+c.at[2]+"'.", nil)
	}
	if len(c.at) == 4 {
		return j.list(c, "issueTypes", anys(j.types))
	}
	fields, ok := j.screens[c.at[4]]
	if !ok {
		return complain(404, "The issue type could not be found.", nil)
	}
	return j.list(c, "fields", anys(fields))
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

// list returns a page. [cloud] The Cloud names the list and has a total; [dc] Data Center calls it values and says which page is the last. Either
// gives fewer than asked for when it likes.
func (j *Jira) list(c *call, name string, all []any) answer {
	start, _ := strconv.Atoi(c.URL.Query().Get("startAt"))
	size, err := strconv.Atoi(c.URL.Query().Get("maxResults"))
	if err != nil || size > j.page {
		size = j.page
	}
	start = min(max(start, 0), len(all))
	end := min(start+size, len(all))
	page := object{"startAt": start, "maxResults": size, "total": len(all)}
	if j.cloud {
		page[name] = all[start:end]
	} else {
		page["values"], page["isLast"] = all[start:end], end == len(all)
	}
	return answer{200, page}
}

// create opens an issue, when every field is on the screen and has the shape that its schema says.
func (j *Jira) create(c *call) answer {
	var body struct {
		Fields map[string]any `json:"fields"`
	}
	if !c.read(&body) || body.Fields == nil {
		return complain(400, "Invalid request payload. Refer to the REST API documentation and try again.", nil)
	}
	wrong := make(map[string]string)
	project, _ := body.Fields["project"].(map[string]any)
	if project["key"] != Project {
		return complain(400, "", map[string]string{"project": "valid project is required"})
	}
	kind, _ := body.Fields["issuetype"].(map[string]any)
	fields, ok := j.screens[str(kind["id"])]
	if !ok {
		return complain(400, "", map[string]string{"issuetype": "Specify a valid issue type"})
	}
	for _, id := range slices.Sorted(maps.Keys(body.Fields)) {
		at := slices.IndexFunc(fields, func(f Field) bool { return f.ID == id })
		if at < 0 {
			wrong[id] = fmt.Sprintf("Field '%s' cannot be set. It is not on the appropriate screen, or unknown.", id)
		} else if text := j.refuses(&fields[at], body.Fields[id]); text != "" {
			wrong[id] = text
		}
	}
	for _, f := range fields {
		if f.Required && !f.Default && body.Fields[f.ID] == nil && f.ID != "reporter" {
			wrong[f.ID] = f.Name + " is required."
		}
	}
	if len(wrong) > 0 {
		return complain(400, "", wrong)
	}
	i := &Issue{ID: strconv.Itoa(10000 + j.next), Key: fmt.Sprintf("%s-%d", Project, j.next), Fields: body.Fields, Status: statusOpen(), unindexed: j.lag}
	j.next++
	if n, ok := body.Fields[SprintField].(float64); ok {
		i.Sprint = int64(n)
	}
	j.issues = append(j.issues, i)
	return answer{201, object{"id": i.ID, "key": i.Key, "self": j.URL + "/rest/api/2/issue/" + i.ID}}
}

// refuses says what is wrong with the value of a field, "" when nothing is.
func (j *Jira) refuses(f *Field, value any) string {
	if f.Schema.Type == "array" && f.ID != SprintField {
		list, ok := value.([]any)
		if !ok {
			return "data was not an array"
		}
		for _, one := range list {
			if text := j.single(f, f.Schema.Items, one); text != "" {
				return text
			}
		}
		return ""
	}
	return j.single(f, f.Schema.Type, value)
}

// single says what is wrong with one value of a type.
func (j *Jira) single(f *Field, kind string, value any) string {
	text, isText := value.(string)
	named, _ := value.(map[string]any)
	switch {
	case f.ID == SprintField:
		// [agile] The field takes the ID of one sprint, a number.
		if _, ok := value.(float64); !ok {
			return "Number value expected as the Sprint id."
		}
	case kind == "string":
		return j.text(f, value)
	case kind == "number":
		if _, ok := value.(float64); !ok {
			return "Operation value must be a number"
		}
	case kind == "date":
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return "Operation value must be a string in the format yyyy-MM-dd"
		}
	case kind == "datetime":
		if _, err := time.Parse("2006-01-02T15:04:05.000-0700", text); err != nil {
			return "Operation value must be a string in the format yyyy-MM-dd'T'HH:mm:ss.SSSZ"
		}
	case kind == "user":
		return j.known(named)
	case kind == "option" || kind == "version" || kind == "component" || kind == "priority" || kind == "option-with-child":
		if !chosen(f.Allowed, named) {
			return fmt.Sprintf("Option value '%v' is not valid", value)
		}
	case kind == "any" && !isText && named == nil:
		return "Operation value must be a string"
	}
	return ""
}

// chosen reports whether a value is one of a list, by ID, name or value, and what is below it too. [cloud] and [dc]: options have a value,
// versions, components and priorities a name.
func chosen(list []Choice, value map[string]any) bool {
	for _, c := range list {
		if value["id"] != c.ID && (c.Name == "" || value["name"] != c.Name) && (c.Value == "" || value["value"] != c.Value) {
			continue
		}
		child, has := value["child"].(map[string]any)
		return !has || chosen(c.Children, child)
	}
	return false
}

// known says what is wrong with a user. [cloud] accountId, and [dc] name.
func (j *Jira) known(value map[string]any) string {
	for _, p := range j.people {
		if p.Assignable && (j.cloud && value["accountId"] == p.AccountID || !j.cloud && value["name"] == p.Name) {
			return ""
		}
	}
	return "User does not exist, or cannot be assigned issues."
}

// text says what is wrong with a text. [text] 32,767 characters, of a summary 255 in one line; [cloud] what has several lines is a document.
func (j *Jira) text(f *Field, value any) string {
	long := strings.HasSuffix(f.Schema.Custom, ":textarea") || f.ID == "description" || f.ID == "environment"
	if long && j.cloud {
		return document(value)
	}
	text, ok := value.(string)
	n := len(utf16.Encode([]rune(text)))
	switch {
	case !ok:
		return "Operation value must be a string"
	case f.ID == "summary" && strings.ContainsAny(text, "\r\n"):
		return "The summary is invalid because it contains newline characters."
	case f.ID == "summary" && strings.TrimSpace(text) == "":
		return "You must specify a summary of the issue."
	case f.ID == "summary" && n > maxSummary:
		return "Summary must be less than 255 characters."
	case (f.ID == "labels" || strings.HasSuffix(f.Schema.Custom, ":labels")) && strings.ContainsAny(text, " \t"):
		return fmt.Sprintf("The label '%s' contains spaces which is invalid.", text)
	case f.ID == "labels" && n > maxLabel:
		return "The label is longer than 255 characters."
	case n > maxText:
		return "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
	}
	return ""
}

// document says what is wrong with a document: a node of the type doc in version 1 whose text is not too long. What stands in it is for
// Atlassian's own validator.
func document(value any) string {
	doc, ok := value.(map[string]any)
	if !ok || doc["type"] != "doc" || doc["version"] != float64(1) {
		return "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
	}
	if len(utf16.Encode([]rune(Text(value)))) > maxText {
		return "CONTENT_LIMIT_EXCEEDED: The entered text is too long. It exceeds the allowed limit of 32,767 characters."
	}
	return ""
}

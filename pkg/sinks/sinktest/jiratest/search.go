package jiratest

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// search answers queries. [search] In the Cloud the old resource is gone, and the new one pages by tokens, wants a query with a bound, and
// shows only the fields that are named; it is behind what is written for some time. [dc] Data Center pages by numbers.
func (j *Jira) search(c *call) answer {
	path := c.Method + " " + strings.Join(c.at, "/")
	switch {
	case j.cloud && len(c.at) == 1:
		return complain(410, "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.", nil)
	case j.cloud && path == "POST search/jql":
		return j.searchCloud(c)
	case !j.cloud && path == "POST search":
		return j.searchDataCenter(c)
	}
	return answer{404, nil}
}

func (j *Jira) searchDataCenter(c *call) answer {
	var body struct {
		JQL        string   `json:"jql"`
		Fields     []string `json:"fields"`
		MaxResults int      `json:"maxResults"`
		StartAt    int      `json:"startAt"`
	}
	if !c.read(&body) {
		return complain(400, "Can not construct the search from the body.", nil)
	}
	found, wrong := j.find(body.JQL)
	if wrong != "" {
		return complain(400, wrong, nil)
	}
	all := j.hits(found, body.Fields)
	start := min(max(body.StartAt, 0), len(all))
	end := min(start+min(j.page, body.MaxResults), len(all))
	return answer{200, object{"startAt": start, "maxResults": j.page, "total": len(all), "issues": all[start:end]}}
}

func (j *Jira) searchCloud(c *call) answer {
	var body struct {
		JQL        string   `json:"jql"`
		Fields     []string `json:"fields"`
		MaxResults int      `json:"maxResults"`
		Next       string   `json:"nextPageToken"`
		Reconcile  []int64  `json:"reconcileIssues"`
	}
	if !c.read(&body) {
		return complain(400, "Invalid request payload. Refer to the REST API documentation and try again.", nil)
	}
	found, wrong := j.find(body.JQL)
	if wrong != "" {
		return complain(400, wrong, nil)
	}
	start := 0
	if body.Next != "" {
		token, err := base64.StdEncoding.DecodeString(body.Next)
		if start, _ = strconv.Atoi(string(token)); err != nil || start == 0 {
			return complain(400, "The provided next page token is invalid or expired.", nil)
		}
	}
	all := j.hits(found, body.Fields)
	end := min(start+min(j.page, body.MaxResults), len(all))
	page := object{"issues": all[min(start, end):end], "isLast": end == len(all)}
	if end < len(all) {
		page["nextPageToken"] = base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(end)))
	}
	return answer{200, page}
}

// hits returns issues with the fields that were asked for.
func (j *Jira) hits(found []*Issue, fields []string) []any {
	all := []any{}
	for _, i := range found {
		shown := j.shown(i)
		if j.cloud && len(fields) == 0 {
			all = append(all, object{"id": i.ID}) // [search] nothing but IDs by default
			continue
		}
		some := object{}
		for _, name := range fields {
			if value, ok := shown["fields"].(object)[name]; ok {
				some[name] = value
			}
		}
		shown["fields"] = some
		all = append(all, shown)
	}
	return all
}

// clause is one condition of a query, of those that this site reads.
var clause = regexp.MustCompile(`^(project|labels|statusCategory) (=|!=) ("(?:[^"\\]|\\.)*"|[A-Za-z]+)$`)

// find reads a query: conditions with AND between them, the newest first.
func (j *Jira) find(jql string) (found []*Issue, wrong string) {
	conditions, order, _ := strings.Cut(jql, " ORDER BY ")
	if strings.TrimSpace(conditions) == "" {
		return nil, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
	}
	if order != "created DESC" {
		return nil, "Error in the JQL Query: ORDER BY " + order
	}
	var tests []func(*Issue) bool
	for condition := range strings.SplitSeq(conditions, " AND ") {
		m := clause.FindStringSubmatch(condition)
		if m == nil {
			return nil, "Error in the JQL Query: " + condition
		}
		value, err := strconv.Unquote(m[3])
		if err != nil {
			value = m[3]
		}
		if m[1] == "project" && value != Project {
			return nil, "The value '" + value + "' does not exist for the field 'project'."
		}
		tests = append(tests, func(i *Issue) bool {
			is := map[string]bool{
				"project": true, "labels": slices.Contains(i.Labels(), value), "statusCategory": strings.EqualFold(i.Status.Category, value),
			}[m[1]]
			return is == (m[2] == "=")
		})
	}
	for _, i := range slices.Backward(j.issues) {
		if !i.unindexed && !slices.ContainsFunc(tests, func(t func(*Issue) bool) bool { return !t(i) }) {
			found = append(found, i)
		}
	}
	return found, ""
}

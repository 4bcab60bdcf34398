package jiratest

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// ask makes one request as the user of the site, and returns the status and the body.
func ask(ctx context.Context, t *testing.T, j *Jira, method, path, body string, header ...string) (int, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, j.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(User, Password)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, said
}

// step is a request that a site takes, or refuses.
type step struct {
	method, path, body string
	status             int
}

// text is a text in the site's language.
func text(cloud bool, s string) string {
	if cloud {
		return `{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"` + s + `"}]}]}`
	}
	return `"` + s + `"`
}

// issue is the body of an issue with more fields.
func issue(more string) string {
	return `{"fields":{"project":{"key":"SEC"},"issuetype":{"id":"10004"},"summary":"s"` + more + `}}`
}

// steps are requests of all kinds.
func steps(cloud bool) []step {
	api, search, jql := "/rest/api/2/", "search", `"project = \"SEC\" ORDER BY created DESC"`
	if cloud {
		api, search = "/rest/api/3/", "search/jql"
	}
	return []step{
		{"GET", api + "myself", "", 200},
		{"GET", api + "attachment/meta", "", 200},
		{"GET", api + "issue/createmeta/SEC/issuetypes?startAt=0&maxResults=50", "", 200},
		{"GET", api + "issue/createmeta/SEC/issuetypes/10004?startAt=2&maxResults=50", "", 200},
		{"POST", api + "issue", issue(`,"description":` + text(cloud, "d") + `,"labels":["a"]`), 201},
		{"GET", api + "issue/SEC-1", "", 200},
		{"PUT", api + "issue/SEC-1", `{"fields":{"summary":"t"}}`, 204},
		{"POST", api + "issue/SEC-1/comment", `{"body":` + text(cloud, "c") + `}`, 201},
		{"GET", api + "issue/SEC-1/comment?orderBy=-created&maxResults=20&startAt=0", "", 200},
		{"GET", api + "issue/SEC-1/transitions", "", 200},
		{"POST", api + search, `{"jql":` + jql + `,"fields":["labels"],"maxResults":50}`, 200},
		{"GET", "/rest/agile/1.0/board?projectKeyOrId=SEC&startAt=0&maxResults=50", "", 200},
		{"GET", "/rest/agile/1.0/board/7/sprint?state=active,future&startAt=0&maxResults=50", "", 200},
		{"POST", "/rest/agile/1.0/sprint/41/issue", `{"issues":["SEC-1"]}`, 204},
	}
}

// TestRefusals: what Jira refuses is refused.
func TestRefusals(t *testing.T) {
	for _, cloud := range []bool{true, false} {
		j := New(cloud)
		defer j.Close()
		api := steps(cloud)[4].path
		other, old := "/rest/api/3/myself", "/rest/api/2/issue/createmeta"
		refused := []step{
			{"POST", api, issue(`,"customfield_99999":"x"`), 400},
			{"POST", api, issue(`,"priority":"High"`), 400},
			{"POST", api, issue(`,"priority":{"name":"Hgih"}`), 400},
			{"POST", api, issue(`,"labels":["two words"]`), 400},
			{"POST", api, issue(`,"labels":"a"`), 400},
			{"POST", api, issue(`,"assignee":{"emailAddress":"john@example.com"}`), 400},
			{"POST", api, issue(`,"description":7`), 400},
			{"POST", api, issue(`,"description":` + text(cloud, strings.Repeat("x", maxText+1))), 400},
			{"POST", api, strings.Replace(issue(""), `"s"`, `"`+strings.Repeat("x", 256)+`"`, 1), 400},
			{"POST", api, strings.Replace(issue(""), `"s"`, `"a\nb"`, 1), 400},
			{"POST", api, strings.Replace(issue(""), `"summary":"s"`, `"description":`+text(cloud, "d"), 1), 400},
			{"POST", api, strings.Replace(issue(""), "SEC", "OTHER", 1), 400},
			{"POST", api, strings.Replace(issue(""), `{"fields"`, `{"field"`, 1), 400},
			{"GET", api + "/SEC-9", "", 404},
			{"POST", api + "/SEC-1/comment", `{"body":` + text(cloud, "c") + `}`, 404},
			{"POST", "/rest/agile/1.0/sprint/44/issue", `{"issues":["SEC-1"]}`, 400},
			{"GET", "/rest/agile/1.0/board/8/sprint", "", 400},
		}
		if cloud {
			refused = append(refused, step{"POST", "/rest/api/3/search", `{"jql":"project = \"SEC\" ORDER BY created DESC"}`, 410},
				step{"POST", "/rest/api/3/search/jql", `{"jql":" ORDER BY created DESC","maxResults":5}`, 400})
			other, old = "/rest/api/2/myself", "/rest/api/3/issue/createmeta"
		}
		refused = append(refused, step{"GET", other, "", 404}, step{"GET", old, "", 404})
		for _, s := range refused {
			if status, said := ask(t.Context(), t, j, s.method, s.path, s.body); status != s.status {
				t.Errorf("%s: %s %s %.200s: %d %s", j.Kind(), s.method, s.path, s.body, status, said)
			}
		}
		if len(j.Issues()) > 0 {
			t.Errorf("%d issues", len(j.Issues()))
		}
		if status, _ := ask(t.Context(), t, j, "GET", strings.TrimSuffix(api, "issue")+"myself", "", "Authorization", "Basic eDp5"); status != 401 {
			t.Errorf("wrong credentials: %d", status)
		}
	}
}

// TestUploads: files need the header against forged requests.
func TestUploads(t *testing.T) {
	j := New(true)
	defer j.Close()
	if status, said := ask(t.Context(), t, j, "POST", "/rest/api/3/issue", issue("")); status != 201 {
		t.Fatalf("%d %s", status, said)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "a.html")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte("<p>"))
	_ = w.Close()
	for token, want := range map[string]int{"": 403, "nocheck": 403, "no-check": 200} {
		status, said := ask(t.Context(), t, j, "POST", "/rest/api/3/issue/SEC-1/attachments", body.String(), "Content-Type", w.FormDataContentType(), "X-Atlassian-Token", token)
		if status != want {
			t.Errorf("%q: %d %s", token, status, said)
		}
	}
}

// TestDescribed: what a site serves is what Atlassian describes: every path with its method, and every member of an answer.
func TestDescribed(t *testing.T) {
	vendors := os.Getenv("POSTEE_VENDORS")
	if vendors == "" {
		t.Skip("POSTEE_VENDORS names no folder")
	}
	for _, cloud := range []bool{true, false} {
		j := New(cloud)
		defer j.Close()
		files := []string{"jira-datacenter.json"}
		if cloud {
			files = []string{"jira-cloud.json", "jira-cloud-agile.json"}
		}
		var described descriptions
		for _, name := range files {
			described = append(described, load(t, filepath.Join(vendors, name)))
		}
		for _, s := range steps(cloud) {
			status, said := ask(t.Context(), t, j, s.method, s.path, s.body)
			if status != s.status {
				t.Errorf("%s: %s %s: %d %s", j.Kind(), s.method, s.path, status, said)
			}
			path, _, _ := strings.Cut(s.path, "?")
			described.check(t, s.method, path, status, said)
		}
	}
}

type descriptions []map[string]any

// load reads a description.
func load(t *testing.T, file string) map[string]any {
	t.Helper()
	p, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var d map[string]any
	if err := json.Unmarshal(p, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// in walks down the members of a value.
func in(v any, path ...string) any {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// check looks an answer up.
func (all descriptions) check(t *testing.T, method, path string, status int, said []byte) {
	t.Helper()
	for _, d := range all {
		paths, _ := d["paths"].(map[string]any)
		for template, operations := range paths {
			operation := in(operations, strings.ToLower(method))
			if !fits(template, path) || operation == nil {
				continue
			}
			if len(said) == 0 {
				return
			}
			var got any
			if err := json.Unmarshal(said, &got); err != nil {
				t.Errorf("%s %s: %v", method, path, err)
			}
			schema := in(operation, "responses", map[int]string{200: "200", 201: "201", 204: "204"}[status], "content", "application/json", "schema")
			members(t, method+" "+path, d, schema, got)
			return
		}
	}
	t.Errorf("%s %s is not described", method, path)
}

// fits reports whether a path is one of a template.
func fits(template, path string) bool {
	a, b := strings.Split(template, "/"), strings.Split(path, "/")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && !strings.HasPrefix(a[i], "{") {
			return false
		}
	}
	return true
}

// members checks that the members of an object are described, where its members are at all.
func members(t *testing.T, where string, d map[string]any, schema, got any) {
	t.Helper()
	if ref, ok := in(schema, "$ref").(string); ok {
		schema = in(d, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	object, isObject := got.(map[string]any)
	properties, has := in(schema, "properties").(map[string]any)
	if !isObject || !has {
		return
	}
	if list, ok := object["values"].([]any); ok && properties["values"] == nil {
		// The description of Data Center has what is on a page in the place of the page.
		for _, one := range list {
			members(t, where, d, schema, one)
		}
		return
	}
	for name := range object {
		if properties[name] == nil {
			t.Errorf("%s: the member %s is not described", where, name)
		}
	}
}

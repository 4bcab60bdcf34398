package nexusiqtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// exchange is one request, and what comes of it.
type exchange struct {
	method, path, body string
	// template is the path in Sonatype's description.
	template string
	status   int
}

const good = `{"$schema":"s","bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{"component":{"bom-ref":"a","type":"container","name":"x"}},` +
	`"components":[{"bom-ref":"b","type":"library","name":"y"}],"vulnerabilities":[{"id":"CVE-1","ratings":[{"severity":"high"}],"affects":[{"ref":"b"}]}]}`

// exchanges are what a client asks, well and badly, in this order.
func exchanges() []exchange {
	const app, missing = "4537e6fe68c24dd5ac83000000000001", "4537e6fe68c24dd5ac83000000000009"
	const scan = "9cee2b6366fc4d328edc000000000001"
	create := func(id, name, organization string) string {
		return fmt.Sprintf(`{"publicId":%q,"name":%q,"organizationId":%q}`, id, name, organization)
	}
	sources, status := "/api/v2/scan/applications/{applicationId}/sources/{source}", "/api/v2/scan/applications/{applicationId}/status/{scanRequestId}"
	applications, organizations := "/api/v2/applications", "/api/v2/organizations"
	return []exchange{
		{"GET", "/api/v2/organizations", "", organizations, 200},
		{"GET", "/iq/api/v2/applications?publicId=app", "", applications, 200},
		{"POST", "/api/v2/applications", create("app", "app", Organization), applications, 200},
		{"GET", "/api/v2/applications?publicId=app", "", applications, 200},
		{"POST", "/api/v2/scan/applications/" + app + "/sources/cyclonedx?stageId=release", good, sources, 202},
		{"GET", "/api/v2/scan/applications/" + app + "/status/" + scan, "", status, 404},
		{"GET", "/api/v2/scan/applications/" + app + "/status/" + scan, "", status, 200},
		{"POST", "/api/v2/applications", create("APP", "other", Organization), "", 400},
		{"POST", "/api/v2/applications", create("other", "app", Organization), "", 400},
		{"POST", "/api/v2/applications", create("b", "b", Unusable), "", 400},
		{"POST", "/api/v2/applications", create("a.b", "b", Organization), "", 400},
		{"POST", "/api/v2/applications", create(strings.Repeat("a", 201), "b", Organization), "", 400},
		{"POST", "/api/v2/applications", `{"publicId":"b","name":"b","organizationId":"` + Organization + `","owner":"me"}`, "", 400},
		{"POST", "/api/v2/applications", `{"publicId":"b"}`, "", 400},
		{"POST", "/api/v2/scan/applications/app/sources/cyclonedx", good, "", 404},
		{"POST", "/api/v2/scan/applications/" + missing + "/sources/cyclonedx", good, "", 404},
		{"POST", "/api/v2/scan/applications/" + app + "/sources/trivy", good, "", 400},
		{"POST", "/api/v2/scan/applications/" + app + "/sources/cyclonedx?stageId=test", good, "", 400},
		{"POST", "/api/v2/scan/applications/" + app + "/sources/cyclonedx", `{}`, "", 400},
		{"POST", "/api/v2/scan/applications/" + app + "/sources/cyclonedx", strings.Replace(good, `{"ref":"b"}`, `{"ref":"c"}`, 1), "", 400},
		{"POST", "/api/v2/scan/applications/" + app + "/sources/cyclonedx", strings.Replace(good, `"high"`, `"severe"`, 1), "", 400},
		{"POST", "/api/v2/scan/applications/" + app + "/sources/cyclonedx", strings.Replace(good, `"bom-ref":"b"`, `"bom-ref":"a"`, 1), "", 400},
		{"POST", "/api/v2/scan/applications/" + app + "/sources/cyclonedx", strings.Replace(good, `"library"`, `"package"`, 1), "", 400},
		{"GET", "/api/v2/scan/applications/" + app + "/sources/cyclonedx", "", "", 405},
		{"GET", "/api/v2/scan/applications/" + missing + "/status/" + scan, "", "", 404},
		{"DELETE", "/api/v2/applications", "", "", 405},
		{"GET", "/api/v2/reports", "", "", 404},
		{"GET", "/elsewhere", "", "", 404},
	}
}

// TestServer: the server takes what is right, refuses what is wrong, and answers in the words of Sonatype's description, where
// POSTEE_VENDORS names the folder with it.
func TestServer(t *testing.T) {
	s := &Server{}
	s.Evaluate(1, "Failure")
	web := httptest.NewServer(s)
	defer web.Close()
	api := described(t)
	for _, x := range exchanges() {
		said, p := ask(t, web.URL, x, Password)
		if said != x.status {
			t.Errorf("%s %s: %d %s, want %d", x.method, x.path, said, p, x.status)
		}
		if x.template != "" && api != nil {
			api.check(t, x, p)
		}
	}
	if said, _ := ask(t, web.URL, exchanges()[0], "wrong"); said != http.StatusUnauthorized {
		t.Errorf("a wrong password: %d", said)
	}
	if a, n := s.Applications(), s.Scans(); len(a) != 1 || len(n) != 1 || n[0].Application != "app" || n[0].Stage != "release" || string(n[0].Body) != good {
		t.Errorf("%+v, %+v", a, n)
	}
}

// ask makes one request, and returns the status and the body of the answer.
func ask(t *testing.T, base string, x exchange, password string) (int, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), x.method, base+x.path, strings.NewReader(x.body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(User, password)
	r.Header.Set("Content-Type", "application/json")
	said, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer said.Body.Close()
	p, err := io.ReadAll(said.Body)
	if err != nil {
		t.Fatal(err)
	}
	return said.StatusCode, p
}

// description is what is needed of an OpenAPI document.
type description struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct {
				Schema struct {
					Ref string `json:"$ref"`
				}
			}
		}
	}
	Components struct {
		Schemas map[string]struct{ Properties map[string]struct{} }
	}
}

// described reads Sonatype's description, nil where there is none.
func described(t *testing.T) *description {
	t.Helper()
	folder := os.Getenv("POSTEE_VENDORS")
	if folder == "" {
		return nil
	}
	p, err := os.ReadFile(filepath.Join(folder, "nexus-iq.json"))
	if err != nil {
		t.Fatal(err)
	}
	d := new(description)
	if err := json.Unmarshal(p, d); err != nil {
		t.Fatal(err)
	}
	return d
}

// check reports a status that the description does not have, and members of an answer that its schema does not.
func (d *description) check(t *testing.T, x exchange, body []byte) {
	t.Helper()
	response, ok := d.Paths[x.template][strings.ToLower(x.method)].Responses[fmt.Sprint(x.status)]
	if !ok {
		t.Errorf("%s %s has no answer %d", x.method, x.template, x.status)
	}
	media, ok := response.Content["application/json"]
	if !ok {
		return
	}
	schema := d.Components.Schemas[media.Schema.Ref[strings.LastIndexByte(media.Schema.Ref, '/')+1:]]
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil || len(schema.Properties) == 0 {
		t.Fatalf("%s %s: %v in %s", x.method, x.template, err, body)
	}
	for name := range members {
		if _, ok := schema.Properties[name]; !ok {
			t.Errorf("%s %s: the answer has %s, which %s has not", x.method, x.template, name, media.Schema.Ref)
		}
	}
}

package servicenowtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// ask makes a request, and returns the status and the answer without blanks at its ends.
func ask(i *Instance, method, path, body string) (int, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.SetBasicAuth("postee", "secret")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	i.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

// TestTheInstanceIsStrict: each rule does what is documented.
func TestTheInstanceIsStrict(t *testing.T) {
	i := &Instance{User: "postee", Password: "secret", Narrow: []string{"u_narrow"}}
	id := fmt.Sprintf("%032x", 0xabc001)
	const table = "/api/now/table/"
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", table + "incident?sysparm_fields=number,u_none", `{"short_description":"` + strings.Repeat("x", 200) + `","correlation_id":"k","u_none":"1","work_notes":"n"}`, 201, `{"result":{"number":"INC0010001"}}`},
		{"POST", table + "incident?sysparm_fields=number", `{"correlation_id":"l"}`, 201, `{"result":{"number":"INC0010002"}}`},
		{"GET", table + "incident?sysparm_query=correlation_id=k&sysparm_fields=number,work_notes", "", 200, `{"result":[{"number":"INC0010001","work_notes":""}]}`},
		{"GET", table + "incident?sysparm_query=u_none=k^ORDERBYDESCsys_created_on&sysparm_fields=number", "", 200, `{"result":[{"number":"INC0010002"},{"number":"INC0010001"}]}`},
		{"GET", table + "incident?sysparm_query=correlation_id=z&sysparm_limit=1", "", 200, `{"result":[]}`},
		{"GET", table + "nothing", "", 400, `{"error":{"detail":"","message":"Invalid table nothing"},"status":"failure"}`},
		{"GET", table + "incident/" + strings.Repeat("0", 32), "", 404, `{"error":{"detail":"Record doesn't exist or ACL restricts the record retrieval","message":"No Record found"},"status":"failure"}`},
		{"PATCH", table + "incident/" + id + "?sysparm_fields=state", `{"state":"6","close_notes":"n"}`, 403, `{"error":{"detail":"Data Policy Exception: The following fields are mandatory: Resolution code","message":"Operation Failed"},"status":"failure"}`},
		{"PATCH", table + "incident/" + id + "?sysparm_fields=state,active", `{"state":"6","close_code":"c","close_notes":"n","sys_id":"0"}`, 200, `{"result":{"active":"true","state":"6"}}`},
		{"PATCH", table + "incident/" + id + "?sysparm_fields=state,active", `{"state":"7"}`, 200, `{"result":{"active":"false","state":"7"}}`},
		{"POST", table + "u_narrow?sysparm_fields=number,correlation_id", `{"correlation_id":"k"}`, 201, `{"result":{"number":"INC0010003"}}`},
		{"POST", table + "incident", `{"a":1}`, 400, `{"error":{"detail":"The payload is not valid JSON","message":"Exception while reading request"},"status":"failure"}`},
		{"DELETE", table + "incident/" + id, "", 405, `{"error":{"detail":"","message":"Method not supported"},"status":"failure"}`},
		{"GET", "/api/now/attachment", "", 400, `{"error":{"detail":"/api/now/attachment","message":"Requested URI does not represent any resource"},"status":"failure"}`},
	} {
		if status, got := ask(i, c.method, c.path, c.body); status != c.status || got != c.want {
			t.Errorf("%s %s: %d %s\nwant %d %s", c.method, c.path, status, got, c.status, c.want)
		}
	}
	first := i.Records("incident")[0]
	if len(first.Columns["short_description"]) != 160 || len(first.Notes) != 1 || first.Columns["closed_at"] == "" || first.Columns["resolved_at"] == "" {
		t.Errorf("%+v", first)
	}
	if !i.Set("INC0010001", map[string]string{"state": "2"}) || i.Set("INC0", nil) || i.Records("incident")[0].Columns["active"] != "true" {
		t.Error("what a person wrote is not there")
	}
	i.Password = "another"
	if status, _ := ask(i, "GET", table+"incident", ""); status != 401 || i.Requests() != 14 {
		t.Errorf("%d, %d requests", status, i.Requests())
	}
}

// TestFaults: what goes wrong is done, done later, or not done.
func TestFaults(t *testing.T) {
	i := &Instance{User: "postee", Password: "secret", Denied: []string{"PATCH"}}
	for _, c := range []struct {
		fault   Fault
		aborts  bool
		records int
	}{{Fault{Status: 429, Wait: 7}, false, 0}, {Fault{Drop: true}, true, 0}, {Fault{Late: true}, true, 0}, {Fault{Cut: true}, true, 1}} {
		i.Fail(func(*http.Request) Fault { return c.fault })
		aborted := func() (aborted bool) {
			defer func() { aborted = recover() != nil }()
			ask(i, "POST", "/api/now/table/incident", `{}`)
			return false
		}()
		if n := len(i.Records("incident")); aborted != c.aborts || n != c.records {
			t.Errorf("%+v: aborted %v, %d records", c.fault, aborted, n)
		}
	}
	if i.Settle(); len(i.Records("incident")) != 2 {
		t.Error("what was late is not there")
	}
	i.Fail(nil)
	if status, said := ask(i, "PATCH", "/api/now/table/incident/"+i.Records("incident")[0].Columns["sys_id"], `{}`); status != 403 || !json.Valid([]byte(said)) {
		t.Errorf("%d %s", status, said)
	}
}

package servicenowtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// refusal is an error of the Table API.
type refusal struct {
	status          int
	message, detail string
}

// ServeHTTP answers a request to the Table API. What stands before /api/now is the path of a gateway.
func (i *Instance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	i.lock.Lock()
	defer i.lock.Unlock()
	if !i.authorised(r) {
		refuse(w, &refusal{http.StatusUnauthorized, "User Not Authenticated", "Required to provide Auth information"})
		return
	}
	i.requests++
	var fault Fault
	if i.fault != nil {
		fault = i.fault(r)
	}
	switch {
	case fault.Status != 0:
		if fault.Wait > 0 { // rates: Response headers
			w.Header().Set("Retry-After", strconv.Itoa(fault.Wait))
		}
		refuse(w, &refusal{fault.Status, http.StatusText(fault.Status), ""})
		return
	case fault.Late:
		i.late = append(i.late, func() { i.act(r, body) })
		panic(http.ErrAbortHandler)
	case fault.Drop:
		panic(http.ErrAbortHandler)
	}
	status, result, no := i.act(r, body)
	if fault.Cut {
		panic(http.ErrAbortHandler)
	}
	if no != nil {
		refuse(w, no)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"result": result})
}

// authorised reports whether a request has the credentials (Table API, "Security": basic authentication or OAuth).
func (i *Instance) authorised(r *http.Request) bool {
	if i.Token != "" {
		return r.Header.Get("Authorization") == "Bearer "+i.Token
	}
	user, password, ok := r.BasicAuth()
	return ok && user == i.User && password == i.Password
}

// refuse answers with an error (Table API, "HTTP status codes").
func refuse(w http.ResponseWriter, no *refusal) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(no.status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": no.message, "detail": no.detail}, "status": "failure"})
}

// address is a request's path: the table, and a record.
var address = regexp.MustCompile(`^.*?/api/now/table/([^/]+)(?:/([^/]+))?$`)

// act does what a request asks for, and returns status and result.
func (i *Instance) act(r *http.Request, body []byte) (int, any, *refusal) {
	at := address.FindStringSubmatch(r.URL.Path)
	if at == nil {
		return 0, nil, &refusal{http.StatusBadRequest, "Requested URI does not represent any resource", r.URL.Path}
	}
	table, id := at[1], at[2]
	switch {
	case !knows(table):
		return 0, nil, &refusal{http.StatusBadRequest, "Invalid table " + table, ""}
	case !strings.Contains(r.Header.Get("Accept"), "json"):
		return 0, nil, &refusal{http.StatusNotAcceptable, "Not Acceptable", "the answers here are JSON"}
	case slices.Contains(i.Denied, r.Method):
		return 0, nil, &refusal{http.StatusForbidden, "Operation Failed", "ACL Exception " + r.Method + " Failed due to security constraints"}
	}
	var record *Record
	if id != "" {
		at := slices.IndexFunc(i.tables[table], func(r *Record) bool { return r.Columns["sys_id"] == id })
		if at < 0 {
			return 0, nil, &refusal{http.StatusNotFound, "No Record found", "Record doesn't exist or ACL restricts the record retrieval"}
		}
		record = i.tables[table][at]
	}
	switch {
	case r.Method == http.MethodGet && record == nil:
		return http.StatusOK, i.list(table, r), nil
	case r.Method == http.MethodGet:
		return http.StatusOK, i.view(table, record, r), nil
	case r.Method == http.MethodPost && id == "", (r.Method == http.MethodPatch || r.Method == http.MethodPut) && record != nil:
		return i.change(table, record, r, body)
	}
	return 0, nil, &refusal{http.StatusMethodNotAllowed, "Method not supported", ""}
}

// change makes or changes a record.
func (i *Instance) change(table string, record *Record, r *http.Request, body []byte) (int, any, *refusal) {
	var columns map[string]string
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return 0, nil, &refusal{http.StatusUnsupportedMediaType, "Unsupported Media Type", ""}
	}
	if err := json.Unmarshal(body, &columns); err != nil {
		return 0, nil, &refusal{http.StatusBadRequest, "Exception while reading request", "The payload is not valid JSON"}
	}
	if no := policy(table, record, columns); no != nil {
		return 0, nil, no
	}
	if record == nil {
		return http.StatusCreated, i.view(table, i.insert(table, columns), r), nil
	}
	if i.Fixed && record.Columns["active"] == "false" {
		delete(columns, "state")
	}
	i.write(table, record, columns)
	return http.StatusOK, i.view(table, record, r), nil
}

// policy returns the data policy of stock instances: a resolved or closed incident has a code and a note (policies).
func policy(table string, record *Record, columns map[string]string) *refusal {
	if state := columns["state"]; table != "incident" || state != "6" && state != "7" {
		return nil
	}
	for column, label := range map[string]string{"close_code": "Resolution code", "close_notes": "Resolution notes"} {
		if columns[column] == "" && (record == nil || record.Columns[column] == "") {
			return &refusal{http.StatusForbidden, "Operation Failed", fmt.Sprintf("Data Policy Exception: The following fields are mandatory: %s", label)}
		}
	}
	return nil
}

// list returns the records that a query finds, in its order.
func (i *Instance) list(table string, r *http.Request) []map[string]string {
	list := slices.Clone(i.tables[table])
	for term := range strings.SplitSeq(r.URL.Query().Get("sysparm_query"), "^") {
		if column, ok := strings.CutPrefix(term, "ORDERBYDESC"); ok && i.has(table, column) {
			slices.Reverse(list) // they were made in order; the only column that is asked for here is sys_created_on
			continue
		}
		column, value, found := strings.Cut(term, "=")
		if !found || !i.has(table, column) {
			continue // queries: a term that is not valid is left out, unless glide.invalid_query.returns_no_rows is set
		}
		list = slices.DeleteFunc(list, func(r *Record) bool { return r.Columns[column] != value })
	}
	if limit, err := strconv.Atoi(r.URL.Query().Get("sysparm_limit")); err == nil && limit < len(list) {
		list = list[:limit]
	}
	shown := []map[string]string{}
	for _, record := range list {
		shown = append(shown, i.view(table, record, r))
	}
	return shown
}

// view returns a record with the columns that are asked for; those that there are not are left out (Table API, sysparm_fields).
func (i *Instance) view(table string, record *Record, r *http.Request) map[string]string {
	asked := strings.Split(r.URL.Query().Get("sysparm_fields"), ",")
	shown := make(map[string]string)
	for column := range taskColumns() {
		if i.has(table, column) && (asked[0] == "" || slices.Contains(asked, column)) {
			shown[column] = record.Columns[column] // a journal is empty here (sysparm_display_value is false)
		}
	}
	return shown
}

package servicenow

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// api is the Table API of an instance, for one table
// (https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html).
type api struct {
	client *sinks.Client
	table  string
}

// row is a record as far as it is looked at. The Table API writes every value as a string, and leaves out columns that there are not.
type row struct {
	ID       string `json:"sys_id"`
	Number   string `json:"number"`
	Active   string `json:"active"`
	State    string `json:"state"`
	Code     string `json:"close_code"`
	Closed   string `json:"closed_at"`
	Resolved string `json:"resolved_at"`
	Name     string `json:"correlation_id"`
	Told     string `json:"correlation_display"`
}

// columns returns what a row is made of.
func columns() string {
	return "sys_id,number,active,state,close_code,closed_at,resolved_at,correlation_id,correlation_display"
}

// mostFound is how many records of one name are looked at: there is one, and one more for each time that it was not opened again.
const mostFound = 20

// systemID is how the ID of a record looks. What comes from the state or the answer goes into a path only when it does.
var systemID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// ref returns what people call the record.
func (r *row) ref() string {
	if r.Number != "" {
		return r.Number
	}
	return r.ID
}

// errForeign is that ServiceNow looked for something else: terms of a query that it does not know are left out, and other rows come back.
var errForeign = errors.New("ServiceNow was asked for a correlation_id and answers with other records: the table has no such column, or the user may not read it")

// find returns the record of that name, an open one before others, the latest before older ones; nil when there is none.
func (a *api) find(ctx context.Context, name string) (*row, error) {
	answer, err := a.client.Do(ctx, a.get("", url.Values{
		"sysparm_query": {columnName + "=" + name + "^ORDERBYDESCsys_created_on"}, "sysparm_limit": {strconv.Itoa(mostFound)}, "sysparm_fields": {columns()},
	}))
	if err != nil {
		return nil, err
	}
	var said struct {
		Result []row `json:"result"`
	}
	if err := read(answer, &said); err != nil {
		return nil, err
	}
	var found *row
	for i := range said.Result {
		r := &said.Result[i]
		if r.Name != name || !systemID.MatchString(r.ID) {
			return nil, &sinks.Failure{Verdict: sinks.Hold, Err: errForeign}
		}
		if found == nil || !found.open(a.table) && r.open(a.table) {
			found = r
		}
	}
	return found, nil
}

// record returns the record of that ID.
func (a *api) record(ctx context.Context, id string) (*row, error) {
	return a.one(ctx, a.get(id, url.Values{"sysparm_fields": {columns()}}))
}

// get returns a request for the record of that ID, or for the table.
func (a *api) get(id string, query url.Values) sinks.Request {
	return a.request(http.MethodGet, id, query, nil)
}

// create makes a record of a body and members, and returns it with the columns of those names that it has.
func (a *api) create(ctx context.Context, body []byte, members map[string]string, asked []string) (*row, map[string]jsontext.Value, error) {
	names := columns()
	for _, name := range asked {
		if !strings.Contains(","+names+",", ","+name+",") {
			names += "," + name
		}
	}
	request := a.request(http.MethodPost, "", url.Values{"sysparm_fields": {names}}, body)
	request.Members = members
	request.MaxAnswer = maxRecord
	answer, err := a.client.Do(ctx, request)
	if err != nil {
		return nil, nil, err
	}
	made, err := rowOf(answer)
	if err != nil {
		return nil, nil, err
	}
	var said struct {
		Result map[string]jsontext.Value `json:"result"`
	}
	return made, said.Result, read(answer, &said)
}

// update writes columns into the record of that ID, and returns it.
func (a *api) update(ctx context.Context, id string, changes map[string]string) (*row, error) {
	return a.one(ctx, a.request(http.MethodPatch, id, url.Values{"sysparm_fields": {columns()}}, part("", changes).Body))
}

// maxRecord bounds the answer that has a whole record in it, in bytes.
const maxRecord = 4 << 20

// request returns a request about the record of that ID, or about the table.
func (a *api) request(method, id string, query url.Values, body []byte) sinks.Request {
	path := "api/now/table/" + url.PathEscape(a.table)
	if id != "" {
		path += "/" + url.PathEscape(id)
	}
	query.Set("sysparm_exclude_reference_link", "true")
	r := sinks.Request{Method: method, Path: path, Query: query, Body: body, Header: http.Header{"Accept": {mediaType}}}
	if body != nil {
		r.MediaType = mediaType
	}
	return r
}

// one makes a request that is answered with one record.
func (a *api) one(ctx context.Context, r sinks.Request) (*row, error) {
	answer, err := a.client.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	return rowOf(answer)
}

// rowOf reads the record of an answer.
func rowOf(answer *sinks.Answer) (*row, error) {
	var said struct {
		Result row `json:"result"`
	}
	if err := read(answer, &said); err != nil {
		return nil, err
	}
	if !systemID.MatchString(said.Result.ID) {
		return nil, errForeignAnswer
	}
	return &said.Result, nil
}

// errForeignAnswer is that something else answered.
var errForeignAnswer = errors.New("the answer is not ServiceNow's: is a proxy between, or does the instance sleep?")

// read reads an answer: an object with a result.
func read(answer *sinks.Answer, into any) error {
	if err := json.Unmarshal(answer.Body, into, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)); err != nil {
		return errForeignAnswer
	}
	return nil
}

// States of incidents: https://www.servicenow.com/docs/r/it-service-management/incident-management/c_IncidentManagementStateModel.html
const (
	stateResolved = "6"
	stateClosed   = "7"
	stateCanceled = "8"
)

// open reports whether a record waits for somebody. A resolved incident is active still, until it is closed by itself some days later.
func (r *row) open(table string) bool {
	if table == incident && slices.Contains([]string{stateResolved, stateClosed, stateCanceled}, r.State) {
		return false
	}
	return r.Active != "false"
}

// declined reports whether a person closed the record as not to be done: a canceled incident, a task that was closed incomplete (4) or
// skipped (7), or a code that says that it was not solved.
func (r *row) declined(table string) bool {
	if r.open(table) {
		return false
	}
	code := strings.ToLower(r.Code)
	if strings.HasPrefix(code, "not solved") || code == "no resolution provided" {
		return true
	}
	return r.State == stateCanceled || table != incident && (r.State == "4" || r.State == "7")
}

// moment is how ServiceNow writes times, in UTC.
const moment = time.DateTime

// life returns the record as the life of tickets sees it; nil when there is none. One that is closed was opened by this very message only where
// an attempt of it is in doubt: after a loss of the state, a message has the key of one of long ago.
func (r *row) life(table string, d *sinks.Delivery) *ticket.Found {
	if r == nil {
		return nil
	}
	found := &ticket.Found{Open: r.open(table), Declined: r.declined(table)}
	own := openedBy(r.Told) == d.Key || r.Name == ticket.Prefix+d.Key // the second: each message has a name of its own
	found.Own = own && (found.Open || !d.Unsure.IsZero())
	for _, text := range []string{r.Resolved, r.Closed} {
		// A time that cannot be read is none.
		if at, err := time.Parse(moment, text); err == nil && !found.Open {
			found.Closed = at
		}
	}
	return found
}

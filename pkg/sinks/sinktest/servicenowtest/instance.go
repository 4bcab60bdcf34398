// Package servicenowtest is an instance of ServiceNow that keeps its records in memory and is as strict, and as silent, as the real one.
// Each rule names where it is documented:
//
//   - Table API: https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html
//   - states: https://www.servicenow.com/docs/r/it-service-management/incident-management/c_IncidentManagementStateModel.html
//   - queries: https://www.servicenow.com/docs/r/platform-user-interface/c_EncodedQueryStrings.html
//   - rates: https://www.servicenow.com/docs/r/api-reference/rest-api-explorer/inbound-REST-API-rate-limiting.html
//   - journals: https://www.servicenow.com/docs/r/platform-administration/c_JournalFields.html
//   - policies: https://www.servicenow.com/docs/r/platform-administration/c_DataPolicy.html
package servicenowtest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is what happens to a request instead of, or besides, what it asks for.
type Fault struct {
	// Status, if not 0, answers with it, and does nothing.
	Status int
	// Wait is the Retry-After of that answer, in seconds; 0 is none.
	Wait int
	// Drop ends the connection without an answer, before anything is done.
	Drop bool
	// Cut does what is asked, and ends the connection without an answer. With Late, it is done at [Instance.Settle].
	Cut, Late bool
}

// Instance is one instance. The zero value takes the user postee with the password that is "".
type Instance struct {
	// User and Password, or Token, authorise.
	User, Password, Token string
	// Denied are methods that the user may not use: POST, PATCH.
	Denied []string
	// Narrow are tables without the columns correlation_id and correlation_display.
	Narrow []string
	// Fixed keeps closed records as they are, without a word, as business rules of sites do.
	Fixed bool

	lock     sync.Mutex
	fault    func(*http.Request) Fault
	tables   map[string][]*Record
	late     []func()
	requests int
	number   int
}

// Record is a record, with the values of its columns and its work notes, oldest first.
type Record struct {
	Columns map[string]string
	Notes   []string
}

// clone returns the record as it is now.
func (r *Record) clone() Record { return Record{maps.Clone(r.Columns), slices.Clone(r.Notes)} }

// taskColumns returns those of the tables, and how many characters they hold: stock values of task and incident; 0 is no bound. What is
// longer is cut (Table API, "Create a record"; the length is the dictionary's).
func taskColumns() map[string]int {
	return map[string]int{
		"sys_id": 32, "number": 40, "short_description": 160, "description": 4000, "work_notes": 0, "impact": 40, "urgency": 40, "priority": 40, "state": 40,
		"active": 40, "opened_at": 40, "closed_at": 40, "resolved_at": 40, "close_code": 40, "close_notes": 4000, "correlation_id": 100, "correlation_display": 100,
		"category": 40, "subcategory": 40, "caller_id": 32, "assignment_group": 32, "assigned_to": 32, "sys_created_on": 40, "u_image": 100,
	}
}

// Records returns the records of a table, oldest first.
func (i *Instance) Records(table string) []Record {
	i.lock.Lock()
	defer i.lock.Unlock()
	var list []Record
	for _, r := range i.tables[table] {
		list = append(list, r.clone())
	}
	return list
}

// Requests returns how many requests came that were authorised.
func (i *Instance) Requests() int {
	i.lock.Lock()
	defer i.lock.Unlock()
	return i.requests
}

// Set writes columns of a record as a person does, past all rules; it reports whether there is one of that number.
func (i *Instance) Set(number string, columns map[string]string) bool {
	i.lock.Lock()
	defer i.lock.Unlock()
	for table, records := range i.tables {
		for _, r := range records {
			if r.Columns["number"] == number {
				maps.Copy(r.Columns, columns)
				settle(table, r)
				return true
			}
		}
	}
	return false
}

// Fail has each request from now on go wrong as the function says; nil has none.
func (i *Instance) Fail(fault func(*http.Request) Fault) {
	i.lock.Lock()
	defer i.lock.Unlock()
	i.fault = fault
}

// Settle does what was cut off and late.
func (i *Instance) Settle() {
	i.lock.Lock()
	defer i.lock.Unlock()
	for _, do := range i.late {
		do()
	}
	i.late = nil
}

// knows reports whether there is a table of that name: incident, task, and those of sites, u_….
func knows(table string) bool {
	return slices.Contains([]string{"incident", "task", "sc_task"}, table) || strings.HasPrefix(table, "u_")
}

// has reports whether a table has a column.
func (i *Instance) has(table, column string) bool {
	if strings.HasPrefix(column, "correlation_") && slices.Contains(i.Narrow, table) {
		return false
	}
	_, ok := taskColumns()[column]
	return ok
}

// insert makes a record.
func (i *Instance) insert(table string, columns map[string]string) *Record {
	if i.tables == nil {
		i.tables = make(map[string][]*Record)
	}
	i.number++
	r := &Record{Columns: map[string]string{
		"sys_id": fmt.Sprintf("%032x", 0xabc000+i.number), "number": fmt.Sprintf("INC%07d", 10000+i.number), "state": "1", "active": "true",
		"sys_created_on": time.Now().UTC().Format(time.DateTime),
	}}
	i.write(table, r, columns)
	i.tables[table] = append(i.tables[table], r)
	return r
}

// write writes columns into a record. Unknown ones are left out without a word (Table API, "Create a record").
func (i *Instance) write(table string, r *Record, columns map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		value := columns[name]
		length := taskColumns()[name]
		switch {
		case !i.has(table, name) || name == "sys_id" || name == "number" || name == "active":
		case name == "work_notes": // journals: each value is another entry
			if value != "" {
				r.Notes = append(r.Notes, value)
			}
		case len([]rune(value)) > length:
			r.Columns[name] = string([]rune(value)[:length])
		default:
			r.Columns[name] = value
		}
	}
	settle(table, r)
}

// settle sets what follows from the state (states: a resolved incident is active until it is closed).
func settle(table string, r *Record) {
	state, now := r.Columns["state"], time.Now().UTC().Format(time.DateTime)
	closed := state == "7" || state == "8" || table != "incident" && (state == "3" || state == "4")
	r.Columns["active"] = fmt.Sprint(!closed)
	for column, done := range map[string]bool{"closed_at": closed, "resolved_at": table == "incident" && state == "6"} {
		switch {
		case !done && column == "closed_at", !done && !closed:
			r.Columns[column] = ""
		case done && r.Columns[column] == "":
			r.Columns[column] = now
		}
	}
}

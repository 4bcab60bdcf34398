package servicenow

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// concurrent is how many requests an instance gets at once: its own limits are so many an hour.
const concurrent = 4

// incident is the table unless another is named: the one whose states are known.
const incident = "incident"

// The formats of work notes.
const (
	formatHTML = "html"
	formatText = "text"
)

// Columns that are written here.
const (
	columnShort    = "short_description"
	columnText     = "description"
	columnNotes    = "work_notes"
	columnImpact   = "impact"
	columnUrgency  = "urgency"
	columnState    = "state"
	columnOpened   = "opened_at"
	columnName     = "correlation_id"
	columnTold     = "correlation_display"
	columnSystemID = "sys_id"
	columnNumber   = "number"
)

// Config is a ServiceNow target's part of the configuration.
type Config struct {
	sinks.HTTP `cfg:",inline"`
	// Instance is XXX of https://XXX.service-now.com; URL is another address.
	Instance string       `cfg:"instance" doc:"XXX of https://XXX.service-now.com; or give url."`
	URL      sinks.Secret `cfg:"url" doc:"The instance's address, instead of instance."`
	// User and Password authorise, or Token (OAuth).
	User     string       `cfg:"user" doc:"The user who writes records."`
	Password sinks.Secret `cfg:"password" doc:"The user's password."`
	Token    sinks.Secret `cfg:"token" doc:"An OAuth token, instead of user and password."`
	// Board is the table; "" is incident.
	Board string `cfg:"board" doc:"The table in which records are made." default:"incident"`
	// Format is what work notes are written in: html ("") or text.
	Format string `cfg:"format" doc:"What work notes are written in." enum:"html,text" default:"html"`
	// Fields are more columns of a new record. They win over what is written without them.
	Fields map[string]string `cfg:"fields" doc:"More columns of a new record."`
	// Ticket is the life of a record. Its Transition is the value of state that closes one.
	Ticket ticket.Config `cfg:"ticket" doc:"The life of a record; its transition is the value of state that closes one."`
	// CloseFields are columns that are written when a record is closed, ReopenFields when one is opened again.
	CloseFields  map[string]string `cfg:"close-fields" doc:"Columns that are written when a record is closed."`
	ReopenFields map[string]string `cfg:"reopen-fields" doc:"Columns that are written when a record is opened again."`
}

// Names of instances, tables and columns.
var (
	instanceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,62}$`)
	tableName    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,79}$`)
)

// own returns the columns that nobody else can set.
func own() []string {
	return []string{columnNotes, columnName, columnTold, columnSystemID, columnNumber}
}

// Validate returns what is wrong with the address, the credentials, the table, the columns and the life of records.
func (c *Config) Validate() []sinks.Problem {
	var list []sinks.Problem
	add := func(key, text string) { list = append(list, sinks.Problem{Key: key, Text: text}) }
	switch {
	case c.Instance != "" && !c.URL.Empty():
		add("instance", "stands beside url: give one or the other")
	case c.Instance != "" && !instanceName.MatchString(c.Instance):
		add("instance", "must be the first part of the address alone: XXX of https://XXX.service-now.com")
	}
	if c.User == "" && c.Password.Empty() && c.Token.Empty() {
		add("user", "missing: give user and password, or token")
	}
	if !tableName.MatchString(c.table()) {
		add("board", "must be the name of a table: small letters, digits and _")
	}
	if !c.format(formatHTML) && !c.format(formatText) {
		add("format", "must be html or text")
	}
	list = append(list, c.validateColumns()...)
	list = append(list, c.validateLife()...)
	endpoint := c.endpoint()
	if c.Instance != "" && len(list) > 0 {
		endpoint.URL = sinks.NewSecret("https://example.com") // what is wrong with it is said already
	}
	return slices.Concat(list, c.HTTP.Validate(endpoint))
}

// validateColumns returns what is wrong with the names of columns.
func (c *Config) validateColumns() []sinks.Problem {
	var list []sinks.Problem
	add := func(key, text string) { list = append(list, sinks.Problem{Key: key, Text: text}) }
	for _, m := range []struct {
		key     string
		columns map[string]string
	}{{"fields", c.Fields}, {"close-fields", c.CloseFields}, {"reopen-fields", c.ReopenFields}} {
		for _, name := range slices.Sorted(maps.Keys(m.columns)) {
			switch {
			case !tableName.MatchString(name):
				add(m.key+"."+name, "is not the name of a column: small letters, digits and _")
			case slices.Contains(own(), name):
				add(m.key+"."+name, "is set by postee: remove it")
			}
		}
	}
	return list
}

// validateLife returns what is wrong with how records are closed and opened again.
func (c *Config) validateLife() []sinks.Problem {
	list := c.Ticket.Validate()
	add := func(key, text string) { list = append(list, sinks.Problem{Key: key, Text: text}) }
	reopens := c.Ticket.Reopen != ticket.Reopen{}
	switch {
	case len(c.CloseFields) > 0 && !c.closes():
		add("close-fields", "means something with ticket.on-fixed: close only")
	case c.CloseFields[columnState] != "" && c.Ticket.Transition != "":
		add("close-fields."+columnState, "stands beside ticket.transition: remove one of them")
	case c.closes() && c.closing()[columnState] == "":
		add("ticket.transition", "missing: give the value of state that closes a record of the table "+c.table())
	}
	switch {
	case len(c.ReopenFields) > 0 && !reopens:
		add("reopen-fields", "means something with ticket.reopen only")
	case reopens && c.opening()[columnState] == "":
		add("reopen-fields", "missing: give the value of state that opens a record of the table "+c.table()+" again, {state: …}")
	}
	return list
}

// format reports whether work notes are written in that.
func (c *Config) format(name string) bool {
	return strings.EqualFold(c.Format, name) || name == formatHTML && c.Format == ""
}

// table returns the table's name.
func (c *Config) table() string {
	if c.Board == "" {
		return incident
	}
	return strings.TrimSpace(c.Board)
}

// closes reports whether records are closed.
func (c *Config) closes() bool {
	return c.Ticket.Updates() && strings.EqualFold(c.Ticket.OnFixed, "close")
}

// closing returns the columns of a record that is closed. Incidents are resolved, which people can undo, and not closed for good; stock
// instances ask for a code and a note.
func (c *Config) closing() map[string]string {
	columns := make(map[string]string)
	if c.table() == incident {
		columns = map[string]string{columnState: "6", "close_code": "Solution provided", "close_notes": "postee: nothing is left of what was found"}
	}
	maps.Copy(columns, c.CloseFields)
	if c.Ticket.Transition != "" {
		columns[columnState] = c.Ticket.Transition
	}
	return columns
}

// opening returns the columns of a record that is opened again: an incident is in progress then.
func (c *Config) opening() map[string]string {
	columns := make(map[string]string)
	if c.table() == incident {
		columns[columnState] = "2"
	}
	maps.Copy(columns, c.ReopenFields)
	return columns
}

// endpoint returns the instance with the credentials.
func (c *Config) endpoint() sinks.Endpoint {
	address, key := c.URL, "url"
	if c.Instance != "" {
		address, key = sinks.NewSecret("https://"+c.Instance+".service-now.com"), "instance"
	}
	return sinks.Endpoint{
		URL: address, Key: key, Credentials: sinks.Credentials{User: c.User, Password: c.Password, Token: c.Token},
		Reserved: []string{"Accept", "Content-Type"},
	}
}

// Needs asks for what is open where records live.
func (c *Config) Needs() sinks.Needs { return c.Ticket.Needs(sinks.Needs{Concurrent: concurrent}) }

// Open makes the sink.
func (c *Config) Open(env sinks.Env) (sinks.Sink, error) {
	if err := sinks.Invalid(c.Validate()); err != nil {
		return nil, err
	}
	client, err := c.Client(c.endpoint(), env)
	if err != nil {
		return nil, err
	}
	now := env.Now
	if now == nil {
		now = time.Now
	}
	p := planner{aquaServer: env.AquaServer, plain: c.format(formatText), fields: c.Fields, lives: c.Ticket.Updates(), closes: c.closes(), closing: c.closing()}
	return &sink{planner: p, api: api{client, c.table()}, ticket: c.Ticket, opening: c.opening(), now: now}, nil
}

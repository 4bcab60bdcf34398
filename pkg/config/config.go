package config

import (
	"reflect"
	"strconv"
	"time"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
)

// Options is what the configuration may use of the process.
type Options struct {
	// Lookup returns a variable of the environment, and whether it is set; nil is an empty environment.
	Lookup func(string) (string, bool)
	// Resolve is for commands that send: a reference of an enabled entry that is unset, empty or unreadable is then a problem.
	// Otherwise such an entry is left unvalidated.
	Resolve bool
}

// file is a file that was understood, in either form.
type file struct {
	// Path is the file, absolute; named is what the user called it.
	Path   string
	named  string
	Common Common
	// Routes and Targets are in the order of the file, disabled ones included. An entry of the list form is one of each.
	Routes  []routeEntry
	Targets []targetEntry
	// Filters is where a route's input-files are, absolute; "" is a folder beside the file.
	Filters string
	// Templates is where the packages of templates are, absolute.
	Templates string
	// Notes and Needs are those of [Setup].
	Notes []Note
	Needs []string
}

// Common is the entry of type common: what holds for the whole program.
type Common struct {
	// AquaServer is the console that messages link to, without a slash at the end; "" is none.
	AquaServer string
	// MaxDBSize bounds the state, in bytes; 0 is no bound.
	MaxDBSize int64
	// DeleteOldData is how long a subject may go unseen before it is forgotten; 0 is for ever.
	DeleteOldData time.Duration
	// MaxAge is how old a message may be and still be tried again; 0 leaves it to others to say.
	MaxAge time.Duration
	// Subject names what a rescan is a rescan of, as that of a route does: for the gate, and for routes that have none; nil is the
	// artifact's own name.
	Subject []string
	// State is the file of the state: absolute, or "none" for memory only; "" leaves it to others to say.
	State string
}

// targetEntry is a target.
type targetEntry struct {
	// Name is unique among the file's targets. Type is in lower case.
	Name, Type string
	// Line and Column are where the entry begins.
	Line, Column int
	Enabled      bool
	// Config is nil when the type is unknown. It has been validated when the entry is enabled and all it refers to is there.
	Config sinks.Config
}

// routeEntry is a route.
type routeEntry struct {
	// Name is unique among the file's routes.
	Name string
	// Line and Column are where the entry begins.
	Line, Column int
	// Enabled is false for an entry of the list form that is switched off, and for a route all of whose actions are.
	Enabled bool
	Filters Filters
	// Actions are the names of the targets that it tells, in order. Serialize makes each wait for the one before.
	Actions   []string
	Serialize bool
	// Template is the one that it names, nil for none.
	Template *templateEntry
}

// Value is what a key says, and where.
type Value[T any] struct {
	// Set reports whether the key is there and not blank.
	Set bool
	// Key is the key as the user wrote it, at Line and Column; both count from 1.
	Key          string
	Line, Column int
	V            T
}

// inner returns where the value goes; see marked.
func (v *Value[T]) inner() reflect.Value { return reflect.ValueOf(&v.V).Elem() }

// mark remembers where the value came from.
func (v *Value[T]) mark(key string, line, column int) {
	v.Set, v.Key, v.Line, v.Column = true, key, line, column
}

// Filters are the keys that decide which scans a route speaks about, and when.
type Filters struct {
	// Names of registries and images: patterns, matched by pkg/route.
	IgnoreRegistry  Value[[]string] `cfg:"Ignore-Registry" doc:"Registries that are left out: names, or patterns with * and ?."`
	IgnoreImageName Value[[]string] `cfg:"Ignore-Image-Name" doc:"Images that are left out: names, or patterns with * and ?."`
	PolicyImageName Value[[]string] `cfg:"Policy-Image-Name" doc:"Images that are let through: names, or patterns with * and ?."`
	PolicyRegistry  Value[[]string] `cfg:"Policy-Registry" doc:"Registries that are let through: names, or patterns with * and ?."`

	PolicyNonCompliant     Value[bool]          `cfg:"Policy-Non-Compliant" doc:"true: only images that the scan says are not compliant." default:"false"`
	PolicyShowAll          Value[bool]          `cfg:"Policy-Show-All" doc:"true: every scan is told with all its findings, also when nothing is new." default:"false"`
	PolicyOnlyFixAvailable Value[bool]          `cfg:"Policy-Only-Fix-Available" doc:"true: the finding that is severe enough must have a fix as well." default:"false"`
	PolicyMinVulnerability Value[scan.Severity] `cfg:"Policy-Min-Vulnerability" doc:"Something new, changed or fixed must be at least that severe." enum:"critical,high,medium,low,negligible,unknown"`
	// PolicyOPA are files, folders and globs, absolute. Whether they exist is found out when they are compiled.
	PolicyOPA Value[[]string] `cfg:"Policy-OPA" doc:"Rego files, folders and globs, relative to this file. One that allows is enough."`

	// AggregateIssuesNumber is how many scans make a digest; 0 and 1 are none. AggregateIssuesTimeout is how long one may wait.
	AggregateIssuesNumber  Value[int]           `cfg:"Aggregate-Issues-Number" doc:"2 and more: so many scans wait for one another and go out as one digest." default:"1"`
	AggregateIssuesTimeout Value[time.Duration] `cfg:"Aggregate-Issues-Timeout" doc:"What waits goes out as one digest when the oldest scan has waited so long."`

	// Subject names what a rescan is a rescan of: parts of an image's name, or dotted paths of the document.
	Subject Value[[]string] `cfg:"subject" doc:"What a rescan is a rescan of: parts of an artifact's name, or dotted paths of the document. Default: what holds for the whole program."`

	// Input is the body of a rule in Rego. InputFiles are policies that are alternatives of each other: absolute, or the name of a ready
	// filter. Params is what Rego finds in data.params.
	Input      Value[Code]     `cfg:"input" doc:"The body of a rule in Rego. All its lines must hold."`
	InputFiles Value[[]string] `cfg:"input-files" doc:"Rego files in the folder of filters, or ready filters. One that allows is enough."`
	Params     Value[Params]   `cfg:"params" doc:"What this route's policies find in data.params: values of any shape."`

	// Template writes what is said: the name of one of the file's templates or, in the list form, a file.
	Template Value[string] `cfg:"template" doc:"What writes the messages: the name of one of templates; in a list of entries a file. Default: the built-in layout."`

	// Plugins is how the newer form writes some of the above, and more.
	Plugins plugins `cfg:"plugins" doc:"Digests, and messages that are unique by values of the document."`
}

// plugins are the keys under plugins.
type plugins struct {
	Number  Value[int]           `cfg:"aggregate-message-number" doc:"The same as Aggregate-Issues-Number."`
	Timeout Value[time.Duration] `cfg:"aggregate-message-timeout" doc:"The same as Aggregate-Issues-Timeout."`
	ShowAll Value[bool]          `cfg:"policy-show-all" doc:"The same as Policy-Show-All."`
	// UniqueProps are dotted paths of the document whose values make a message what it is; UniqueTimeout is how long one that was sent
	// is not sent again, 0 for ever.
	UniqueProps   Value[[]string]      `cfg:"unique-message-props" doc:"Dotted paths of the document: a message is sent once for each of their values."`
	UniqueTimeout Value[time.Duration] `cfg:"unique-message-timeout" doc:"How long such a message is not sent again. Default: for ever."`
}

// Code is a text in another language, and the line on which it begins; 0 where its lines are not those of the file.
type Code struct {
	Text string
	Line int
}

// Params are what policies read instead of having values written into them: data.params.
type Params map[string]any

// Note is something worth knowing about the file.
type Note struct {
	// Line and Column count from 1; 0 is that there is none (the environment).
	Line, Column int
	// Entry is the entry's name, "" outside of entries.
	Entry, Text string
}

// String says it in one line, after the path: "14:3: team: …".
func (n Note) String() string { return place(n.Line, n.Column) + label(n.Entry) + n.Text }

// place writes a position: "14:3: ", "14: ", or nothing.
func place(line, column int) string {
	switch {
	case line <= 0:
		return ""
	case column <= 0:
		return strconv.Itoa(line) + ": "
	}
	return strconv.Itoa(line) + ":" + strconv.Itoa(column) + ": "
}

// label writes an entry's name.
func label(entry string) string {
	if entry == "" {
		return ""
	}
	return entry + ": "
}

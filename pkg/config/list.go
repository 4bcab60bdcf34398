package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/postee/postee/pkg/quantity"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/all"
)

// commonType is the type of the entry that holds for the whole program, and what messages call it.
const commonType = "common"

// header is what every entry has.
type header struct {
	Name   Value[string] `cfg:"name" doc:"The name of the entry, unique in the file. What was said is remembered under it."`
	Type   Value[string] `cfg:"type" doc:"The type of the target."`
	Enable Value[bool]   `cfg:"enable" doc:"false switches it off: nothing is sent, and no secrets are needed." default:"true"`
}

// commonKeys are the keys of the common entry.
type commonKeys struct {
	AquaServer    Value[string]    `cfg:"AquaServer" doc:"The URL of the console that messages link to."`
	MaxDBSize     Value[megabytes] `cfg:"Max_DB_Size" doc:"A bound for the state: megabytes, or a size such as 1.5GB. What was unseen longest is forgotten. Default: no bound."`
	DeleteOldData Value[days]      `cfg:"Delete_Old_Data" doc:"What was not scanned for so many days is forgotten. Default: never."`
	MaxAge        Value[days]      `cfg:"max-age" doc:"A message that is older and still fails is dead. A plain number is days." default:"7d"`
	State         Value[string]    `cfg:"state" doc:"The file in which postee remembers, or none."`
	Subject       Value[[]string]  `cfg:"subject" doc:"What a rescan is a rescan of: parts of an artifact's name, or dotted paths of the document." default:"registry,repository,tag"`

	DbVerifyInterval retired `cfg:"DbVerifyInterval" doc:"Means nothing here: it can be removed."`
}

// entry reads one entry of the list form: first what it is called and of which type, then everything.
func (l *loader) entry(b *binder, n, use *yaml.Node) {
	head, quiet := l.header(n)
	kind := strings.TrimSpace(head.Type.V)
	if strings.EqualFold(kind, commonType) {
		l.commonEntry(b, n, use)
		return
	}
	if !quiet.isWrong("name") {
		l.targets.take(b, &head.Name, use)
	}
	r := routeEntry{Name: head.Name.V, Line: use.Line, Column: use.Column, Actions: []string{head.Name.V}}
	t := l.target(b, n, use, head, quiet, &r.Filters)
	r.Enabled = t.Enabled
	l.conditions(b, &r.Filters)
	if v := r.Filters.Template; v.Set {
		v.V = l.absolutePath(v.V)
		r.Template = &templateEntry{Name: r.Name, Kind: kindOfFile(v.V), Value: v}
	}
	l.config.Routes, l.config.Targets = append(l.config.Routes, r), append(l.config.Targets, t)
}

// header reads what an entry is called and of which type; what is wrong with that is found again with everything else.
func (l *loader) header(n *yaml.Node) (*header, *binder) {
	head := &header{}
	quiet := &binder{problems: &Problems{}, notes: new([]Note)}
	quiet.bind(quiet.pairs(n, fold), "", true, group{to: head})
	return head, quiet
}

// target reads a target, whose header was read quietly before. filters are what else its entry has: those of the route that it is too;
// nil is none.
func (l *loader) target(b *binder, n, use *yaml.Node, head *header, quiet *binder, filters *Filters) targetEntry {
	pairs := b.pairs(n, fold)
	t := targetEntry{Name: head.Name.V, Type: strings.ToLower(strings.TrimSpace(head.Type.V)), Line: use.Line, Column: use.Column,
		Enabled: !head.Enable.Set || head.Enable.V}
	groups := []group{{to: head}}
	if filters != nil {
		groups = append(groups, group{to: filters})
	}
	config, err := all.New(t.Type)
	if err != nil {
		if !quiet.isWrong("type") {
			noType(b, head, use)
		}
		b.bind(pairs, "", true, groups...)
	} else {
		t.Config = config
		l.settings(b, &t, pairs, use, groups)
	}
	if !head.Enable.Set {
		b.note(use, "no enable: taken as true; the older product took it as false")
	}
	return t
}

// settings binds and validates a target's keys, with those of the groups.
func (l *loader) settings(b *binder, t *targetEntry, pairs []pair, use *yaml.Node, groups []group) {
	r := &references{loader: l}
	switch {
	case l.asWritten && t.Enabled:
		b.lookup = l.referring
	case t.Enabled:
		b.expand, b.lookup, b.read = r.expand, l.lookup, l.readText
	}
	b.bind(pairs, "", false, append(groups, group{t.Config, true})...)
	if risky, ok := t.Config.(sinks.Warner); ok && t.Enabled {
		for _, warning := range risky.Warnings() {
			b.note(use, warning)
		}
	}
	if !t.Enabled || r.missing || l.asWritten {
		return
	}
	for _, p := range t.Config.Validate() {
		if !b.isWrong(p.Key) {
			b.problem(b.locate(p.Key, pairs, use), plain(p.Key)+": "+p.Text, p.Hint)
		}
	}
}

// noType reports a type that is missing or that this version does not have.
func noType(b *binder, head *header, use *yaml.Node) {
	known := "this version knows " + strings.Join(all.Types(), ", ")
	if !head.Type.Set {
		b.problem(use, "type is missing", known)
		return
	}
	at := *use
	at.Line, at.Column = head.Type.Line, head.Type.Column
	b.problem(&at, "type: unknown type "+quantity.Quote(head.Type.V), known)
}

// references are what the texts of one entry refer to.
type references struct {
	*loader
	// missing reports whether some could not be resolved, so that the target is not what it will be.
	missing bool
}

// expand resolves the references in a text. Where nothing is going to be sent, a text whose references cannot be resolved
// stays as it is.
func (r *references) expand(text string) (string, error) {
	expanded, names, err := Expand(text, r.options.Lookup)
	for _, name := range names {
		r.needs[name] = true
	}
	if err == nil {
		return expanded, nil
	}
	r.missing = true
	if r.options.Resolve {
		return "", err
	}
	return text, nil
}

// commonEntry reads the entry of type common.
func (l *loader) commonEntry(b *binder, n, use *yaml.Node) {
	b.entry = commonType
	if l.commonLine != 0 {
		b.problem(use, fmt.Sprintf("a second entry of type common: the first is on line %d", l.commonLine), "put their keys into one")
		return
	}
	l.commonLine = use.Line
	var head header
	var keys commonKeys
	b.bind(b.pairs(n, fold), "", false, group{to: &head}, group{to: &keys})
	if head.Enable.Set && !head.Enable.V {
		b.note(use, "enable: false means nothing here: the keys of this entry hold")
	}
	l.common(b, &keys)
}

// common takes in what holds for the whole program.
func (l *loader) common(b *binder, keys *commonKeys) {
	c := &l.config.Common
	c.MaxDBSize, c.DeleteOldData, c.MaxAge = int64(keys.MaxDBSize.V), time.Duration(keys.DeleteOldData.V), time.Duration(keys.MaxAge.V)
	if m := keys.MaxAge; m.Set && m.V == 0 {
		b.problems.Add(Problem{Line: m.Line, Column: m.Column, Entry: b.entry, Text: m.Key + ": must be more than nothing",
			Hint: "leave it out for 7 days"})
	}
	c.Subject = keys.Subject.V
	server, err := console(keys.AquaServer.V)
	if err != nil {
		b.wrongValue(keys.AquaServer, err)
	}
	c.AquaServer = server
	c.State = l.statePlace(b, keys.State)
}

// statePlace reads where the state is. An address is kept as it is: whoever looks only into the state refuses it too.
func (l *loader) statePlace(b *binder, v Value[string]) string {
	path, ok := l.home(v.V)
	switch kind := StateScheme(path); {
	case !ok:
		b.wrongValue(v, errors.New("~ cannot be filled in because HOME is not set"))
	case kind != "":
		b.problems.Add(Problem{Line: v.Line, Column: v.Column, Entry: b.entry, Text: v.Key + ": there is no state of the kind " + kind, Hint: StateHint})
	case path != "" && path != "none":
		return l.absolutePath(path)
	}
	return path
}

// wrongValue reports a mistake in a value, at its key.
func (b *binder) wrongValue(v Value[string], err error) {
	b.problems.Add(Problem{Line: v.Line, Column: v.Column, Entry: b.entry, Text: v.Key + ": " + err.Error()})
}

// console checks the address of a console. It is printed in messages: a password has no place in it, and is not repeated.
func console(address string) (string, error) {
	if address == "" {
		return "", nil
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return "", errors.New("expected a URL that begins with http:// or https://")
	case u.User != nil:
		return "", errors.New("a user or password in the URL would be printed in messages: remove it")
	}
	return strings.TrimRight(address, "/"), nil
}

// shorten bounds what messages call an entry.
func shorten(name string) string {
	if len(name) <= quantity.MaxText {
		return name
	}
	return strings.ToValidUTF8(name[:quantity.MaxText], "") + "…"
}

package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"

	"github.com/postee/postee/pkg/quantity"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/all"
)

// commonType is the type of the entry that holds for the whole program, and what messages call it.
const commonType = "common"

// header is what every entry has.
type header struct {
	Name   Value[string] `cfg:"name"`
	Type   Value[string] `cfg:"type"`
	Enable Value[bool]   `cfg:"enable"`
}

// commonKeys are the keys of the common entry.
type commonKeys struct {
	AquaServer    Value[string]    `cfg:"AquaServer"`
	MaxDBSize     Value[megabytes] `cfg:"Max_DB_Size"`
	DeleteOldData Value[days]      `cfg:"Delete_Old_Data"`
	MaxAge        Value[days]      `cfg:"max-age"`
	State         Value[string]    `cfg:"state"`
	Subject       Value[[]string]  `cfg:"subject"`

	DbVerifyInterval retired `cfg:"DbVerifyInterval"`
}

// entry reads one entry: first what it is called and of which type, then everything.
func (l *loader) entry(b *binder, n, use *yaml.Node) {
	var head header
	quiet := &binder{problems: &Problems{}, notes: new([]Note)}
	quiet.bind(quiet.pairs(n, fold), "", true, group{to: &head})
	kind := strings.TrimSpace(head.Type.V)
	if strings.EqualFold(kind, commonType) {
		l.commonEntry(b, n, use)
		return
	}
	if !quiet.isWrong("name") {
		l.name(b, &head, use)
	}
	pairs := b.pairs(n, fold)
	e := listEntry{
		Name: head.Name.V, Type: strings.ToLower(kind), Line: use.Line, Column: use.Column,
		Enabled: !head.Enable.Set || head.Enable.V,
	}
	groups := []group{{to: &head}, {to: &e.Filters}}
	target, err := all.New(kind)
	if err != nil {
		if !quiet.isWrong("type") {
			noType(b, &head, use)
		}
		b.bind(pairs, "", true, groups...)
	} else {
		e.Target = target
		l.target(b, &e, pairs, use, groups)
	}
	if !head.Enable.Set {
		b.note(use, "no enable: taken as true; the older product took it as false")
	}
	l.paths(&e.Filters)
	l.config.Entries = append(l.config.Entries, e)
}

// target binds and validates an entry with its target.
func (l *loader) target(b *binder, e *listEntry, pairs []pair, use *yaml.Node, groups []group) {
	r := &references{loader: l}
	if e.Enabled {
		b.expand, b.lookup = r.expand, l.lookup
	}
	b.bind(pairs, "", false, append(groups, group{e.Target, true})...)
	if risky, ok := e.Target.(sinks.Warner); ok && e.Enabled {
		for _, warning := range risky.Warnings() {
			b.note(use, warning)
		}
	}
	if !e.Enabled || r.missing {
		return
	}
	for _, p := range e.Target.Validate() {
		if !b.isWrong(p.Key) {
			b.problem(b.locate(p.Key, pairs, use), plain(p.Key)+": "+p.Text, p.Hint)
		}
	}
}

// name checks an entry's name, and calls the entry by it from here on.
func (l *loader) name(b *binder, head *header, use *yaml.Node) {
	name, at := strings.TrimSpace(head.Name.V), *use
	head.Name.V = name
	if name == "" {
		b.problem(use, "name is missing", "each entry needs one of its own: what was said is remembered under it")
		return
	}
	at.Line, at.Column = head.Name.Line, head.Name.Column
	if strings.ContainsAny(name, "()") || strings.ContainsFunc(name, unicode.IsControl) {
		b.problem(&at, "name: parentheses and control characters are not allowed in "+quantity.Quote(name), "")
		return
	}
	b.entry = shorten(name)
	if line, taken := l.names[name]; taken {
		b.problem(&at, fmt.Sprintf("name: %s is the name of an entry on line %d already", quantity.Quote(name), line), "give one of them another name")
		return
	}
	l.names[name] = at.Line
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

// paths makes the paths of policies absolute.
func (l *loader) paths(f *Filters) {
	for i, path := range f.PolicyOPA.V {
		f.PolicyOPA.V[i] = l.absolutePath(path)
	}
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
	if l.common != 0 {
		b.problem(use, fmt.Sprintf("a second entry of type common: the first is on line %d", l.common), "put their keys into one")
		return
	}
	l.common = use.Line
	var head header
	var keys commonKeys
	b.bind(b.pairs(n, fold), "", false, group{to: &head}, group{to: &keys})
	if head.Enable.Set && !head.Enable.V {
		b.note(use, "enable: false means nothing here: the keys of this entry hold")
	}
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

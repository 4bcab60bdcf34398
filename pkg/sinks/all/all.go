// Package all knows every type of target: one line each.
package all

import (
	"fmt"
	"strings"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/email"
	"github.com/postee/postee/pkg/sinks/jira"
	"github.com/postee/postee/pkg/sinks/nexusiq"
	"github.com/postee/postee/pkg/sinks/servicenow"
	"github.com/postee/postee/pkg/sinks/slack"
	"github.com/postee/postee/pkg/sinks/splunk"
	"github.com/postee/postee/pkg/sinks/stdout"
	"github.com/postee/postee/pkg/sinks/teams"
	"github.com/postee/postee/pkg/sinks/webhook"
)

// kind is one type of target.
type kind struct {
	// name is what messages call it, also another name that people give it, "" when there is none.
	name, also string
	// make returns a configuration with the defaults.
	make func() sinks.Config
	// to returns a configuration that is nothing but a URL; nil for types that a URL does not describe.
	to func(url sinks.Secret) sinks.Config
}

// kinds returns the table of types, in the order in which messages name them: a new one comes last.
func kinds() []kind {
	return []kind{
		{"stdout", "", func() sinks.Config { return &stdout.Config{} }, nil},
		{"slack", "", func() sinks.Config { return &slack.Config{} }, func(u sinks.Secret) sinks.Config { return &slack.Config{URL: u} }},
		{"webhook", "http", func() sinks.Config { return &webhook.Config{} }, func(u sinks.Secret) sinks.Config { return &webhook.Config{URL: u} }},
		{"splunk", "", func() sinks.Config { return &splunk.Config{} }, nil},
		{"teams", "", func() sinks.Config { return &teams.Config{} }, func(u sinks.Secret) sinks.Config { return &teams.Config{URL: u} }},
		{"email", "", func() sinks.Config { return &email.Config{} }, nil},
		{"jira", "", func() sinks.Config { return &jira.Config{} }, nil},
		{"nexusIq", "", func() sinks.Config { return &nexusiq.Config{} }, nil},
		{"serviceNow", "", func() sinks.Config { return &servicenow.Config{} }, nil},
	}
}

// is reports whether the type goes by that name, in any case.
func (k *kind) is(name string) bool {
	return strings.EqualFold(k.name, name) || k.also != "" && strings.EqualFold(k.also, name)
}

// Types returns the names of all types.
func Types() []string { return names(func(*kind) bool { return true }) }

// URLTypes returns the names of the types that a URL describes whole: those that [To] makes.
func URLTypes() []string { return names(func(k *kind) bool { return k.to != nil }) }

// names returns the names of the types that fit.
func names(fits func(*kind) bool) []string {
	var list []string
	for _, k := range kinds() {
		if fits(&k) {
			list = append(list, k.name)
		}
	}
	return list
}

// New returns the configuration of a type, in any case, with its defaults. The error names the types there are.
func New(name string) (sinks.Config, error) {
	for _, k := range kinds() {
		if k.is(name) {
			return k.make(), nil
		}
	}
	return nil, fmt.Errorf("unknown type of target %q: this version knows %s", name, strings.Join(Types(), ", "))
}

// To returns the configuration of a type that a URL describes whole. The error names the types there are.
func To(name string, url sinks.Secret) (sinks.Config, error) {
	for _, k := range kinds() {
		if k.to != nil && k.is(name) {
			return k.to(url), nil
		}
	}
	return nil, fmt.Errorf("unknown type of target %q: a URL can be given for %s", name, strings.Join(URLTypes(), ", "))
}

// Package all knows every type of target: one line each.
package all

import (
	"fmt"
	"strings"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/slack"
	"github.com/postee/postee/pkg/sinks/stdout"
	"github.com/postee/postee/pkg/sinks/webhook"
)

// kind is one type of target.
type kind struct {
	name string
	// make gives a configuration with the defaults.
	make func() sinks.Config
	// to gives a configuration that is nothing but a URL; nil for types that a URL does not describe.
	to func(url sinks.Secret) sinks.Config
}

// kinds lists the types in the order in which messages name them.
func kinds() []kind {
	return []kind{
		{"stdout", func() sinks.Config { return &stdout.Config{} }, nil},
		{"slack", func() sinks.Config { return &slack.Config{} }, func(u sinks.Secret) sinks.Config { return &slack.Config{URL: u} }},
		{"webhook", func() sinks.Config { return &webhook.Config{} }, func(u sinks.Secret) sinks.Config { return &webhook.Config{URL: u} }},
	}
}

// New gives the configuration of a type, in any case, with its defaults. The error names the types there are.
func New(name string) (sinks.Config, error) {
	var names []string
	for _, k := range kinds() {
		if strings.EqualFold(k.name, name) {
			return k.make(), nil
		}
		names = append(names, k.name)
	}
	return nil, fmt.Errorf("unknown type of target %q: this version knows %s", name, strings.Join(names, ", "))
}

// To gives the configuration of a type that a URL describes whole. The error names the types there are.
func To(name string, url sinks.Secret) (sinks.Config, error) {
	var names []string
	for _, k := range kinds() {
		if k.to == nil {
			continue
		}
		if strings.EqualFold(k.name, name) {
			return k.to(url), nil
		}
		names = append(names, k.name)
	}
	return nil, fmt.Errorf("unknown type of target %q: a URL can be given for %s", name, strings.Join(names, ", "))
}

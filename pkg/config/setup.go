package config

import (
	"crypto/sha256"
	"fmt"
	"hash"

	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
)

// Setup is what a configuration means, whichever form it is written in: routes, the targets that they tell, and what holds for
// the whole program. The list form makes one of its file, --to makes one of its values; whoever runs it only opens the targets.
type Setup struct {
	// Path is the file, absolute; "" where there is none.
	Path   string
	Common Common
	// Routes are in the order in which they are written. Each names its targets, and all of those are in Targets.
	Routes []*route.Route
	// Targets are by name: a route can have several, and a target can serve several routes.
	Targets map[string]*Target
	// Disabled is how many targets the file has beside those: they are switched off.
	Disabled int
	// Notes are worth knowing, and no mistakes.
	Notes []Note
	// Needs are what enabled targets refer to, sorted: names of variables, and files as "file:/path".
	Needs []string

	// inventory: some template is made of the packages of what was scanned.
	inventory bool
	// decides is a hash of what decides what is said.
	decides hash.Hash
}

// Target is a target as it is configured. Nothing is opened yet.
type Target struct {
	// Name is unique among targets; Type is in lower case.
	Name, Type string
	Config     sinks.Config
	// Address is a hash of the address that --to gave: what waits for one is not sent to another. It is "" for a configured target,
	// whose address may be mended.
	Address string
	// Label is what people call a target that --to gave no name, its type; "" for others.
	Label string
}

// newSetup returns a setup that tells nobody.
func newSetup() *Setup { return &Setup{Targets: make(map[string]*Target), decides: sha256.New()} }

// Deciding returns a hash of all in the setup that decides what is said of a document, and to whom. Where a target is, and its
// secrets, are not part of it.
func (s *Setup) Deciding() []byte {
	all := sha256.New()
	takeIn(all, s.decides.Sum(nil), s.Common.Subject, s.Common.AquaServer)
	return all.Sum(nil)
}

// takeIn takes data, of which every value differs from others as Go writes it, into a hash.
func takeIn(into hash.Hash, data ...any) {
	for _, v := range data {
		fmt.Fprintf(into, "%#v\n", v) // a hash takes everything
	}
}

// Add puts a route into the setup, with the targets that it tells from here on.
func (s *Setup) Add(r *route.Route, targets ...*Target) {
	for _, t := range targets {
		needs := t.Config.Needs()
		r.Targets = append(r.Targets, route.Target{Name: t.Name, Address: t.Address, Contents: ContentsOf(needs), Local: needs.Local, Owners: needs.Owners})
		s.Targets[t.Name] = t
	}
	takeIn(s.decides, r.Name, r.Targets, r.ShowAll, r.Aggregate, r.Serialize)
	s.Routes = append(s.Routes, r)
}

// SubjectBy returns how common says what a report is a scan of; nil is by the artifact's own name.
func (s *Setup) SubjectBy() func(*scan.Report) string {
	parts := s.Common.Subject
	if len(parts) == 0 {
		return nil
	}
	return func(r *scan.Report) string { return r.SubjectBy(parts) }
}

// ContentsOf returns what a target needs in its messages.
func ContentsOf(needs sinks.Needs) route.Contents {
	return route.Contents{Document: needs.Document, Open: needs.Open, Components: needs.Components}
}

// NeedsComponents reports whether any target or template needs the packages of what was scanned, so that they are to be read.
func (s *Setup) NeedsComponents() bool {
	if s.inventory {
		return true
	}
	for _, t := range s.Targets {
		if t.Config.Needs().Components {
			return true
		}
	}
	return false
}

// Route returns the route of that name, nil when there is none.
func (s *Setup) Route(name string) *route.Route {
	for _, r := range s.Routes {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// Has reports whether the setup has a route of that name which tells the target.
func (s *Setup) Has(routeName, target string) bool {
	r := s.Route(routeName)
	return r != nil && r.HasTarget(target)
}

// Takes reports whether what waits for a route's target, at an address, is to be sent to the target of that name in the setup.
func (s *Setup) Takes(routeName, target, address string) bool {
	return s.Has(routeName, target) && s.Targets[target].Address == address
}

// RouteNames returns the names of the routes, in order.
func (s *Setup) RouteNames() []string {
	names := make([]string, len(s.Routes))
	for i, r := range s.Routes {
		names[i] = r.Name
	}
	return names
}

// TargetNames returns the names of the targets, in the order in which routes tell them.
func (s *Setup) TargetNames() []string {
	var names []string
	seen := make(map[string]bool)
	for _, r := range s.Routes {
		for _, t := range r.Targets {
			if !seen[t.Name] {
				names, seen[t.Name] = append(names, t.Name), true
			}
		}
	}
	return names
}

package bom

import (
	"cmp"
	"fmt"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/scan"
)

// inventory is the components, each once, and how they are found.
type inventory struct {
	list []cdx.Component
	// places has the place in list of each identity, named those of a package by its name and version.
	places map[identity]int
	named  map[release][]int
	// refs are the references that are taken, each with the number that the next one of the same text gets.
	refs map[string]int
	// found are the places at which components were found.
	found map[location]bool
}

// location is a place at which the component of that place in the list was found.
type location struct {
	component int
	path      string
}

// identity is what makes two components one, wherever they are installed.
type identity struct{ name, version, purl, kind string }

// maxNamesakes is how many components a finding is about at most: ecosystems share few names, and a document that has many of them and
// as many findings would ask for all memory.
const maxNamesakes = 50

// release is a package as findings name it.
type release struct{ name, version string }

// newInventory returns the inventory of a list, in its order.
func newInventory(components []scan.Component) *inventory {
	in := &inventory{
		list:   make([]cdx.Component, 0, len(components)),
		places: make(map[identity]int), named: make(map[release][]int), refs: map[string]int{artifactRef: 2}, found: make(map[location]bool),
	}
	for i := range components {
		in.add(&components[i])
	}
	return in
}

// add takes a component in, unless it has no name, and returns its place. One that is there already gets the path and the licences as
// well.
func (in *inventory) add(c *scan.Component) int {
	id := identity{text(c.Name), version(c.Version), c.PURL, text(c.Type)}
	if !scan.IsPackageURL(id.purl) {
		id.purl = ""
	}
	if id.name = cmp.Or(id.name, id.purl); id.name == "" {
		return -1
	}
	place, there := in.places[id]
	if !there {
		place = len(in.list)
		in.places[id] = place
		if of := (release{text(c.Name), text(c.Version)}); len(in.named[of]) < maxNamesakes {
			in.named[of] = append(in.named[of], place)
		}
		in.list = append(in.list, cdx.Component{
			BOMRef: in.ref(id), Type: componentType(id.kind), Name: id.name, Version: id.version, PackageURL: id.purl,
			Properties: properties(id.kind), Licenses: licences(c.Licences),
		})
	}
	in.locate(place, text(c.Path))
	return place
}

// ref returns a reference that no other component has: the package URL where there is one.
func (in *inventory) ref(id identity) string {
	base := cmp.Or(id.purl, "component:"+id.name+"@"+id.version)
	ref := base
	for in.refs[ref] > 0 {
		ref = fmt.Sprintf("%s#%d", base, in.refs[base])
		in.refs[base]++
	}
	in.refs[ref] = 2
	return ref
}

// componentType returns a library where the ecosystem is known, and a program otherwise.
func componentType(kind string) cdx.ComponentType {
	if kind == "" {
		return cdx.ComponentTypeApplication
	}
	return cdx.ComponentTypeLibrary
}

// propertyType names the property with [scan.Component.Type].
const propertyType = "postee:type"

// properties has the ecosystem, which a component without a package URL would not tell otherwise.
func properties(kind string) *[]cdx.Property {
	if kind == "" {
		return nil
	}
	return &[]cdx.Property{{Name: propertyType, Value: kind}}
}

// locate notes a place at which a component was found; "" is none.
func (in *inventory) locate(component int, path string) {
	at := location{component, path}
	if path == "" || in.found[at] {
		return
	}
	in.found[at] = true
	c := &in.list[component]
	if c.Evidence == nil {
		c.Evidence = &cdx.Evidence{Occurrences: &[]cdx.EvidenceOccurrence{}}
	}
	*c.Evidence.Occurrences = append(*c.Evidence.Occurrences, cdx.EvidenceOccurrence{Location: path})
}

// affected returns the places of the components that a finding is about: those of its package and version, of its class where there is
// one. A package that the inventory does not list becomes a component; none is that the finding names no package.
func (in *inventory) affected(i *dedup.Item) []int {
	all := in.named[release{text(i.Package), text(i.Installed)}]
	fits := make([]int, 0, len(all))
	for _, place := range all {
		if in.hasClass(place, i.Class) {
			fits = append(fits, place)
		}
	}
	switch {
	case len(fits) > 0:
		return fits
	case len(all) > 0:
		return all
	}
	c := scan.Component{Name: i.Package, Version: i.Installed}
	if i.Class == scan.OSPackage {
		c.Type = scan.SystemPackage
	}
	if text(c.Name) == "" {
		return nil
	}
	return []int{in.add(&c)}
}

// hasClass reports whether a component is of a class of packages: of the system, or a library.
func (in *inventory) hasClass(place int, class scan.Class) bool {
	kind := ""
	if p := in.list[place].Properties; p != nil {
		kind = (*p)[0].Value
	}
	return class == scan.NoClass || (class == scan.OSPackage) == (kind == scan.SystemPackage)
}

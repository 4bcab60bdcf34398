package aqua

import (
	"cmp"
	"slices"
	"strings"

	"github.com/postee/postee/pkg/scan"
)

// inventory is what an image scan says about what is installed. It is decoded apart from the findings, so that who does not ask
// for components does not pay for them.
type inventory struct {
	Resources []struct {
		Resource installed `json:"resource"`
	} `json:"resources"`
}

// inventories is what a list of scans says about it.
type inventories []struct {
	Results inventory `json:"results"`
}

// installed is a package, or a file that Aqua knows.
type installed struct {
	Name     string            `json:"name"`
	Path     string            `json:"path"`
	Version  string            `json:"version"`
	Format   scan.LooseText    `json:"format"` // "deb", "apk", "npm"
	CPE      scan.LooseText    `json:"cpe"`
	Licence  scan.LooseStrings `json:"license"`
	Licences scan.LooseStrings `json:"licenses"`
}

// components lists what is installed, in the reports that read has made.
func components(doc *scan.Document) error {
	if doc.IsArray() {
		list, err := scan.Decode[inventories](doc)
		for i := 0; err == nil && i < len(*list); i++ {
			(*list)[i].Results.add(&doc.Reports[i])
		}
		return err
	}
	in, err := scan.Decode[inventory](doc)
	if err == nil {
		in.add(&doc.Reports[0])
	}
	return err
}

// add lists the resources that are packages or programs: files that have neither a name nor a version are not.
func (in *inventory) add(r *scan.Report) {
	for i := range in.Resources {
		p := &in.Resources[i].Resource
		if p.Name == "" && (p.Path == "" || p.Version == "") {
			continue
		}
		purl := p.packageURL()
		r.Components = append(r.Components, scan.Component{
			Name: cmp.Or(p.Name, p.Path), Version: p.Version, PURL: purl, Path: p.Path, Licences: p.licences(),
			Type: cmp.Or(scan.ComponentType(purl), p.ecosystem()),
		})
	}
}

// packageURL returns the package URL of a package. What "cpe" says of one begins with "pkg:/", and is none: before the name and the
// version it has the distribution and its release, "pkg:/alpine:3.12.0:ca-certificates:20191127-r4", or the ecosystem,
// "pkg:/npm:*:lodash:4.17.4".
func (p *installed) packageURL() string {
	if p.Name == "" {
		return ""
	}
	kind, from, release := p.ecosystem(), "", ""
	if rest, ok := strings.CutPrefix(strings.ToLower(string(p.CPE)), "pkg:/"); ok {
		from, rest, _ = strings.Cut(rest, ":")
		release, _, _ = strings.Cut(rest, ":")
	}
	if kind != scan.SystemPackage {
		return cmp.Or(scan.PackageURL(from, "", p.Name, p.Version), scan.PackageURL(kind, "", p.Name, p.Version))
	}
	purl := scan.PackageURL(strings.ToLower(string(p.Format)), from, p.Name, p.Version)
	if whole := purl + "?distro=" + from + "-" + release; release != "" && scan.IsPackageURL(whole) && !strings.Contains(purl, "?") {
		return whole
	}
	return purl
}

// ecosystem returns the type of the component by its format, which has the names of package URLs.
func (p *installed) ecosystem() string {
	if p.Format == "" {
		return ""
	}
	return scan.ComponentType("pkg:" + string(p.Format) + "/")
}

// licences takes lists apart, which Aqua writes with commas: "GPL2,LGPL3,OR".
func (p *installed) licences() (list []string) {
	for _, text := range slices.Concat(p.Licence.List, p.Licences.List) {
		for _, l := range strings.Split(text, ",") {
			if l = strings.TrimSpace(l); l != "" && l != "OR" && l != "AND" && !slices.Contains(list, l) {
				list = append(list, l)
			}
		}
	}
	return list
}

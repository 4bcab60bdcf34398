package trivy

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/postee/postee/pkg/scan"
)

// inventory is what a report says about what is installed. It is decoded apart from the findings, so that who does not ask for
// components does not pay for them.
type inventory struct{ Results []installed }

// installed is a result's packages: all of them, or those that something is wrong with.
type installed struct {
	Target          string
	Class           string
	Type            string
	Packages        []listed
	Vulnerabilities []vulnerable
}

// listed is an element of Packages.
//
// Source: Trivy's pkg/fanal/types/package.go.
type listed struct {
	Name       string
	Version    string
	Release    string
	Epoch      int
	Identifier identifier
	Licenses   []string
	FilePath   string
}

// vulnerable is the package of a vulnerability.
type vulnerable struct {
	PkgName          string
	PkgPath          string
	InstalledVersion string
	PkgIdentifier    identifier
}

type identifier struct{ PURL string }

// components lists the packages of a report about one artifact.
func components(doc *scan.Document) error {
	if doc.IsArray() {
		in, err := scan.Decode[[]installed](doc)
		if err == nil {
			doc.Reports[0].Components = addComponents(nil, *in)
		}
		return err
	}
	in, err := scan.Decode[inventory](doc)
	if err != nil {
		return err
	}
	doc.Reports[0].Components = addComponents(nil, in.Results)
	return nil
}

// kubernetesInventory is what a report about a cluster says about what is installed.
type kubernetesInventory struct {
	Resources       []located
	Findings        []located
	Vulnerabilities []located
}

// located is the packages of one entry of the cluster.
type located struct {
	Namespace string
	Kind      string
	Name      string
	Results   []installed
}

// kubernetesComponents lists the packages of each workload, in the reports that readKubernetes has made.
func kubernetesComponents(doc *scan.Document) error {
	in, err := scan.Decode[kubernetesInventory](doc)
	if err != nil {
		return err
	}
	reports := objects{}
	for _, list := range [][]located{in.Resources, in.Findings, in.Vulnerabilities} {
		for i := range list {
			w := &list[i]
			if n, _ := reports.number(w.Namespace, w.Kind, w.Name); n >= 0 {
				r := &doc.Reports[n]
				r.Components = addComponents(r.Components, w.Results)
			}
		}
	}
	return nil
}

// addComponents appends the packages of the results. Of a result that lists none it takes those of its vulnerabilities, once
// for each place: Trivy before 0.67 lists packages only when it is told to.
func addComponents(list []scan.Component, results []installed) []scan.Component {
	for i := range results {
		r := &results[i]
		for j := range r.Packages {
			p := &r.Packages[j]
			if p.Name != "" {
				list = append(list, r.component(p.Name, p.fullVersion(), p.Identifier.PURL, p.FilePath, p.Licenses))
			}
		}
		if len(r.Packages) > 0 {
			continue
		}
		seen := map[[3]string]bool{}
		for j := range r.Vulnerabilities {
			v := &r.Vulnerabilities[j]
			key := [3]string{v.PkgName, v.InstalledVersion, v.PkgPath}
			if v.PkgName != "" && !seen[key] {
				seen[key] = true
				list = append(list, r.component(v.PkgName, v.InstalledVersion, v.PkgIdentifier.PURL, v.PkgPath, nil))
			}
		}
	}
	return list
}

// component makes a component of this result.
func (r *installed) component(name, version, purl, path string, licences []string) scan.Component {
	c := scan.Component{Name: name, Version: version, PURL: purl, Path: path, Type: scan.ComponentType(purl)}
	for _, l := range licences {
		if l != "" && !slices.Contains(c.Licences, l) {
			c.Licences = append(c.Licences, l)
		}
	}
	// Old reports have no class.
	if kind, namespace := distribution(r.Type); r.Class == "os-pkgs" || kind != "" {
		c.Type = scan.SystemPackage
		c.PURL = cmp.Or(c.PURL, scan.PackageURL(kind, namespace, name, version))
		return c
	}
	c.Type = cmp.Or(c.Type, ecosystem(r.Type))
	c.PURL = cmp.Or(c.PURL, scan.PackageURL(c.Type, "", name, version))
	if r.Class == "lang-pkgs" && !named(r.Type) {
		c.Path = cmp.Or(c.Path, r.Target)
	}
	return c
}

// fullVersion spells a version as InstalledVersion of a vulnerability does: epoch:version-release.
func (p *listed) fullVersion() string {
	version := p.Version
	if version != "" && p.Release != "" {
		version += "-" + p.Release
	}
	if version != "" && p.Epoch != 0 {
		version = strconv.Itoa(p.Epoch) + ":" + version
	}
	return version
}

// ecosystem returns what package URLs call the ecosystem of a result's type. Types that are not here are called the same.
//
// Source: Trivy's pkg/fanal/types/const.go and pkg/purl/purl.go.
func ecosystem(kind string) string {
	switch kind {
	case "jar", "pom", "gradle", "sbt":
		return "maven"
	case "bundler", "gemspec":
		return "gem"
	case "nuget", "dotnet-core", "packages-props":
		return "nuget"
	case "composer", "composer-vendor":
		return "composer"
	case "python-pkg", "pip", "pipenv", "poetry", "uv", "pylock":
		return "pypi"
	case "conda-pkg", "conda-environment":
		return "conda"
	case "gobinary", "gomod":
		return "golang"
	case "npm", "node-pkg", "yarn", "pnpm", "bun":
		return "npm"
	case "rustbinary", "cargo":
		return "cargo"
	}
	return kind
}

// distribution returns the type and the namespace that package URLs have for the packages of a distribution, "" for those that are not
// here.
//
// Source: Trivy's pkg/fanal/types/const.go and pkg/purl/purl.go.
func distribution(kind string) (of, namespace string) {
	switch kind {
	case "alpine", "wolfi", "chainguard":
		return "apk", kind
	case "debian", "ubuntu":
		return "deb", kind
	case "alma", "amazon", "azurelinux", "cbl-mariner", "centos", "fedora", "oracle", "photon", "redhat", "rocky":
		return "rpm", kind
	case "opensuse", "opensuse.leap", "opensuse.tumbleweed", "opensuse-leap", "opensuse-tumbleweed":
		return "rpm", "opensuse"
	}
	return "", ""
}

// named reports whether results of this type are called by a name, "Node.js", and not by the file that lists the packages.
func named(kind string) bool {
	switch kind {
	case "jar", "gemspec", "python-pkg", "conda-pkg", "node-pkg":
		return true
	}
	return false
}

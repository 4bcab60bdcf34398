package scan

import "strings"

// Component is a package, library or program that is installed in an artifact, whether anything is wrong with it or not. One
// that is installed in several places is as many components. Name and Version are spelt as Package and Installed of the findings
// about it are, so that these can be matched; the package URL of a finding is that of its component.
//
// Source: Trivy's Results[].Packages or, where it lists none, the packages of its vulnerabilities; Aqua's resources[].resource.
type Component struct {
	// Name is the package's name as the scanner spells it, with its group or scope: "openssl", "@babel/core",
	// "org.apache.logging.log4j:log4j-core", "golang.org/x/net".
	Name string `json:"name"`
	// Version is the installed version, with epoch and release where the packager has them: "1:1.2.3-4"; "" when unknown.
	Version string `json:"version,omitzero"`
	// PURL is the package URL that the scanner gives, as it is spelt: "pkg:deb/debian/openssl@3.0.1?arch=amd64". Where it gives none,
	// it is made of the ecosystem or distribution that the scanner names, the name and the version; "" when that does not make one.
	PURL string `json:"purl,omitzero"`
	// Type is "os" for a package of the operating system's own package manager; otherwise the ecosystem by the name that
	// package URLs have for it ("npm", "maven", "golang", "pypi", "gem", …); "" when the document does not say.
	Type string `json:"type,omitzero"`
	// Licences are the licences that the package declares, as the scanner spells them: SPDX identifiers, expressions or names,
	// without duplicates.
	Licences []string `json:"licences,omitzero"`
	// Path is the file in the artifact that the package was found in or by: "app/package-lock.json"; "" when the document
	// names none.
	Path string `json:"path,omitzero"`
}

// SystemPackage is the Component.Type of packages of the operating system's own package manager.
const SystemPackage = "os"

// ComponentType returns the type of a component with this package URL; "" when it is none.
// Source: the list of types of the package URL specification, of which deb, rpm, apk, alpm and qpkg are operating systems'.
func ComponentType(purl string) string {
	rest, ok := strings.CutPrefix(purl, "pkg:")
	kind, _, more := strings.Cut(strings.TrimLeft(rest, "/"), "/")
	if !ok || !more {
		return ""
	}
	switch kind = strings.ToLower(kind); kind {
	case "deb", "rpm", "apk", "alpm", "qpkg":
		return SystemPackage
	}
	return kind
}

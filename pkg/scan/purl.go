package scan

import (
	"regexp"
	"strings"
)

// A package URL is "pkg:", a type, and a path of names; its characters are those that the specification leaves as they are, or
// percent-encoded.
//
// Source: ECMA-427, package URL specification.
var (
	packageURL  = regexp.MustCompile(`^pkg:/{0,2}[A-Za-z][A-Za-z0-9.-]*/(?:[^/?#]+/)*[^/@?#]+(?:@[^@?#]+)?(?:\?[^#]*)?(?:#.*)?$`)
	packageText = regexp.MustCompile(`^(?:[A-Za-z0-9.~_:/@?&=+,;!$'()*#-]|%[0-9A-Fa-f]{2})+$`)
)

// maxPackageURL bounds a package URL, in bytes.
const maxPackageURL = 4096

// IsPackageURL reports whether a text is a package URL by its characters and its beginning.
func IsPackageURL(s string) bool {
	return len(s) <= maxPackageURL && packageURL.MatchString(s) && packageText.MatchString(s)
}

// PackageURL returns the package URL of a package by its type ("npm", "deb"), its namespace, which is "" where the name has it or there
// is none, and its name as scanners spell it: "@babel/core", "org.example:lib", "golang.org/x/net". It returns "" for types that are not
// in the table, and where the specification asks for a namespace and nobody gives one.
func PackageURL(kind, namespace, name, version string) string {
	rule, known := packageRules()[kind]
	if rule.within != "" && namespace == "" {
		if i := strings.LastIndex(name, rule.within); i >= 0 {
			namespace, name = name[:i], name[i+len(rule.within):]
		}
	}
	if !known || name == "" || rule.needed && namespace == "" {
		return ""
	}
	if rule.lower {
		namespace, name = strings.ToLower(namespace), strings.ToLower(name)
	}
	if kind == "pypi" {
		name = strings.ReplaceAll(name, "_", "-")
	}
	u := "pkg:" + kind
	for segment := range strings.SplitSeq(namespace, "/") {
		if segment != "" {
			u += "/" + PackageEscape(segment)
		}
	}
	u += "/" + PackageEscape(name)
	epoch := ""
	if before, after, found := strings.Cut(version, ":"); found && kind == "rpm" {
		epoch, version = "?epoch="+PackageEscape(before), after
	}
	if version != "" {
		u += "@" + PackageEscape(version)
	}
	return u + epoch
}

// packageRule is what the specification says of one type.
type packageRule struct {
	// within stands between namespace and name where a scanner spells both as one.
	within string
	// needed says that there is no package without a namespace; lower that names are in lower case.
	needed, lower bool
}

// packageRules returns the table of types, by the definitions of the specification.
func packageRules() map[string]packageRule {
	return map[string]packageRule{
		"apk": {needed: true, lower: true}, "deb": {needed: true, lower: true}, "rpm": {needed: true},
		"npm": {within: "/"}, "maven": {within: ":", needed: true}, "golang": {within: "/", lower: true},
		"composer": {within: "/", needed: true, lower: true}, "pypi": {lower: true}, "gem": {}, "nuget": {}, "cargo": {}, "conda": {},
		"hex": {within: "/", lower: true}, "pub": {lower: true}, "cocoapods": {}, "swift": {within: "/", needed: true}, "conan": {},
	}
}

// PackageEscape returns a part of a package URL with all percent-encoded but what the specification leaves as it is.
func PackageEscape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(".-_~:", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

package bom

import (
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// licences returns the licences of a component as the schema has them: identifiers of SPDX's list, expressions of these, and names for
// whatever else a scanner calls a licence. An expression may only stand alone: beside others it is a name.
func licences(spelt []string) *cdx.Licenses {
	var all set
	all.add(spelt...)
	if spelt = all.list; len(spelt) == 0 {
		return nil
	}
	if len(spelt) == 1 && isExpression(spelt[0]) {
		return &cdx.Licenses{{Expression: spelt[0]}}
	}
	list := make(cdx.Licenses, len(spelt))
	for i, l := range spelt {
		if isLicenceID(l) {
			list[i].License = &cdx.License{ID: l}
		} else {
			list[i].License = &cdx.License{Name: l}
		}
	}
	return &list
}

// isExpression reports whether a text joins identifiers that are known with AND, OR, WITH and parentheses.
func isExpression(s string) bool {
	words := strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(s))
	depth, operand, operators := 0, false, 0
	for i, w := range words {
		switch {
		case w == "(" && !operand:
			depth++
		case w == ")" && operand && depth > 0:
			depth--
		case operand && (w == "AND" || w == "OR" || w == "WITH"):
			operand, operators = false, operators+1
		case !operand && (isLicenceID(strings.TrimSuffix(w, "+")) || i > 0 && words[i-1] == "WITH" && isException(w)):
			operand = true
		default:
			return false
		}
	}
	return operand && depth == 0 && operators > 0
}

// isLicenceID reports whether a text is an identifier of SPDX's list, among those that packages commonly have. One that is not among
// them is sent by its name, which is as valid.
//
// Source: spdx.org/licenses.
func isLicenceID(s string) bool {
	_, found := slices.BinarySearch(licenceIDs(), s)
	return found
}

// licenceIDs returns the table of identifiers, sorted.
func licenceIDs() []string {
	return []string{
		"0BSD", "AFL-2.0", "AFL-2.1", "AFL-3.0", "AGPL-3.0", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-1.0", "Apache-1.1", "Apache-2.0",
		"Artistic-1.0", "Artistic-1.0-Perl", "Artistic-2.0", "BSD-2-Clause", "BSD-2-Clause-Patent", "BSD-3-Clause", "BSD-4-Clause", "BSL-1.0",
		"BlueOak-1.0.0", "CC-BY-3.0", "CC-BY-4.0", "CC0-1.0", "CDDL-1.0", "CDDL-1.1", "EPL-1.0", "EPL-2.0", "EUPL-1.2", "FSFAP", "FTL",
		"GFDL-1.2-only", "GFDL-1.3-only", "GPL-1.0-only", "GPL-1.0-or-later", "GPL-2.0", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0",
		"GPL-3.0-only", "GPL-3.0-or-later", "HPND", "ICU", "IJG", "ISC", "LGPL-2.0-only", "LGPL-2.0-or-later", "LGPL-2.1", "LGPL-2.1-only",
		"LGPL-2.1-or-later", "LGPL-3.0", "LGPL-3.0-only", "LGPL-3.0-or-later", "Libpng", "MIT", "MIT-0", "MPL-1.1", "MPL-2.0", "NCSA", "OFL-1.1",
		"OLDAP-2.8", "OpenSSL", "PHP-3.01", "PSF-2.0", "PostgreSQL", "Python-2.0", "Ruby", "SSPL-1.0", "Sleepycat", "TCL", "Unicode-DFS-2016",
		"Unlicense", "Vim", "W3C", "WTFPL", "X11", "ZPL-2.1", "Zlib", "blessing", "bzip2-1.0.6", "curl",
	}
}

// isException reports whether a text is an exception of SPDX's list, among the common ones.
func isException(s string) bool {
	return slices.Contains([]string{
		"Autoconf-exception-3.0", "Bison-exception-2.2", "Classpath-exception-2.0", "GCC-exception-3.1", "LLVM-exception",
		"Linux-syscall-note", "openvpn-openssl-exception",
	}, s)
}

# What input and policies can ask in a few words, each function one condition: data.postee.filter.severity("high").
# Conditions that stand below each other must all hold.
package postee.filter

import rego.v1

ranks := {"unknown": 0, "negligible": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}

# told are the findings that a message would tell: what is new or has changed.
told contains finding if some finding in input.postee.new
told contains finding if some finding in input.postee.changed

# severity: something told is at least that severe.
severity(least) if {
	some finding in told
	ranks[finding.severity] >= ranks[lower(least)]
}

# fixable: something told is at least that severe, and has a fix.
fixable(least) if {
	some finding in told
	ranks[finding.severity] >= ranks[lower(least)]
	finding.fixed
}

# open: something open, told before or not, is at least that severe.
open(least) if {
	some finding in input.postee.findings
	ranks[finding.severity] >= ranks[lower(least)]
}

# kind: something told is of one of those kinds: vulnerability, misconfiguration, secret, licence, malware, sensitive, control.
kind(kinds) if {
	some finding in told
	finding.kind in kinds
}

# package_named: something told is in a package whose name matches one of the patterns.
package_named(patterns) if {
	some finding in told
	matches(patterns, finding.package)
}

# image: a name of what was scanned matches one of the patterns: the name that the scanner wrote, repository and tag with the registry and
# without it, and the repository alone.
image(patterns) if matches(patterns, input.postee.artifact.name)

image(patterns) if matches(patterns, input.postee.artifact.repository)

image(patterns) if matches(patterns, tagged)

image(patterns) if matches(patterns, sprintf("%s/%s", [input.postee.artifact.registry, tagged]))

tagged := sprintf("%s:%s", [input.postee.artifact.repository, input.postee.artifact.tag])

# registry: the registry matches one of the patterns, by its host or by the name that the document gives it.
registry(patterns) if matches(patterns, input.postee.artifact.registry)

registry(patterns) if matches(patterns, input.registry)

# namespace: the namespace of what was scanned matches one of the patterns.
namespace(patterns) if matches(patterns, input.postee.artifact.namespace)

# disallowed: the document says that the image is not compliant.
disallowed if input.postee.compliant == false

# matches: a text matches one of the patterns, or the only one, which needs no list: those without * and ? anywhere in it, the others as a
# whole. Case makes no difference, and no other sign has a meaning.
matches(patterns, text) if {
	is_string(patterns)
	fits(patterns, text)
}

matches(patterns, text) if {
	some pattern in patterns
	fits(pattern, text)
}

fits(pattern, text) if {
	pattern != ""
	not wild(pattern)
	contains(lower(text), lower(pattern))
}

fits(pattern, text) if {
	wild(pattern)
	plain := glob.quote_meta(lower(pattern))
	glob.match(replace(replace(plain, `\*`, "*"), `\?`, "?"), null, lower(text))
}

wild(pattern) if contains(pattern, "*")

wild(pattern) if contains(pattern, "?")

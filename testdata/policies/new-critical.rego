package postee

import rego.v1

# Something critical is new, and there is a version to move to.
allow if {
	some finding in input.postee.new
	finding.severity == "critical"
	finding.fixed
}

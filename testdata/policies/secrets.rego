package postee

import rego.v1

# Secrets and malware are told whatever their severity.
allow if {
	some finding in input.postee.new
	finding.kind in {"secret", "malware"}
}

# So is an image that was compliant and no longer is.
allow if {
	input.postee.compliance_changed
	input.postee.compliant == false
}

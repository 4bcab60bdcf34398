package postee

import rego.v1

# Images that were built this year; what is older is being retired.
allow if {
	built := time.parse_rfc3339_ns(input.Metadata.ImageConfig.created)
	built >= time.parse_rfc3339_ns("2026-01-01T00:00:00Z")
}

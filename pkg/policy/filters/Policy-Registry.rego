# The registry matches one of params.registries.
package postee

import rego.v1

allow if data.postee.filter.registry(data.params.registries)

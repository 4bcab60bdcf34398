# The registry matches none of params.ignore_registries.
package postee

import rego.v1

allow if not data.postee.filter.registry(data.params.ignore_registries)

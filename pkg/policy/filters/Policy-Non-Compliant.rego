# The document says that the image is not compliant.
package postee

import rego.v1

allow if data.postee.filter.disallowed

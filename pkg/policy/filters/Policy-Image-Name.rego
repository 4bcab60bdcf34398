# The image's name matches one of params.images.
package postee

import rego.v1

allow if data.postee.filter.image(data.params.images)

# The image's name matches none of params.ignore_images.
package postee

import rego.v1

allow if not data.postee.filter.image(data.params.ignore_images)

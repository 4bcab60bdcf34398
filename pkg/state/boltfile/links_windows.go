package boltfile

import "io/fs"

// ownName asks nothing of the system: links are only for those here who may administrate it.
const ownName = 0

// trusted reports that a link may be followed.
func trusted(_, _ fs.FileInfo) bool { return true }

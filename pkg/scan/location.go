package scan

import "strings"

// StableLocation returns the place of a finding without what changes although the place is the same: the folder of the checkout
// (root, where it is absolute), the "?ref=" of a module's source, and the version in the name of an archive, so that
// "shop-0.1.0.tgz:templates/web.yaml" is "shop.tgz:templates/web.yaml".
func StableLocation(location, root string) string {
	location = strings.TrimPrefix(location, "file://")
	if isAbsolute(root) && isAbsolute(location) {
		if rest, ok := below(location, root); ok && rest != "" {
			location = rest
		}
	}
	if i := strings.IndexByte(location, '?'); i >= 0 {
		query, rest, more := strings.Cut(location[i+1:], "/")
		if strings.HasPrefix(query, "ref=") || strings.Contains(query, "&ref=") {
			if location = location[:i]; more {
				location += "/" + rest
			}
		}
	}
	return withoutVersions(location)
}

// withoutVersions takes the versions out of the names of archives in a path.
func withoutVersions(location string) string {
	if !strings.ContainsAny(location, "-_") || !strings.ContainsAny(location, "0123456789") {
		return location // most places
	}
	var b strings.Builder
	for rest := location; rest != ""; {
		end := strings.IndexAny(rest, "/:!") + 1
		name, mark := rest, ""
		if end > 0 {
			name, mark = rest[:end-1], rest[end-1:end]
		}
		b.WriteString(withoutVersion(name))
		b.WriteString(mark)
		rest = rest[len(name)+len(mark):]
	}
	return b.String()
}

// withoutVersion returns an archive's name without what follows the last dash or underscore that stands before a number with a dot in
// it; any other name as it is.
func withoutVersion(name string) string {
	ending := archiveEnding(name)
	base := name[:len(name)-len(ending)]
	for i := len(base) - 1; i > 0 && ending != ""; i-- {
		if (base[i] == '-' || base[i] == '_') && beginsVersion(base[i+1:]) {
			if short := strings.TrimRight(base[:i], "-_"); short != "" {
				return short + ending
			}
		}
	}
	return name
}

// beginsVersion reports whether a text begins like "1.2" or "v1.2".
func beginsVersion(s string) bool {
	s = strings.TrimPrefix(s, "v")
	rest := strings.TrimLeft(s, "0123456789")
	return len(rest) < len(s) && len(rest) > 1 && rest[0] == '.' && rest[1] >= '0' && rest[1] <= '9'
}

// archiveEnding returns the ending of an archive's name, "" for another file's.
func archiveEnding(name string) string {
	lower := strings.ToLower(name)
	for _, ending := range [...]string{
		".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tgz", ".tar", ".zip", ".jar", ".war", ".ear", ".whl", ".gem", ".nupkg", ".deb", ".rpm", ".apk",
	} {
		if strings.HasSuffix(lower, ending) {
			return name[len(name)-len(ending):]
		}
	}
	return ""
}

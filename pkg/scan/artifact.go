package scan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	dockerHub   = "docker.io"
	maxSubject  = 1024 // bytes
	subjectHash = 16   // hex digits of the hash that a shortened subject ends with
)

// Subject names what a rescan is a rescan of, the same for every scanner: host/repository:tag for images, host/path for
// repositories, the path for what has nothing but one, and type:namespace/name for the rest. It has at most 1,024 bytes and no
// control characters; a name that has to be changed for that gets a hash of the whole at its end, so that two names do not
// become one.
func (a Artifact) Subject() string {
	name := cmp.Or(a.Name, a.Digest)
	switch {
	case a.Type == "image" && a.Repository != "":
		return boundedSubject(a.image())
	case a.byPath() && a.Namespace != "":
		return boundedSubject(joined(a.Namespace, a.Path))
	case a.byPath() && name != "":
		return boundedSubject(cleanPath(name))
	}
	return boundedSubject(a.Type + ":" + joined(a.Namespace, name))
}

// byPath reports whether artifacts of this type go by a path when they have no name.
func (a *Artifact) byPath() bool {
	switch a.Type {
	case "image", "filesystem", "rootfs", "repository", "vm", "sbom":
		return true
	}
	return false
}

// joined puts a slash between two parts of a name, of which either may be empty.
func joined(before, after string) string {
	if before == "" || after == "" {
		return before + after
	}
	return before + "/" + after
}

// Image returns an image's registry, repository and tag, written the same for every scanner: docker.io where no registry is
// named (whose other names are one), no library/ there, latest where there is neither tag nor digest. Artifacts that are no
// images have none of them.
func (a Artifact) Image() (registry, repository, tag string) {
	if a.Type != "image" || a.Repository == "" {
		return "", "", ""
	}
	registry, repository, tag = a.registryHost(), a.Repository, a.Tag
	if registry == dockerHub {
		repository = strings.TrimPrefix(repository, "library/")
	}
	if tag == "" && !a.byDigest() {
		tag = "latest"
	}
	return registry, repository, tag
}

// byDigest reports whether an image has no tag, and that its name, not only the document, has a digest.
func (a Artifact) byDigest() bool {
	return a.Tag == "" && a.Digest != "" && strings.Contains(a.Name, "sha256:")
}

// image returns an image's subject.
func (a Artifact) image() string {
	registry, repository, tag := a.Image()
	if a.byDigest() {
		return registry + "/" + repository + "@" + a.Digest
	}
	return registry + "/" + repository + ":" + tag
}

// registryHost returns the host, else the display name unless it is that of Docker's own registry.
func (a Artifact) registryHost() string {
	host := cmp.Or(a.Host, a.Registry)
	switch strings.ToLower(host) {
	case "", "docker hub", "dockerhub", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "hub.docker.com", "registry.docker.io", "docker.com":
		return dockerHub
	}
	return host
}

// boundedSubject returns a subject short and printable.
func boundedSubject(s string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s)
	if len(s) <= maxSubject && clean == s {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	if most := maxSubject - 1 - subjectHash; len(clean) > most {
		for most > 0 && !utf8.RuneStart(clean[most]) {
			most--
		}
		clean = clean[:most]
	}
	return clean + "~" + hex.EncodeToString(sum[:subjectHash/2])
}

package scan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	dockerHub   = "docker.io"
	maxSubject  = 1024 // bytes
	subjectHash = 16   // hex digits of the hash that a shortened subject ends with
)

// Subject names what a rescan is a rescan of, the same for every scanner: host/repository:tag for images, type:namespace/name
// for the rest. It has at most 1,024 bytes and no control characters; a name that has to be changed for that gets a hash
// of the whole at its end, so that two names do not become one.
func (a Artifact) Subject() string {
	if a.Type == "image" && a.Repository != "" {
		return bounded(a.image())
	}
	name := a.Name
	if name == "" {
		name = a.Digest
	}
	if a.Namespace == "" {
		return bounded(a.Type + ":" + name)
	}
	if name = path.Clean(name); name == "." {
		return bounded(a.Type + ":" + a.Namespace)
	}
	return bounded(a.Type + ":" + a.Namespace + "/" + name)
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

// image spells an image's subject.
func (a Artifact) image() string {
	registry, repository, tag := a.Image()
	if a.byDigest() {
		return registry + "/" + repository + "@" + a.Digest
	}
	return registry + "/" + repository + ":" + tag
}

// registryHost is the host, else the display name unless it is that of Docker's own registry.
func (a Artifact) registryHost() string {
	host := cmp.Or(a.Host, a.Registry)
	switch strings.ToLower(host) {
	case "", "docker hub", "dockerhub", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "hub.docker.com", "registry.docker.io", "docker.com":
		return dockerHub
	}
	return host
}

// ImageArtifact takes an image's name apart: [scheme://][user@]host/repository[:tag][@digest].
func ImageArtifact(name string) Artifact {
	a := Artifact{Type: "image", Name: WithoutUser(name)}
	_, rest := cutScheme(a.Name)
	if IsFile(rest) && (strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, ".") || strings.Contains(rest, "/")) {
		return a // the file's name says nothing about the image
	}
	a.Host, rest = splitHost(rest)
	rest, a.Digest, _ = strings.Cut(rest, "@")
	if before, digest, ok := strings.Cut(rest, ":sha256:"); ok { // Aqua writes a digest like a tag
		rest, a.Digest = before, "sha256:"+digest
	}
	a.Digest = ImageDigest(a.Digest)
	a.Repository = rest
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.Contains(rest[i:], "/") {
		a.Repository, a.Tag = rest[:i], rest[i+1:]
	}
	return a
}

// splitHost takes the host off an image's name by the rule that every registry client uses: the first component is one when
// it has a dot or a port, or is localhost.
func splitHost(name string) (host, rest string) {
	first, after, ok := strings.Cut(name, "/")
	if !ok || after == "" || !strings.ContainsAny(first, ".:") && !strings.EqualFold(first, "localhost") {
		return "", name
	}
	return strings.ToLower(first), after
}

// ImageDigest spells a digest "sha256:…", whether it has the prefix or not; what is no digest becomes "".
func ImageDigest(s string) string {
	digits := strings.ToLower(strings.TrimPrefix(s, "sha256:"))
	if len(digits) != 64 || strings.Trim(digits, "0123456789abcdef") != "" {
		return ""
	}
	return "sha256:" + digits
}

// RepoDigest returns the digest of the first of an image's repository digests, "repository@sha256:…", that has one; "" without.
func RepoDigest(digests []string) string {
	for _, d := range digests {
		if _, digest, ok := strings.Cut(d, "@"); ok && digest != "" {
			return digest
		}
	}
	return ""
}

// WithoutUser removes user information, which may hold a password, from a name or URL: it stands before an "@" in the first
// component behind the scheme, when something follows that component.
func WithoutUser(name string) string {
	scheme, rest := cutScheme(name)
	end := strings.IndexByte(rest, '/')
	if end < 0 && scheme == "" {
		return name // repository@digest
	}
	if end < 0 {
		end = len(rest)
	}
	return scheme + rest[strings.LastIndexByte(rest[:end], '@')+1:]
}

// cutScheme takes a scheme with its colon and slashes off a name; "" when there is none.
func cutScheme(name string) (scheme, rest string) {
	before, after, ok := strings.Cut(name, "://")
	if !ok || strings.Trim(strings.ToLower(before), "abcdefghijklmnopqrstuvwxyz0123456789+.-") != "" {
		return "", name
	}
	return before + "://", after
}

// IsFile reports whether a name is that of an image in a file.
func IsFile(name string) bool {
	tail := strings.ToLower(name[max(0, len(name)-len(".tar.zst")):])
	for _, suffix := range [...]string{".tar", ".tar.gz", ".tgz", ".tar.zst"} {
		if strings.HasSuffix(tail, suffix) {
			return true
		}
	}
	return strings.HasPrefix(name, "/") || strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../")
}

// RelativePath reports whether a name means something only in the folder in which the scanner ran.
func RelativePath(name, kind string) bool {
	first, _, more := strings.Cut(name, "/")
	remote := kind == "repository" && more && strings.Trim(first, ".") != "" && strings.Contains(first, ".")
	return !strings.HasPrefix(name, "/") && !strings.Contains(name, "://") && !remote && !(len(name) > 2 && name[1] == ':')
}

// nameArtifact warns of an artifact whose name is missing or says little, and puts a digest of the content in place of a missing
// one.
func (doc *Document) nameArtifact(a *Artifact) {
	switch {
	case a.Name == "" && a.Digest == "" && a.Namespace == "":
		doc.Warnf("names no artifact: known by its content only; --subject NAME gives it a name")
		*a = Artifact{Type: Generic, Name: contentHash(doc.Raw)}
	case a.isPath() && a.Namespace == "" && RelativePath(a.Name, a.Type):
		doc.Warnf("the artifact is %s, relative to where the scanner ran: --subject NAME gives it a name", Excerpt(a.Name))
	}
}

// isPath reports whether an artifact of this type may go by a path.
func (a *Artifact) isPath() bool {
	switch a.Type {
	case "filesystem", "repository", "vm", "sbom":
		return true
	}
	return false
}

// bounded keeps a subject short and printable.
func bounded(s string) string {
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

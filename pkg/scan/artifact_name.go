package scan

import (
	"crypto/sha256"
	"strings"
)

// ImageArtifact returns the image of a name, "[scheme://][user@]host/repository[:tag][@digest]", taken apart. Of the path of a
// file (see [IsFile]) and of an image's ID (see [IsImageID]) it keeps the name alone: neither says what the image is.
func ImageArtifact(name string) Artifact {
	a := Artifact{Type: "image", Name: WithoutUser(name)}
	_, rest := cutScheme(a.Name)
	if IsFile(rest) || IsImageID(rest, "") {
		return a
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

// splitHost returns the host of an image's name and the rest, by the rule that every registry client uses: the first component is one when
// it has a dot or a port, or is localhost.
func splitHost(name string) (host, rest string) {
	first, after, ok := strings.Cut(name, "/")
	if !ok || after == "" || !strings.ContainsAny(first, ".:") && !strings.EqualFold(first, "localhost") {
		return "", name
	}
	return strings.ToLower(first), after
}

// ImageDigest returns a digest spelt "sha256:…" and 64 hex digits, whether s has the prefix or not; "" when s is no SHA-256.
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

// WithoutUser returns a name or URL without user information, which may hold a password: it stands before an "@" in the first
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

// cutScheme returns the scheme of a name with its colon and slashes, "" when it has none, and the rest.
func cutScheme(name string) (scheme, rest string) {
	before, after, ok := strings.Cut(name, "://")
	if !ok || strings.Trim(strings.ToLower(before), "abcdefghijklmnopqrstuvwxyz0123456789+.-") != "" {
		return "", name
	}
	return before + "://", after
}

// IsFile reports whether an image's name is the path of the file that it was scanned from: an archive's, or one that begins with
// "/", "./" or "../". The image's own name then stands elsewhere in the document.
func IsFile(name string) bool {
	tail := strings.ToLower(name[max(0, len(name)-len(".tar.zst")):])
	for _, suffix := range [...]string{".tar", ".tar.gz", ".tgz", ".tar.zst"} {
		if strings.HasSuffix(tail, suffix) {
			return true
		}
	}
	return strings.HasPrefix(name, "/") || strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../")
}

// shortestID is how many digits of an ID are taken as one: shorter ones may be names.
const shortestID = 4

// IsImageID reports whether a name is the ID of an image, "sha256:" and 64 hex digits or either alone, or digits with which the
// given ID begins.
func IsImageID(name, id string) bool {
	digits, prefixed := strings.CutPrefix(name, "sha256:")
	if len(digits) < shortestID || strings.Trim(digits, "0123456789abcdef") != "" {
		return false
	}
	return len(digits) == sha256.Size*2 || strings.HasPrefix(strings.TrimPrefix(id, "sha256:"), digits) || prefixed
}

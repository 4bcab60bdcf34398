package scan

import (
	"path"
	"strings"
)

// RepositoryOf returns a repository as host/path, in the one spelling of its many URLs: without scheme, user information, the
// scheme's own port, ".git" and slashes at the end, the host in lower case. "git@host:path", "ssh://host/path" and
// "https://host/path.git" are the same. It is "" for what names no host: a path, "file://…".
func RepositoryOf(url string) string {
	scheme, rest := cutScheme(strings.TrimSpace(url))
	if rest, _, _ = strings.Cut(rest, "#"); strings.EqualFold(scheme, "file://") || strings.HasPrefix(rest, "/") {
		return ""
	}
	rest, _, _ = strings.Cut(rest, "?")
	host, within, _ := strings.Cut(rest, "/")
	if before, after, ok := strings.Cut(host[strings.LastIndexByte(host, '@')+1:], ":"); ok && scheme == "" && !isPort(after, host) {
		host, within = before, after+"/"+within // git@host:path
		if len(host) < 2 {
			return "" // the letter of a drive
		}
	}
	host = withoutPort(strings.ToLower(host[strings.LastIndexByte(host, '@')+1:]), scheme)
	within = strings.TrimPrefix(path.Clean("/"+strings.TrimRight(within, "/")), "/")
	within = strings.TrimSuffix(within, ".git")
	if scheme == "" && !strings.ContainsAny(host, ".:") || strings.Trim(host, ".:") == "" || within == "" {
		return ""
	}
	return host + "/" + within
}

// isPort reports whether what follows a host's colon is a port. "git@host:2022/x" has a path there, as git reads it.
func isPort(s, host string) bool {
	return s != "" && strings.Trim(s, "0123456789") == "" && !strings.Contains(host, "@")
}

// withoutPort returns a host without the port that its scheme has anyway.
func withoutPort(host, scheme string) string {
	port := ""
	switch strings.ToLower(scheme) {
	case "https://":
		port = ":443"
	case "http://":
		port = ":80"
	case "ssh://", "git+ssh://":
		port = ":22"
	case "git://":
		port = ":9418"
	}
	return strings.TrimSuffix(host, port)
}

// RepositoryArtifact returns a repository, or a folder of type "filesystem" that is one: name is what was scanned, url is the
// repository's as far as the document says, and both may be places only.
func RepositoryArtifact(kind, name, url string) Artifact {
	a := Artifact{Type: kind, Name: WithoutUser(name), Namespace: RepositoryOf(url)}
	if a.Namespace == "" && (kind == "repository" || strings.Contains(name, "://")) {
		a.Namespace = RepositoryOf(name)
		return a
	}
	if within, ok := inside(a.Name); ok && a.Namespace != "" && path.Base(within) != path.Base(a.Namespace) && RepositoryOf(name) != a.Namespace {
		a.Path = within // a folder that is called like the repository is a clone of it
	}
	return a
}

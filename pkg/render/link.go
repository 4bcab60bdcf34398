package render

import (
	"net/url"
	"strings"

	"github.com/postee/postee/pkg/scan"
)

// maxURL bounds an address, in bytes: what is longer is no link that anybody wrote down.
const maxURL = 2048

// link returns the address of a span when it may be followed: http or https, a host, no user information (which makes one host
// look like another), no blanks, and nothing but ASCII.
func link(address string) (string, bool) {
	lower := strings.ToLower(address[:min(len(address), len("https://"))])
	if !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "http://") || len(address) > maxURL || !plain(address) {
		return "", false
	}
	if simpleURL(address) {
		return address, true
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return "", false
	}
	s := linkEscapes().Replace(u.String())
	return s, len(s) <= maxURL
}

// Basic reports whether a character is a letter or digit of ASCII: one that means nothing in any dialect.
func Basic(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// Followable returns an address that can stand in a dialect's link, "" for one that is not to be followed: only http and https with a host
// are, of so many bytes at most, without a user, behind whose name another host can hide, and of no other characters than basic ones
// and signs. The tree spells the others %xx.
func Followable(address string, most int, signs string) string {
	if len(address) > most || !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
		return ""
	}
	for i := range len(address) {
		if c := address[i]; !Basic(rune(c)) && strings.IndexByte(signs, c) < 0 {
			return ""
		}
	}
	if u, err := url.Parse(address); err != nil || u.Host == "" {
		return ""
	}
	return address
}

// simpleURL reports whether an address has only characters that mean nothing special in any of the languages printed here, and
// therefore need not be taken apart: host, path and query of the addresses that scanners give.
func simpleURL(s string) bool {
	_, rest, _ := strings.Cut(s, "://")
	for i := range len(rest) {
		c := rest[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte("./-?=", c) < 0 {
			return false
		}
	}
	return rest != "" && rest[0] != '/' && rest[0] != '?' && rest[0] != '.'
}

// linkEscapes spells what url.String leaves alone although Markdown or a terminal would read it.
func linkEscapes() *strings.Replacer {
	return strings.NewReplacer(" ", "%20", "<", "%3C", ">", "%3E", `"`, "%22", "'", "%27", "(", "%28", ")", "%29", `\`, "%5C", "`", "%60",
		"|", "%7C", "*", "%2A", "_", "%5F", "[", "%5B", "]", "%5D", "{", "%7B", "}", "%7D", "^", "%5E", "~", "%7E", "@", "%40")
}

// imageLink leads to the image in Aqua's console; "" when there is no server, or the artifact is no image in a registry.
func imageLink(server string, a *scan.Artifact) string {
	registry := a.Registry
	if registry == "" {
		registry = a.Host
	}
	if server == "" || a.Type != "image" || a.Repository == "" || registry == "" {
		return ""
	}
	name := a.Repository
	if a.Tag != "" {
		name += ":" + a.Tag
	}
	return strings.TrimRight(server, "/") + "/#/images/" + url.PathEscape(registry) + "/" + url.PathEscape(name)
}

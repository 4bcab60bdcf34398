package slack

import (
	"net/url"
	"strings"

	"github.com/postee/postee/pkg/render"
)

// maxLink bounds a link's address, in bytes: a longer one is left out, and its text stays.
const maxLink = 600

// link returns an address that can stand in <address|text>, "" for one that is not to be followed: only http and https with a
// host are, without a user, behind whose name another host can hide.
func link(address string) string {
	if address == "" || len(address) > maxLink {
		return ""
	}
	if simple(address) {
		return address
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	for i := range len(u.Host) {
		if c := u.Host[i]; c != '.' && c != '-' && c != ':' && c != '[' && c != ']' && !render.Basic(rune(c)) {
			return ""
		}
	}
	return safe(u.String())
}

// simple reports whether an address is of the kind that scanners give, with nothing in it that needs a look.
func simple(address string) bool {
	rest, ok := strings.CutPrefix(address, "https://")
	if !ok || rest == "" || !render.Basic(rune(rest[0])) {
		return false
	}
	for i := range len(rest) {
		if c := rest[i]; !render.Basic(rune(c)) && c != '.' && c != '-' && c != '/' {
			return false
		}
	}
	return true
}

// safe encodes in an address what has a meaning to Slack. An ampersand is escaped, as in all text.
func safe(address string) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(address) {
		switch c := address[i]; {
		case c == '&':
			out.WriteString("&amp;")
		case c <= ' ' || c >= 0x7f || strings.IndexByte("<>|`\"\\^{}*~", c) >= 0:
			out.Write([]byte{'%', digits[c>>4], digits[c&15]})
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

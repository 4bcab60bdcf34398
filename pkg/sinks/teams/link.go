package teams

import (
	"net/url"
	"strings"
)

// maxLink bounds a link's address, in bytes: a longer one is left out, and its text stays.
const maxLink = 600

// link returns an address that can stand in a link, "" for one that is not to be followed: only http and https with a host are,
// without a user, behind whose name another host can hide, and without a sign that means something in Markdown. The tree spells
// those signs %xx.
func link(address string) string {
	if address == "" || len(address) > maxLink || !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
		return ""
	}
	for i := range len(address) {
		if c := address[i]; !basic(rune(c)) && strings.IndexByte("./-?=:%&#+,;!$", c) < 0 {
			return ""
		}
	}
	if u, err := url.Parse(address); err != nil || u.Host == "" {
		return ""
	}
	return strings.ReplaceAll(address, ";", "%3B") // with it, &lt; would be a sign of its own
}

package teams

import (
	"strings"

	"github.com/postee/postee/pkg/render"
)

// maxLink bounds a link's address, in bytes: a longer one is left out, and its text stays.
const maxLink = 600

// link returns an address that can stand in a link of Markdown, "" for one that is not to be followed.
func link(address string) string {
	return strings.ReplaceAll(render.Followable(address, maxLink, "./-?=:%&#+,;!$"), ";", "%3B") // with it, &lt; would be a sign of its own
}

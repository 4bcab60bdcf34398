package servicenow

import (
	"fmt"
	"strings"

	"github.com/postee/postee/pkg/sinks/ticket"
)

// What stands in correlation_display, at most 100 characters: which message opened the record, and what it was told last:
// "postee-<key> told <key> 2" is the second note of a message.

// openedBy returns the key of the message that opened a record, "" when it does not say.
func openedBy(display string) string {
	name, _, _ := strings.Cut(display, " ")
	key, ok := strings.CutPrefix(name, ticket.Prefix)
	if !ok {
		return ""
	}
	return key
}

// toldBy returns the key of the message that a record was told last, and how many notes of it; 0 when it does not say.
func toldBy(display string) (key string, notes int) {
	_, rest, _ := strings.Cut(display, " told ")
	if _, err := fmt.Sscanf(rest, "%s %d", &key, &notes); err != nil {
		return "", 0
	}
	return key, notes
}

// told returns what stands there once a record that key opened has been told so many notes of the message by.
func told(key, by string, notes int) string {
	return fmt.Sprintf("%s%s told %s %d", ticket.Prefix, key, by, notes)
}

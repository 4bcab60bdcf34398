package scan

import "strings"

// CheckID returns the one spelling of the ID of a check, which its scanner has spelt in several ways over time: "AVD-" goes, and a number of
// up to four digits behind a word of capitals gets a hyphen and four digits: DS002, DS-0002 and AVD-DS-0002 are one. IDs of
// another shape stay as they are.
func CheckID(id string) string {
	id = strings.TrimPrefix(id, "AVD-")
	word := strings.TrimRight(id, "0123456789")
	number := id[len(word):]
	word = strings.TrimSuffix(word, "-")
	if number == "" || len(number) > 4 || len(word) < 2 || strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return id
	}
	return word + "-" + "0000"[len(number):] + number
}

package email

import (
	"errors"
	"net/mail"
	"slices"
	"strings"
)

// maxAddress is the longest address there is (RFC 5321, 4.5.3.1.3).
const maxAddress = 254

// parseAddress reads one address, with a name or without.
func parseAddress(text string) (*mail.Address, error) {
	a, err := mail.ParseAddress(text)
	if err != nil {
		return nil, errors.New("must be a mail address: name@example.com")
	}
	return a, checkAddress(a.Address)
}

// checkAddress refuses what no SMTP command can hold without an extension, and what could be taken for two.
func checkAddress(address string) error {
	local, domain := cut(address)
	switch {
	case local == "" || domain == "":
		return errors.New("must be a mail address: name@example.com")
	case len(address) > maxAddress:
		return errors.New("is too long for a mail address")
	case strings.ContainsFunc(address, func(r rune) bool { return r >= 0x7f }):
		return errors.New("must be ASCII: write the domain in its xn-- form")
	case strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`<>()[],;:\"`, r) }):
		return errors.New("has a sign in it that a mail address here must not have")
	case !validDomain(domain):
		return errors.New("has no valid domain behind the @")
	}
	return nil
}

// validDomain reports whether a domain is made of letters, digits, hyphens and dots between.
func validDomain(domain string) bool {
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(strings.ToLower(label), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// cut divides an address at its last @.
func cut(address string) (local, domain string) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return "", ""
	}
	return address[:at], address[at+1:]
}

// appendNew appends an address that is not in the list in any case: almost no server tells cases apart.
func appendNew(list []string, address string) []string {
	if slices.ContainsFunc(list, func(a string) bool { return strings.EqualFold(a, address) }) {
		return list
	}
	return append(list, address)
}

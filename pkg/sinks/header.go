package sinks

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ValidHeaderName reports whether s may name a header (RFC 9110, 5.6.2).
func ValidHeaderName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// validFieldValue reports whether s may be the value of a header (RFC 9110, 5.5).
func validFieldValue(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) < 0
}

// HeaderValue makes any text safe as a header's value: what is not visible ASCII, and the percent sign, becomes %XX. No more
// than limit bytes are given; a cut never splits an escape.
func HeaderValue(s string, limit int) string {
	var out strings.Builder
	for i := range len(s) {
		next := s[i : i+1]
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '%' {
			next = "%" + strings.ToUpper(strconv.FormatUint(uint64(c)|0x100, 16)[1:])
		}
		if out.Len()+len(next) > limit {
			break
		}
		out.WriteString(next)
	}
	return out.String()
}

// maxWait bounds how long a target can ask to be left alone.
const maxWait = 24 * time.Hour

// sinceEpoch is the number from which a header means seconds since 1970, and below which seconds from now.
const sinceEpoch = 1e9

// wait returns how long the header of that name asks to wait: seconds, or a time, which is compared with the server's own clock
// where it says its time. 0 is that there is none, or that it cannot be read; more than a day is a day.
func wait(h http.Header, name string, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get(name))
	at, err := parseTime(value)
	if seconds, failed := strconv.ParseUint(value, 10, 32); errors.Is(failed, strconv.ErrRange) {
		return maxWait
	} else if failed == nil && seconds < sinceEpoch {
		return min(time.Duration(seconds)*time.Second, maxWait)
	} else if failed == nil {
		at, err = time.Unix(int64(seconds), 0), nil
	}
	if err != nil {
		return 0
	}
	if said, err := http.ParseTime(h.Get("Date")); err == nil {
		now = said
	}
	return min(max(at.Sub(now), 0), maxWait)
}

// parseTime reads a time as HTTP writes it, or as RFC 3339 does, seconds or not (Jira has none).
func parseTime(value string) (time.Time, error) {
	at, err := http.ParseTime(value)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if err != nil {
			at, err = time.Parse(layout, value)
		}
	}
	return at, err
}

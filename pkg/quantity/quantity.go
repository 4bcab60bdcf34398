// Package quantity reads durations and sizes as people write them, in a configuration and in flags alike.
package quantity

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// day is what "d" means; a change of clocks does not matter to anything that is configured in days.
const day = 24 * time.Hour

// MaxText is how much of what the user wrote a message repeats, in bytes.
const MaxText = 64

// Quote repeats what the user wrote, shortened.
func Quote(s string) string {
	if len(s) > MaxText {
		s = strings.ToValidUTF8(s[:MaxText], "") + "…"
	}
	return strconv.Quote(s)
}

// Duration reads 90s, 10m, 2h, 1d, 1H, 1h30m, 1d12h and plain seconds, in any case; never a negative one.
func Duration(s string) (time.Duration, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, nil
	}
	bad := fmt.Errorf("%s is no duration: write 90s, 10m, 2h, 1d or 1h30m", Quote(s))
	var days time.Duration
	if number, rest, ok := strings.Cut(text, "d"); ok {
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return 0, bad
		}
		days, text = time.Duration(n)*day, rest
		if text == "" {
			return days, nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || strings.ContainsAny(text, "+-") || d > math.MaxInt64-days {
		return 0, bad
	}
	return days + d, nil
}

// Size reads 200kb, 1000 MB and 1.5GB as bytes, in any case; a bare number is bytes. A kilobyte is 1,024 bytes.
func Size(s string) (int64, error) { return size(s, 1) }

// size reads a size whose bare number is in units of bare bytes.
func size(s string, bare float64) (int64, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	number := strings.TrimRight(text, "bkmgti ")
	unit, ok := unitSize(strings.TrimSpace(text[len(number):]), bare)
	n, err := strconv.ParseFloat(number, 64)
	// ParseFloat knows signs, exponents, hexadecimal digits and infinity; a size has none of them.
	if !ok || err != nil || strings.Trim(number, "0123456789.") != "" || n*unit >= math.MaxInt64 {
		return 0, fmt.Errorf("%s is no size: write 200kB, 1000MB or 1.5GB", Quote(s))
	}
	return int64(n * unit), nil
}

// unitSize returns a unit in bytes.
func unitSize(unit string, bare float64) (float64, bool) {
	switch unit {
	case "":
		return bare, true
	case "b":
		return 1, true
	case "k", "kb", "kib":
		return 1 << 10, true
	case "m", "mb", "mib":
		return 1 << 20, true
	case "g", "gb", "gib":
		return 1 << 30, true
	case "t", "tb", "tib":
		return 1 << 40, true
	}
	return 0, false
}

// Bytes reads a size whose bare number is megabytes, as Max_DB_Size does.
func Bytes(s string) (int64, error) { return size(s, 1<<20) }

// Age reads a duration whose bare number is days, as Delete_Old_Data does.
func Age(s string) (time.Duration, error) {
	text := strings.TrimSpace(s)
	if strings.Trim(text, "0123456789") == "" {
		text += "d"
	}
	d, err := Duration(text)
	if err != nil {
		return 0, fmt.Errorf("%s is no number of days: write 30, or a duration such as 12h", Quote(s))
	}
	return d, nil
}

package config

import (
	"time"

	"github.com/postee/postee/pkg/quantity"
)

// plain repeats a key as it is, unless that would not be one short printable line.
func plain(key string) string {
	if quoted := quantity.Quote(key); quoted != `"`+key+`"` {
		return quoted
	}
	return key
}

// megabytes is a size in bytes whose bare number was megabytes.
type megabytes int64

// UnmarshalText reads one.
func (m *megabytes) UnmarshalText(text []byte) error {
	n, err := quantity.Bytes(string(text))
	*m = megabytes(n)
	return err
}

// days is a duration whose bare number was days.
type days time.Duration

// UnmarshalText reads one.
func (d *days) UnmarshalText(text []byte) error {
	age, err := quantity.Age(string(text))
	*d = days(age)
	return err
}

package config

import (
	"testing"
	"time"
)

// TestMaxAge: days, or a duration; left out, others say.
func TestMaxAge(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"- type: common\n  max-age: 48H\n": 48 * time.Hour,
		"- type: common\n  MAX_AGE: 2\n":   48 * time.Hour,
		"- type: common\n  max-age:\n":     0,
		"- type: common\n  state: none\n":  0,
	} {
		if c := good(t, text, true); c.Common.MaxAge != want || len(c.Notes) > 0 {
			t.Errorf("%s: %s, %v", text, c.Common.MaxAge, c.Notes)
		}
	}
}

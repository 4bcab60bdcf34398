package config

import (
	"testing"
	"time"
)

// TestMaxAge: days, or a duration; left out, others say.
func TestMaxAge(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"- type: common\n  max-age: 48H\n": 48 * time.Hour,
		"- type: common\n  MAX_AGE: 2\n":   2 * day,
		"- type: common\n  max-age:\n":     0,
		"- type: common\n  state: none\n":  0,
	} {
		if c := good(t, text, true); c.Common.MaxAge != want || len(c.Notes) > 0 {
			t.Errorf("%s: %s, %v", text, c.Common.MaxAge, c.Notes)
		}
	}
}

// TestBoundsAsFlags: a flag means what the configuration's key means.
func TestBoundsAsFlags(t *testing.T) {
	if n, err := Bytes("500"); err != nil || n != 500<<20 {
		t.Error(n, err)
	}
	if n, err := Bytes("8kB"); err != nil || n != 8<<10 {
		t.Error(n, err)
	}
	if d, err := Age("90"); err != nil || d != 90*day {
		t.Error(d, err)
	}
	if d, err := Age("36h"); err != nil || d != 36*time.Hour {
		t.Error(d, err)
	}
	if _, err := Age("soon"); err == nil {
		t.Error("any word is an age")
	}
}

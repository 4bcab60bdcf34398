package quantity

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "10m": 10 * time.Minute, "2h": 2 * time.Hour, "1d": day, "1H": time.Hour, "30M": 30 * time.Minute,
		"1h30m": 90 * time.Minute, "1d12h": 36 * time.Hour, "90": 90 * time.Second, "0": 0, " 5s ": 5 * time.Second,
		"1.5h": 90 * time.Minute, "500ms": 500 * time.Millisecond, "30D": 30 * day,
	} {
		if got, err := Duration(s); err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", s, got, err, want)
		}
	}
	for _, s := range []string{
		"", " ", "x", "-1", "-5s", "+5s", "1d-2h", "1x", "5 minutes", "1.5d", "d", "99999d", "65535d2562047h", "9999999h", "4294967296", "1e9s",
	} {
		if got, err := Duration(s); err == nil {
			t.Errorf("%q: %v, want an error", s, got)
		}
	}
}

func TestSize(t *testing.T) {
	for s, want := range map[string]int64{
		"200kb": 200 << 10, "1000 MB": 1000 << 20, "1.5GB": 3 << 29, "1TiB": 1 << 40, "7": 7, "7b": 7, "0": 0, " 2 k ": 2048, ".5k": 512,
	} {
		if got, err := Size(s); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "kb", "-1", "+1", "1e3", "0x10", "inf", "nan", "1 PB", "1bb", "1.2.3", "9223372036854775808", "8388608tb", "1 0"} {
		if got, err := Size(s); err == nil {
			t.Errorf("%q: %d, want an error", s, got)
		}
	}
	if n, err := Bytes("1000"); err != nil || n != 1000<<20 {
		t.Errorf("1000 megabytes: %d, %v", n, err)
	}
}

func TestDays(t *testing.T) {
	for s, want := range map[string]time.Duration{"30": 30 * day, "12h": 12 * time.Hour, "7d": 7 * day, "0": 0} {
		if d, err := Age(s); err != nil || d != want {
			t.Errorf("%q: %v, %v, want %v", s, d, err, want)
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

func FuzzDuration(f *testing.F) {
	f.Add("1d12h")
	f.Add("65535d2562047h")
	f.Add("90")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := Duration(s)
		if err != nil {
			if len(err.Error()) > 6*MaxText {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		if d < 0 {
			t.Errorf("%q: %v", s, d)
		}
		if again, err := Duration(d.String()); err != nil || again != d {
			t.Errorf("%q: %v reads as %v, %v", s, d, again, err)
		}
	})
}

func FuzzSize(f *testing.F) {
	f.Add("1.5GB")
	f.Add("1000 MB")
	f.Add("9223372036854775807")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Size(s)
		if err == nil && (n < 0 || n == math.MaxInt64 || !strings.ContainsAny(s, "0123456789")) {
			t.Errorf("%q: %d", s, n)
		}
	})
}

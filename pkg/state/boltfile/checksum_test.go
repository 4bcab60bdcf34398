package boltfile

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/state"
)

// TestGoldenChecksum: what any version has written must be read for ever.
func TestGoldenChecksum(t *testing.T) {
	text, err := os.ReadFile("testdata/checksummed-1.hex")
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	s, key := newChecksummed(nil), "\x00\x00\x00\x00\x00\x00\x00\x05"
	plain, err := s.open(state.BucketOut, key, b)
	if err != nil || string(plain) != "value" {
		t.Errorf("%q, %v", plain, err)
	}
	now := append([]byte{1}, "value"...)
	sum := s.sum(state.BucketOut, key, now)
	if now = append(now, byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24)); string(now) != string(b) {
		t.Errorf("%x is written now, %x is read", now, b)
	}
}

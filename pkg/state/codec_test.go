package state

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var rewrite = flag.Bool("update", false, "write the goldens of this version anew")

// golden reads a value as some version wrote it: hex digits, in lines.
func golden(t *testing.T, name string, now []byte) []byte {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, []byte(lines(hex.EncodeToString(now))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func lines(s string) string {
	var b strings.Builder
	for ; len(s) > 64; s = s[64:] {
		b.WriteString(s[:64] + "\n")
	}
	return b.String() + s + "\n"
}

func goldenRecord() Record {
	return Record{Subject: "docker.io/library/app:1.2", Generation: 300, Day: 20779, Base: 5,
		Routes: []RouteState{{Route: "slack", Number: 7, Told: 1795000000, Compliance: 2}, {Route: "mail", Number: 0, Told: 0}},
		Scans:  []Scan{{Scanner: "trivy", Variant: "linux/arm64", Day: 20779, Time: 1795000000, Packages: [2]uint64{1, 1 << 63}, Seen: []uint64{1 << 62, 7}}, {Scanner: "grype", Day: -3}},
		Views: []View{{Scanner: "trivy", Variant: "linux/arm64", Routes: []string{"slack", "mail"}, Marks: []byte("\x0212345678abcdefgh\x01xy")},
			{Scanner: "grype", Routes: []string{"mail"}}}}
}

func goldenEntry() Entry {
	day := time.Date(2026, 11, 22, 10, 0, 0, 5, time.UTC)
	return Entry{Seq: 1 << 60, Key: "0123456789abcdef0123456789abcdef", Route: "r", Target: "t", Subject: "s", Lane: "r/t/s",
		Thread: "r/t/s", Local: true, Admitter: 1<<62 - 1, Admitted: day, Claim: Claim{Owner: 1 << 61, Since: day, Until: day.Add(time.Minute)},
		NotBefore: day.Add(time.Hour), Unsure: day.Add(time.Minute), Attempts: 3, Done: []string{"1/2", "2/2"}, Plan: []byte{1, 2, 3}, Reason: "HTTP 503",
		Dead: true, Revived: true, Document: bytes.Repeat([]byte{9}, 32), Message: []byte("\x00a message\xff")}
}

// What any version has written must be read for ever: new versions add goldens, and change none.
func TestGoldens(t *testing.T) {
	l := &labels{names: []string{"slack", "trivy", "mail", "grype"}}
	want := goldenRecord()
	got, err := decodeRecord(golden(t, "record-1.hex", encodeRecord(&want, l)), l)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("record: %v %s", err, diff)
	}
	entry := goldenEntry()
	now := encodeEntry(&entry)
	back, err := decodeEntry(golden(t, "entry-1.hex", now))
	if diff := cmp.Diff(entry, back); err != nil || diff != "" {
		t.Errorf("entry: %v %s", err, diff)
	}
	tx := NewBuffer(nothing{})
	if err := putCounters(tx, counters{seq: 1 << 40, generation: 300, subjects: 3, waiting: 2, dead: 1, queued: 4}); err != nil {
		t.Fatal(err)
	}
	v, _ := tx.Get(BucketMeta, metaCounters)
	want1 := counters{1 << 40, 300, 3, 2, 1, 4}
	if err := tx.Put(BucketMeta, metaCounters, golden(t, "counters-1.hex", v)); err != nil {
		t.Fatal(err)
	}
	if c, err := getCounters(tx); err != nil || c != want1 {
		t.Errorf("counters: %+v, %v", c, err)
	}
	l.grown = true
	if err := l.put(tx); err != nil {
		t.Fatal(err)
	}
	v, _ = tx.Get(BucketMeta, metaLabels)
	_ = tx.Put(BucketMeta, metaLabels, golden(t, "labels-1.hex", v))
	names, err := getLabels(tx)
	if diff := cmp.Diff(l.names, names.names); err != nil || diff != "" {
		t.Errorf("labels: %v %s", err, diff)
	}
}

func TestUnknownFieldsOfNewerEntries(t *testing.T) {
	e := Entry{Seq: 3, Key: "k", Message: []byte("message")}
	v := append([]byte{255, 3, 0, 1, 2, 254, 0}, encodeEntry(&e)...)
	e, err := decodeEntry(v)
	if err != nil || e.Seq != 3 || e.Key != "k" || string(e.Message) != "message" {
		t.Errorf("%+v, %v", e, err)
	}
}

func FuzzRecord(f *testing.F) {
	l := &labels{names: []string{"slack", "trivy", "mail", "grype"}}
	r := goldenRecord()
	f.Add(encodeRecord(&r, l))
	f.Add([]byte{0, 0, 0, 0, 0})
	f.Add([]byte{0, 0, 0, 255, 255, 255, 255, 15})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRecord(b, l)
		if err != nil {
			return
		}
		again, err := decodeRecord(encodeRecord(&r, l), l)
		if diff := cmp.Diff(r, again); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	})
}

func FuzzEntry(f *testing.F) {
	e := goldenEntry()
	v := encodeEntry(&e)
	f.Add(v)
	f.Add([]byte("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := decodeEntry(b)
		if err != nil {
			return
		}
		v := encodeEntry(&e)
		again, err := decodeEntry(v)
		if diff := cmp.Diff(e, again, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	})
}

func FuzzLabels(f *testing.F) {
	f.Add([]byte("\x05slack\x04mail"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tx := NewBuffer(nothing{})
		_ = tx.Put(BucketMeta, metaLabels, b)
		if l, err := getLabels(tx); err == nil && len(l.names) > len(b) {
			t.Error("more names than bytes")
		}
	})
}

// The order of keys is the order of numbers, before and after every split and removal.
func TestSorted(t *testing.T) {
	var s sorted
	want := map[string]bool{}
	for i := range uint64(5000) {
		key := seqKey(i * 2654435761 % 4001)
		if i%3 == 0 {
			s.remove(key)
			delete(want, key)
		} else {
			s.put(key, []byte{1})
			want[key] = true
		}
	}
	last, n := "", 0
	for c := range s.from("") {
		if c.key <= last || !want[c.key] {
			t.Fatalf("%x after %x", c.key, last)
		}
		last = c.key
		n++
	}
	if n != len(want) {
		t.Errorf("%d keys, want %d", n, len(want))
	}
	for c := range s.from(seqKey(2000)) {
		if c.key < seqKey(2000) {
			t.Errorf("%x before the beginning", c.key)
		}
	}
}

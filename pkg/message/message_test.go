package message

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/scan"
)

var update = flag.Bool("update", false, "write an encoded message for this version, if there is none")

// full is a message of every kind of field.
func full() *Message {
	item := dedup.Item{Finding: &scan.Finding{
		Kind: scan.Misconfiguration, Severity: scan.High, ID: "DS-0002", Title: "root user", URL: "https://example.com/DS-0002", Location: "Dockerfile", Resource: "USER",
	}, Locations: []string{"Dockerfile"}}
	vulnerability := dedup.Item{Finding: &scan.Finding{ID: "CVE-2026-1", Severity: scan.Critical, Package: "openssl", Installed: "3.0.11", Fixed: "3.0.13"}}
	return &Message{Route: "team", Title: "a title", Test: true, Threshold: Threshold{Least: scan.High, Fixable: true}, Sections: []Section{{
		Subject: "registry.example.com/app:1", Scanner: "trivy", Format: "trivy", Source: "a.json#1", Owners: []string{"a@example.com"},
		Artifact: scan.Artifact{Type: "image", Name: "app:1", Host: "registry.example.com", Registry: "Hub", Repository: "app", Tag: "1", Digest: "sha256:1", Namespace: "n"},
		Delta: dedup.Delta{
			New: []dedup.Item{vulnerability}, Changed: []dedup.Change{{Item: vulnerability, Was: dedup.Was{Severity: scan.Low, Fixed: true}}},
			Fixed: []dedup.Change{{Item: item, Was: dedup.Was{Severity: scan.High}}}, Known: 3, Suppressed: 1, First: true, Compliance: scan.NonCompliant,
			ComplianceChanged: true, Open: [scan.SeverityCount]int{1, 2, 3, 4, 5, 6}, Fixable: 7,
		},
		All: []dedup.Item{item}, Custom: &Custom{Title: "t", Body: "b", Fields: []Field{{"impact", "2"}}}, Blob: bytes.Repeat([]byte{7}, 32),
		Scanned: time.Date(2026, 11, 25, 10, 0, 0, 1000, time.UTC), Told: 1795000000, Job: "https://ci.example.com/1",
	}}}
}

func TestWhatIsEncodedComesBack(t *testing.T) {
	p, exact := Encode(full())
	if !exact {
		t.Error("something was replaced")
	}
	m, err := Decode(p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full(), m); diff != "" {
		t.Error(diff)
	}
	if again, _ := Encode(m); !bytes.Equal(p, again) {
		t.Error("the encoding is not the same again")
	}
}

// TestEveryFieldIsEncoded fills whatever fields there are: all come back, but for what is never stored.
func TestEveryFieldIsEncoded(t *testing.T) {
	var m Message
	n := 0
	fill(reflect.ValueOf(&m).Elem(), &n)
	m.Whole = nil
	for i := range m.Sections {
		s := &m.Sections[i]
		s.Document = nil
		for _, items := range [][]dedup.Item{s.Delta.New, s.All, s.Open, {s.Delta.Changed[0].Item, s.Delta.Fixed[0].Item}} {
			for k := range items {
				items[k].Match, items[k].Lines = "", ""
			}
		}
	}
	p, exact := Encode(&m)
	back, err := Decode(p)
	if err != nil || !exact {
		t.Fatal(err, exact)
	}
	if diff := cmp.Diff(&m, back); diff != "" {
		t.Error(diff)
	}
}

// fill gives every field a value of its own.
func fill(v reflect.Value, n *int) {
	*n++
	if at, ok := v.Addr().Interface().(*time.Time); ok {
		*at = time.UnixMicro(int64(*n)).UTC()
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(strconv.Itoa(*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), n)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	default:
		panic(v.Type())
	}
}

// TestOldEncodings reads every encoding that ever reached a disk. A file is added when the encoding changes, none is ever changed.
func TestOldEncodings(t *testing.T) {
	if name := filepath.Join("testdata", "v5.msg"); *update {
		if _, err := os.Stat(name); err != nil {
			p, _ := Encode(full())
			if err := os.WriteFile(name, p, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := filepath.Glob("testdata/*.msg")
	if err != nil || len(files) == 0 {
		t.Fatalf("no encodings: %v", err)
	}
	for _, name := range files {
		p, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Decode(p)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(full(), m); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	good, _ := Encode(full())
	for name, p := range map[string][]byte{
		"empty": {}, "newer": append([]byte{9}, good[1:]...), "cut": good[:len(good)/2], "no length": {2}, "endless length": {2, 0xff, 0xff, 0xff, 0xff, 0x0f},
	} {
		if _, err := Decode(p); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	if _, err := Decode(append([]byte{9}, good[1:]...)); !strings.Contains(err.Error(), "newer postee") {
		t.Errorf("a newer version: %v", err)
	}
}

func TestNamesThatAreNotText(t *testing.T) {
	p, exact := Encode(&Message{Sections: []Section{{Subject: "a\xffb"}}})
	if exact {
		t.Error("nothing was said of what is replaced")
	}
	if m, err := Decode(p); err != nil || m.Sections[0].Subject != "a�b" {
		t.Errorf("%v %v", m, err)
	}
}

func FuzzDecode(f *testing.F) {
	p, _ := Encode(full())
	f.Add(p)
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := Decode(p)
		if err != nil {
			return
		}
		p, exact := Encode(m)
		again, err := Decode(p)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if diff := cmp.Diff(m, again); exact && diff != "" {
			t.Error(diff)
		}
	})
}

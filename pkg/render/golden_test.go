package render

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
)

var update = flag.Bool("update", false, "write the golden files anew")

// printers are all forms, by the ending of their golden files.
func printers() map[string]func(*message.Message) []byte {
	page := func(m *message.Message) Tree { return Layout(m, Options{AquaServer: "https://aqua.example.com/"}) }
	return map[string]func(*message.Message) []byte{
		"txt":         func(m *message.Message) []byte { return Text(page(m)) },
		"md":          func(m *message.Message) []byte { return Markdown(page(m)) },
		"html":        func(m *message.Message) []byte { return HTML(page(m), HTMLOptions{Document: true}) },
		"console.txt": func(m *message.Message) []byte { return Console(m, ConsoleOptions{}) },
		"80.txt": func(m *message.Message) []byte {
			return Console(m, ConsoleOptions{TerminalOptions: TerminalOptions{Width: 80}})
		},
		"100.ansi": func(m *message.Message) []byte {
			return Console(m, ConsoleOptions{TerminalOptions: TerminalOptions{Width: 100, Colour: true, Links: true}})
		},
	}
}

func TestGoldens(t *testing.T) {
	for _, c := range append(cases(), named{"1500", many(1500)}) {
		for ending, printed := range printers() {
			name := c.name + "." + ending
			t.Run(name, func(t *testing.T) {
				got := printed(c.message)
				if again := printed(c.message); !bytes.Equal(got, again) {
					t.Fatal("printed twice, it is not the same")
				}
				if len(got) > 20_000 {
					got = fmt.Appendf(got[:4000:4000], "\n… %d bytes, SHA-256 %x\n", len(got), sha256.Sum256(got))
				}
				golden(t, filepath.Join("testdata", "golden", name), got)
			})
		}
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestTitlesAndSummaries(t *testing.T) {
	want := map[string][2]string{
		"first":           {"registry.example.com/shop/api:2.4 vulnerability scan report", "7 open (2 critical, 2 high, 1 medium, 1 low, 1 unknown); 4 can be fixed"},
		"difference":      {"registry.example.com/shop/api:2.4: 2 new, 1 changed, 2 fixed", "50 open (7 high, 30 medium, 13 low); 2 can be fixed; 48 known"},
		"clean":           {"registry.example.com/shop/api:2.4 vulnerability scan report", "no open findings"},
		"digest":          {"Vulnerability scan report: 3 images; 2 critical, 9 high open now", "57 open (2 critical, 9 high, 31 medium, 14 low, 1 unknown); 6 can be fixed; 48 known"},
		"compliance":      {"registry.example.com/shop/api:2.4: no longer compliant", "2 open (2 high); 2 known"},
		"compliant-again": {"registry.example.com/shop/api:2.4: 1 fixed, compliant again", "no open findings; 2 known"},
		"unknown":         {"generic:5f0c1f0b8a1d2e3c: a document of no known format", "no scan that postee understands"},
		"digest-unknown":  {"Vulnerability scan report: 2 subjects; 2 critical, 2 high open now", "7 open (2 critical, 2 high, 1 medium, 1 low, 1 unknown); 4 can be fixed; 1 document of no known format"},
		"test":            {"postee test message", "delivery works"},
		"titled":          {"Our own title", "no open findings"},
		"empty":           {"Vulnerability scan report: 0 images", "no open findings"},
	}
	for _, c := range cases() {
		if w, ok := want[c.name]; ok && w != [2]string{Title(c.message), Summary(c.message)} {
			t.Errorf("%s: %q, %q; want %q", c.name, Title(c.message), Summary(c.message), w)
		}
	}
}

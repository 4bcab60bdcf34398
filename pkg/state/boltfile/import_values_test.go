package boltfile_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
)

// spoilt are what a value can become: empty, cut, longer, other bytes, a number without end, the largest number.
func spoilt(value []byte) map[string][]byte {
	all := map[string][]byte{
		"empty": {}, "longer": append(append([]byte{}, value...), 0x80), "without end": {0x80}, "largest": []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
		"twice": append(append([]byte{}, value...), value...),
	}
	if len(value) > 0 {
		all["cut"] = value[:len(value)-1]
		flipped := append([]byte{}, value...)
		flipped[0] ^= 0x80
		all["flipped"] = flipped
	}
	return all
}

// TestImportDecodesEveryValue spoils each value of an export in turn: it is refused, or makes a state that can be opened, is sound,
// is written to, and is opened again.
func TestImportDecodesEveryValue(t *testing.T) {
	good := body(exported(t, open(t, small(t, 3))))
	payload := regexp.MustCompile(`"payload":"([^"]*)"`)
	refused := map[string]bool{}
	folder := t.TempDir()
	for i, line := range strings.SplitAfter(good, "\n") {
		found := payload.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		value, err := base64.StdEncoding.DecodeString(found[1])
		if err != nil {
			t.Fatal(err)
		}
		for how, worse := range spoilt(value) {
			changed := strings.Replace(line, found[0], `"payload":"`+base64.StdEncoding.EncodeToString(worse)+`"`, 1)
			path := filepath.Join(folder, fmt.Sprintf("%d-%s.db", i, how))
			if importInto(t, path, closing(strings.Replace(good, line, changed, 1))) != nil {
				refused[line] = true
				if _, err := os.Stat(path); err == nil {
					t.Errorf("%s %s: refused, and there is a state", how, line)
				}
				continue
			}
			if err := works(t, path); err != nil {
				t.Errorf("%s %s: accepted, and then: %v", how, line, err)
			}
		}
		if strings.Contains(line, `"bucket":"meta"`) && !strings.Contains(line, `"key":"6964"`) && !refused[line] {
			t.Errorf("nothing in place of this is refused: %s", line)
		}
	}
}

// works opens a state twice, and looks at it and writes to it each time.
func works(t *testing.T, path string) error {
	t.Helper()
	for range 2 {
		b, err := boltfile.Open(t.Context(), boltfile.Options{Path: path})
		if err != nil {
			return err
		}
		err = b.Update(t.Context(), func(tx state.Tx) error {
			if problems := state.Audit(tx, state.Decoders{}); len(problems) > 0 {
				return fmt.Errorf("%v", problems)
			}
			for r, err := range state.Subjects(tx) {
				if err != nil {
					return err
				}
				if _, err := state.Forget(tx, r.Subject); err != nil {
					return err
				}
				break
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := b.Close(); err != nil {
			return err
		}
	}
	return nil
}

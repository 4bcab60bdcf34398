package aqua

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/scantest"
)

// paths are the two ways to read a document.
var paths = scantest.Paths{Tokens: readTokens, Types: readTypes}

// special are texts for what decodes itself.
var special = map[reflect.Type]string{
	reflect.TypeFor[started]():     `{"seconds":1,"nanos":2}`,
	reflect.TypeFor[scanOptions](): `{"scan_malware":false,"scan_sensitive_data":true}`,
	reflect.TypeFor[items]():       `["name",{"path":"p"}]`,
}

// TestPathsAreOne holds that reading by tokens comes to the same as reading by types.
func TestPathsAreOne(t *testing.T) {
	whole := []string{scantest.Every(reflect.TypeFor[imageScan](), special), scantest.Every(reflect.TypeFor[[]listed](), special)}
	for _, document := range whole {
		if !paths.Same(t, []byte(document)) {
			t.Errorf("%s is not read by tokens", document)
		}
	}
	paths.SameEverywhere(t, append(whole, seeds...), "testdata", filepath.Join("..", "..", "..", "testdata", "scans"))
}

// TestPathsAreOneInTheCorpus holds the same for real documents.
func TestPathsAreOneInTheCorpus(t *testing.T) {
	dir := os.Getenv("POSTEE_CORPUS")
	if dir == "" {
		t.Skip("POSTEE_CORPUS is not set")
	}
	paths.SameEverywhere(t, nil, filepath.Join(dir, "aqua"), filepath.Join(dir, "adversarial", "*"))
}

// TestRowsByTokens holds that no key of a row is forgotten.
func TestRowsByTokens(t *testing.T) {
	scantest.SameRow(t, func(t *scan.Tokens) vulnerability {
		s := &tokens{t: t}
		s.readVulnerability()
		return s.vulnerability
	})
}

// FuzzPaths holds the same for any bytes.
func FuzzPaths(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { paths.Same(t, raw) })
}

package trivy

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/scantest"
)

// paths are the two ways to read a document, for each format.
var paths = map[string]scantest.Paths{
	"trivy":      {Tokens: readTokens, Types: readTypes},
	"kubernetes": {Tokens: readKubernetesTokens, Types: readKubernetesTypes},
	"cosign":     {Tokens: readCosignTokens, Types: readCosignTypes},
}

// TestPathsAreOne holds that reading by tokens comes to the same as reading by types.
func TestPathsAreOne(t *testing.T) {
	special := map[reflect.Type]string{reflect.TypeFor[packages](): `[{"Name":"n","Version":"1","Release":"2","Epoch":3}]`}
	var whole []string
	for format, document := range map[string]reflect.Type{
		"trivy": reflect.TypeFor[report](), "cosign": reflect.TypeFor[predicate](), "kubernetes": reflect.TypeFor[kubernetesReport](),
	} {
		text := scantest.Every(document, special)
		if !paths[format].Same(t, []byte(text)) {
			t.Errorf("%s is not read by tokens", text)
		}
		whole = append(whole, text)
	}
	for format, p := range paths {
		t.Run(format, func(t *testing.T) {
			p.SameEverywhere(t, slices.Concat(whole, reports, predicates, clusters), "testdata", filepath.Join("..", "..", "..", "testdata", "scans"))
		})
	}
}

// TestPathsAreOneInTheCorpus holds the same for real documents.
func TestPathsAreOneInTheCorpus(t *testing.T) {
	dir := os.Getenv("POSTEE_CORPUS")
	if dir == "" {
		t.Skip("POSTEE_CORPUS is not set")
	}
	for format, p := range paths {
		t.Run(format, func(t *testing.T) {
			p.SameEverywhere(t, nil, filepath.Join(dir, "trivy"), filepath.Join(dir, "live", "trivy"), filepath.Join(dir, "adversarial", "*"))
		})
	}
}

// TestRowsByTokens holds that no key of a row is forgotten.
func TestRowsByTokens(t *testing.T) {
	scantest.SameRow(t, func(t *scan.Tokens) vulnerability {
		s := &tokens{t: t}
		s.readVulnerability()
		return s.vulnerability
	})
	scantest.SameRow(t, func(t *scan.Tokens) misconfiguration {
		s := &tokens{t: t}
		s.readMisconfiguration()
		return s.misconfiguration
	})
	scantest.SameRow(t, func(t *scan.Tokens) secret {
		s := &tokens{t: t}
		s.readSecret()
		return s.secret
	})
	scantest.SameRow(t, func(t *scan.Tokens) licence {
		s := &tokens{t: t}
		s.readLicence()
		return s.licence
	})
}

// FuzzPaths holds the same for any bytes.
func FuzzPaths(f *testing.F) {
	for _, s := range slices.Concat(reports, predicates, clusters) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, p := range paths {
			p.Same(t, raw)
		}
	})
}

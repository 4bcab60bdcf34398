package scan

import (
	"crypto/sha256"
	"encoding/hex"
)

// genericFormat returns the last format of every table: it recognises everything.
func genericFormat() Format {
	return Format{Name: Generic, Recognise: func(Keys) bool { return true }, Read: readGeneric}
}

// readGeneric makes one report of any JSON document: it has no findings and proves nothing, but it can be routed, told apart
// from others by its content, and delivered.
func readGeneric(doc *Document) error {
	canonical, err := Canonical(doc.Raw)
	if err != nil {
		return err
	}
	doc.Reports = append(doc.Reports, Report{Artifact: Artifact{Type: Generic, Name: digits(canonical)}, Raw: doc.Raw})
	return nil
}

// contentHash returns 16 hex digits for the content of a document; for one that is not JSON, of its bytes.
func contentHash(raw []byte) string {
	if canonical, err := Canonical(raw); err == nil {
		return digits(canonical)
	}
	return digits(raw)
}

func digits(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

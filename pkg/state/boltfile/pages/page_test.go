package pages

import (
	"bytes"
	"testing"
)

func FuzzPage(f *testing.F) {
	b := make([]byte, Size)
	b[8], b[10] = kindLeaf, 1
	b[20], b[24] = 16, 3
	f.Add(b)
	b = bytes.Clone(b)
	b[8] = kindBranch
	b[16], b[20] = 16, 3
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parsePage(b)
		if err != nil {
			return
		}
		for i := range p.elements {
			if id, inline, err := p.elements[i].root(); err == nil && id == 0 {
				_, _ = parsePage(inline)
			}
		}
	})
}

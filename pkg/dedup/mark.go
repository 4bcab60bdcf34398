package dedup

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/postee/postee/pkg/scan"
)

const (
	severityBits = 0b0000_0111
	fixBit       = 0b0000_1000
	kindShift    = 4
	markSize     = 9
)

// LevelOf packs what is kept of a finding beside its fingerprint.
func LevelOf(kind scan.Kind, severity scan.Severity, fix bool) Level {
	l := Level(kind)<<kindShift | Level(severity)
	if fix {
		l |= fixBit
	}
	return l
}

// Kind is the finding's kind.
func (l Level) Kind() scan.Kind { return scan.Kind(l >> kindShift) }

// Severity is the highest severity that was said.
func (l Level) Severity() scan.Severity { return scan.Severity(l & severityBits) }

// Fix reports whether a fix existed.
func (l Level) Fix() bool { return l&fixBit != 0 }

// Worst keeps the higher severity of the two and a fix that either had: a fall and a vanished fix are not stored.
func (l Level) Worst(m Level) Level {
	return l&^severityBits | m&fixBit | max(l&severityBits, m&severityBits)
}

// Above reports whether l says more than m: a higher severity, or a fix where there was none.
func (l Level) Above(m Level) bool { return l.Severity() > m.Severity() || l.Fix() && !m.Fix() }

// EncodeMarks returns nine bytes a mark: the fingerprint in big-endian order, then the level. Marks must be in ascending order.
func EncodeMarks(marks []Mark) []byte {
	p := make([]byte, 0, len(marks)*markSize)
	for _, m := range marks {
		p = binary.BigEndian.AppendUint64(p, uint64(m.Fingerprint))
		p = append(p, byte(m.Level))
	}
	return p
}

// DecodeMarks reads what EncodeMarks wrote. Marks out of order are an error: nothing here writes them.
func DecodeMarks(p []byte) ([]Mark, error) {
	if len(p)%markSize != 0 {
		return nil, fmt.Errorf("stored baseline is damaged: %d bytes are no whole number of marks", len(p))
	}
	marks := make([]Mark, len(p)/markSize)
	for i := range marks {
		b := p[i*markSize:]
		marks[i] = Mark{Fingerprint: Fingerprint(binary.BigEndian.Uint64(b)), Level: Level(b[8])}
		if i > 0 && marks[i].Fingerprint <= marks[i-1].Fingerprint {
			return nil, fmt.Errorf("stored baseline is damaged: mark %d is out of order", i)
		}
	}
	return marks, nil
}

// Find returns the place of a fingerprint in sorted marks.
func Find(marks []Mark, p Fingerprint) (int, bool) {
	return slices.BinarySearchFunc(marks, p, func(m Mark, p Fingerprint) int {
		switch {
		case m.Fingerprint < p:
			return -1
		case m.Fingerprint > p:
			return 1
		}
		return 0
	})
}

package dedup

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/postee/postee/pkg/scan"
)

const (
	severityBits = 0b0_0000_0111
	fixBit       = 0b0_0000_1000
	kindShift    = 4
	kindBits     = 0b111
	classShift   = 7
	classBits    = 0b11 << classShift
	levelBits    = 9
)

// LevelOf packs what is kept of a finding beside its fingerprint.
func LevelOf(kind scan.Kind, class scan.Class, severity scan.Severity, fix bool) Level {
	l := Level(class)<<classShift | Level(kind)<<kindShift | Level(severity)
	if fix {
		l |= fixBit
	}
	return l
}

// levelOf packs what is kept of a row.
func levelOf(f *scan.Finding) Level { return LevelOf(f.Kind, f.Class, f.Severity, f.Fixed != "") }

// Kind is the finding's kind.
func (l Level) Kind() scan.Kind { return scan.Kind(l >> kindShift & kindBits) }

// Class is the finding's class.
func (l Level) Class() scan.Class { return scan.Class(l >> classShift) }

// Severity is the highest severity that was said.
func (l Level) Severity() scan.Severity { return scan.Severity(l & severityBits) }

// Fix reports whether a fix existed.
func (l Level) Fix() bool { return l&fixBit != 0 }

// Worst keeps the higher severity of the two and a fix that either had: a fall and a vanished fix are not stored. The kind is l's,
// the class that of either which has one.
func (l Level) Worst(m Level) Level {
	return max(l&classBits, m&classBits) | l&^(severityBits|classBits) | m&fixBit | max(l&severityBits, m&severityBits)
}

// Above reports whether l says more than m: a higher severity, or a fix where there was none.
func (l Level) Above(m Level) bool { return l.Severity() > m.Severity() || l.Fix() && !m.Fix() }

// sort is what marks have in common with others: a level and a day. Few of them serve many marks.
type sort struct {
	level Level
	day   Day
}

// EncodeMarks returns marks, which must be in ascending order, as they are stored: their number, the fingerprints in big-endian
// order, eight bytes each, then the distinct pairs of level and day, and for each mark the number of its pair: nothing
// where there is but one, one byte where there are up to 256, else two, else four. A finding takes about nine bytes.
func EncodeMarks(marks []Mark) []byte {
	if len(marks) == 0 {
		return nil
	}
	p := binary.AppendUvarint(make([]byte, 0, 16+9*len(marks)), uint64(len(marks)))
	numbers := make(map[sort]int)
	var sorts []sort
	for _, m := range marks {
		p = binary.BigEndian.AppendUint64(p, uint64(m.Fingerprint))
		s := sort{m.Level, m.Day}
		if _, ok := numbers[s]; !ok {
			numbers[s] = len(sorts)
			sorts = append(sorts, s)
		}
	}
	p = binary.AppendUvarint(p, uint64(len(sorts)))
	for _, s := range sorts {
		p = binary.AppendUvarint(p, uint64(s.level))
		p = binary.AppendUvarint(p, uint64(max(s.day, 0)))
	}
	width := numberWidth(len(sorts))
	for _, m := range marks {
		n := numbers[sort{m.Level, m.Day}]
		for i := width - 1; i >= 0; i-- {
			p = append(p, byte(n>>(8*i)))
		}
	}
	return p
}

// numberWidth returns how many bytes the number of one of n things takes.
func numberWidth(n int) int {
	switch {
	case n <= 1:
		return 0
	case n <= 1<<8:
		return 1
	case n <= 1<<16:
		return 2
	}
	return 4
}

// DecodeMarks reads what EncodeMarks wrote. Marks out of order are an error: nothing here writes them.
func DecodeMarks(p []byte) ([]Mark, error) {
	if len(p) == 0 {
		return nil, nil
	}
	damaged := fmt.Errorf("stored baseline is damaged (%d bytes)", len(p))
	n, size := binary.Uvarint(p)
	if size <= 0 || n == 0 || n > uint64(len(p)-size)/8 {
		return nil, damaged
	}
	prints, rest := p[size:size+int(n)*8], p[size+int(n)*8:]
	count, size := binary.Uvarint(rest)
	if size <= 0 || count == 0 || count > n || count > uint64(len(rest)) {
		return nil, damaged
	}
	rest = rest[size:]
	sorts := make([]sort, count)
	for i := range sorts {
		level, a := binary.Uvarint(rest)
		day, b := binary.Uvarint(rest[max(a, 0):])
		if a <= 0 || b <= 0 || level >= 1<<levelBits || day > 1<<31-1 {
			return nil, damaged
		}
		sorts[i], rest = sort{Level(level), Day(day)}, rest[a+b:]
	}
	width := numberWidth(len(sorts))
	if uint64(len(rest)) != n*uint64(width) {
		return nil, damaged
	}
	marks := make([]Mark, n)
	for i := range marks {
		number := 0
		for _, b := range rest[i*width : (i+1)*width] {
			number = number<<8 | int(b)
		}
		if number >= len(sorts) {
			return nil, damaged
		}
		marks[i] = Mark{Fingerprint(binary.BigEndian.Uint64(prints[i*8:])), sorts[number].level, sorts[number].day}
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

package route

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

const (
	// maxAhead is how far a scan's own time may be ahead of the clock and still be believed: one from a machine with a wrong clock
	// must not make all later ones old.
	maxAhead = 24 * time.Hour
	// maxSeen is how many reports of one time, or of none, are known again.
	maxSeen = 16
)

// scanTime returns when a report's scan ran; the zero time where it does not say, or cannot be believed.
func scanTime(r *scan.Report, now time.Time) time.Time {
	if r.Time.After(now.Add(maxAhead)) {
		return time.Time{}
	}
	return r.Time
}

// outdated returns why a report is not to be compared, "" when it is: a newer scan of its view was compared already or, where times
// do not tell, this very report was, before another one.
func (s *subjectState) outdated(j *job, now time.Time) string {
	last := s.lastScan(viewOf(j.report))
	if last == nil {
		return ""
	}
	at := scanTime(j.report, now)
	switch {
	case at.IsZero(), at.UnixMicro() == last.Time:
		if seen := slices.Index(last.Seen, j.hash()); seen >= 0 && seen < len(last.Seen)-1 {
			return "it was compared before, and another scan after it"
		}
	case at.UnixMicro() < last.Time:
		return fmt.Sprintf("scanned on %s, before the scan of %s that was compared already", inWords(at), inWords(time.UnixMicro(last.Time)))
	}
	return ""
}

// inWords writes a time for people, to the second where another scan may be of the same minute.
func inWords(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04:05") + " UTC" }

// noteScan takes down what has to be known of a scan at the next one, whatever the routes made of it. Of one that is outdated, and is
// not compared all the same, that is only that it was there.
func (s *subjectState) noteScan(j *job, now time.Time, today int64, anyAge bool) {
	key := viewOf(j.report)
	last := s.lastScan(key)
	if last == nil {
		s.record.Scans = append(slices.Clone(s.record.Scans), state.Scan{Scanner: key.scanner, Variant: key.variant})
		last = &s.record.Scans[len(s.record.Scans)-1]
	}
	next := *last
	next.Day = today
	at := scanTime(j.report, now)
	compared := s.outdated(j, now) == ""
	if !at.IsZero() {
		next.Time = max(next.Time, at.UnixMicro())
	}
	if (at.IsZero() || at.UnixMicro() == next.Time) && (compared || anyAge) && !j.failed {
		next.Seen = appendSeen(next.Seen, j.hash())
	}
	for i, digest := range [2]uint64{j.report.Packages[scan.OSPackage], j.report.Packages[scan.Library]} {
		if digest != 0 && (compared || anyAge) {
			next.Packages[i] = digest
		}
	}
	if next.Day != last.Day || next.Time != last.Time || next.Packages != last.Packages || !slices.Equal(next.Seen, last.Seen) {
		// A subject that no route has spoken about is not remembered for having been scanned.
		*last, s.changed = next, s.changed || s.record.Generation > 0
		s.edits++
	}
}

// appendSeen returns the hashes with one more as the latest.
func appendSeen(seen []uint64, hash uint64) []uint64 {
	if len(seen) > 0 && seen[len(seen)-1] == hash {
		return seen
	}
	seen = append(slices.DeleteFunc(slices.Clone(seen), func(h uint64) bool { return h == hash }), hash)
	return seen[max(0, len(seen)-maxSeen):]
}

// hash returns a hash of the report's bytes.
func (j *job) hash() uint64 {
	sum := j.sum()
	return binary.BigEndian.Uint64(sum[:])
}

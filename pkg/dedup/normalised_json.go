package dedup

import (
	"io"
	"strconv"
	"time"

	"github.com/postee/postee/pkg/jsonline"
)

// AppendJSON appends the view as an object of JSON.
func (v *NormalisedReport) AppendJSON(p []byte) []byte {
	return append(v.AppendFields(append(p, '{')), '}')
}

// AppendFields appends the members of that object, as their tags say, without reflection: they are written for every message and parsed
// for every policy. What a terminal acts on is escaped, and invalid UTF-8 becomes U+FFFD.
func (v *NormalisedReport) AppendFields(p []byte) []byte {
	w := jsonWriter{p: p}
	w.fields(v)
	return w.p
}

// WriteJSON writes the object of [NormalisedReport.AppendJSON] and a line end, piece by piece: the view of a large report is larger than
// the report.
func (v *NormalisedReport) WriteJSON(out io.Writer) error {
	w := jsonWriter{p: make([]byte, 0, 2*pieceSize), out: out}
	w.raw("{")
	w.fields(v)
	w.raw("}\n")
	w.flush()
	return w.err
}

// pieceSize is about how many bytes are written at once.
const pieceSize = 32 << 10

func (w *jsonWriter) fields(v *NormalisedReport) {
	w.text(`"format":`, v.Format)
	w.text(`,"source":`, v.Source)
	w.given(`,"subject":`, v.Subject)
	w.artifact(&v.Artifact)
	w.summary(&v.Summary)
	w.text(`,"scanner":`, v.Scanner)
	w.given(`,"variant":`, v.Variant)
	w.given(`,"scanned":`, v.Scanned)
	w.texts(`,"covers":`, v.Covers)
	w.items(`,"findings":`, v.Findings)
	w.items(`,"new":`, v.New)
	w.raw(`,"changed":[`)
	for i := range v.Changed {
		w.comma(i)
		w.item(&v.Changed[i].Item)
		w.text(`,"was":{"severity":`, v.Changed[i].Was.Severity.String())
		w.flag(`,"fixed":`, v.Changed[i].Was.Fixed)
		w.raw("}}")
		w.endPiece()
	}
	w.items(`],"fixed":`, v.Fixed)
	w.number(`,"known":`, v.Known)
	w.number(`,"suppressed":`, v.Suppressed)
	w.flag(`,"first":`, v.First)
	if v.Compliant == nil {
		w.raw(`,"compliant":null`)
	} else {
		w.flag(`,"compliant":`, *v.Compliant)
	}
	w.flag(`,"compliance_changed":`, v.ComplianceChanged)
	w.texts(`,"owners":`, v.Owners)
	w.given(`,"aqua_server":`, v.AquaServer)
}

// jsonWriter appends values behind their keys.
type jsonWriter struct {
	p []byte
	// out is where pieces go; nil leaves all of it in p. err is its first error.
	out io.Writer
	err error
	// day is the day that was written last, and dayText how: few days stand in many items.
	day     Day
	dayText string
}

// date returns a day as it is written.
func (w *jsonWriter) date(day Day) string {
	if day != w.day {
		w.day, w.dayText = day, day.Time().Format(time.DateOnly)
	}
	return w.dayText
}

// endPiece writes what has been appended when it is enough.
func (w *jsonWriter) endPiece() {
	if w.out != nil && len(w.p) >= pieceSize {
		w.flush()
	}
}

// flush writes what has been appended.
func (w *jsonWriter) flush() {
	if w.err == nil {
		_, w.err = w.out.Write(w.p)
	}
	w.p = w.p[:0]
}

func (w *jsonWriter) raw(s string) { w.p = append(w.p, s...) }

func (w *jsonWriter) comma(i int) {
	if i > 0 {
		w.p = append(w.p, ',')
	}
}

func (w *jsonWriter) text(key, s string) { w.p = jsonline.AppendString(append(w.p, key...), s) }

// given appends a text unless it is empty.
func (w *jsonWriter) given(key, s string) {
	if s != "" {
		w.text(key, s)
	}
}

func (w *jsonWriter) texts(key string, list []string) {
	w.raw(key)
	w.raw("[")
	for i, s := range list {
		w.comma(i)
		w.text("", s)
		w.endPiece()
	}
	w.raw("]")
}

func (w *jsonWriter) number(key string, n int) {
	w.p = strconv.AppendInt(append(w.p, key...), int64(n), 10)
}

func (w *jsonWriter) flag(key string, f bool) {
	w.p = strconv.AppendBool(append(w.p, key...), f)
}

func (w *jsonWriter) artifact(a *NormalisedArtifact) {
	w.text(`,"artifact":{"type":`, a.Type)
	w.text(`,"name":`, a.Name)
	w.text(`,"registry":`, a.Registry)
	w.text(`,"repository":`, a.Repository)
	w.text(`,"tag":`, a.Tag)
	w.text(`,"digest":`, a.Digest)
	w.raw("}")
}

func (w *jsonWriter) summary(s *Summary) {
	w.number(`,"summary":{"total":`, s.Total)
	w.number(`,"critical":`, s.Critical)
	w.number(`,"high":`, s.High)
	w.number(`,"medium":`, s.Medium)
	w.number(`,"low":`, s.Low)
	w.number(`,"negligible":`, s.Negligible)
	w.number(`,"unknown":`, s.Unknown)
	w.number(`,"fixable":`, s.Fixable)
	w.raw("}")
}

func (w *jsonWriter) items(key string, items []Item) {
	w.raw(key)
	w.raw("[")
	for i := range items {
		w.comma(i)
		w.item(&items[i])
		w.raw("}")
		w.endPiece()
	}
	w.raw("]")
}

// item appends an item without its end, so that a change can go on.
func (w *jsonWriter) item(i *Item) {
	w.text(`{"kind":`, i.Kind.String())
	w.text(`,"severity":`, i.Severity.String())
	w.text(`,"id":`, i.ID)
	if i.Aliases != nil {
		w.texts(`,"aliases":`, i.Aliases)
	}
	w.given(`,"package":`, i.Package)
	w.given(`,"installed":`, i.Installed)
	w.given(`,"fixed":`, i.Fixed)
	w.given(`,"status":`, i.Status)
	w.given(`,"title":`, i.Title)
	w.given(`,"url":`, i.URL)
	w.given(`,"resource":`, i.Resource)
	if i.Locations != nil {
		w.texts(`,"locations":`, i.Locations)
	}
	if i.FirstSeen != 0 {
		w.raw(`,"first_seen":"`)
		w.raw(w.date(i.FirstSeen))
		w.raw(`"`)
	}
}

package message

import (
	"encoding/binary"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/scan"
)

// prepared is how many elements of a list get room before they are read: a damaged length must not ask for all memory.
const prepared = 4096

// coder writes a message or reads one: each method does either for one kind of value, so that both follow one description. Writing
// changes nothing of the message.
type coder struct {
	writing bool
	out     []byte
	// replaced says that some text was not valid UTF-8.
	replaced bool
	// in is what is left to read; texts are parts of it. bad says that it is damaged.
	in  string
	bad bool
}

func (c *coder) message(m *Message) {
	c.text(&m.Route)
	c.text(&m.Title)
	c.flag(&m.Test)
	small(c, &m.Threshold.Least, scan.SeverityCount-1)
	c.flag(&m.Threshold.Fixable)
	list(c, &m.Sections, (*coder).section)
}

func (c *coder) section(s *Section) {
	c.text(&s.Subject)
	a := &s.Artifact
	for _, t := range [...]*string{&a.Type, &a.Name, &a.Host, &a.Registry, &a.Repository, &a.Tag, &a.Digest, &a.Namespace, &a.Path} {
		c.text(t)
	}
	for _, t := range [...]*string{&s.Scanner, &s.Format, &s.Source} {
		c.text(t)
	}
	list(c, &s.Owners, (*coder).text)
	c.delta(&s.Delta)
	c.items(&s.All)
	c.items(&s.Open)
	list(c, &s.Components, (*coder).component)
	c.custom(&s.Custom)
	c.bytes(&s.Blob)
	c.time(&s.Scanned)
	told := int(s.Told)
	if c.number(&told); !c.writing {
		s.Told = int64(told)
	}
	c.text(&s.Job)
}

func (c *coder) delta(d *dedup.Delta) {
	c.items(&d.New)
	c.changes(&d.Changed)
	c.changes(&d.Fixed)
	c.number(&d.Known)
	c.number(&d.Suppressed)
	c.flag(&d.First)
	small(c, &d.Compliance, scan.NonCompliant)
	c.flag(&d.ComplianceChanged)
	for i := range d.Open {
		c.number(&d.Open[i])
	}
	c.number(&d.Fixable)
}

// items reads all findings of a list into one array.
func (c *coder) items(items *[]dedup.Item) {
	var findings []scan.Finding
	list(c, items, func(c *coder, i *dedup.Item) {
		if !c.writing && len(findings) == 0 {
			findings = make([]scan.Finding, cap(*items)-len(*items)+1)
		}
		if !c.writing {
			i.Finding, findings = &findings[0], findings[1:]
		}
		c.item(i)
	})
}

func (c *coder) changes(changes *[]dedup.Change) {
	list(c, changes, func(c *coder, change *dedup.Change) {
		if !c.writing {
			change.Finding = new(scan.Finding)
		}
		c.item(&change.Item)
		small(c, &change.Was.Severity, scan.SeverityCount-1)
		c.flag(&change.Was.Fixed)
	})
}

// custom writes or reads what a template made; there may be nothing.
func (c *coder) custom(made **Custom) {
	there := *made != nil
	if c.flag(&there); !there {
		return
	}
	if !c.writing {
		*made = new(Custom)
	}
	m := *made
	c.text(&m.Title)
	c.text(&m.Body)
	c.flag(&m.JSON)
	c.flag(&m.Builtin)
	list(c, &m.Fields, func(c *coder, f *Field) {
		c.text(&f.Name)
		c.text(&f.Value)
	})
}

// item describes a finding, without what is never stored of one.
func (c *coder) item(i *dedup.Item) {
	f := i.Finding
	small(c, &f.Kind, scan.Control)
	small(c, &f.Severity, scan.SeverityCount-1)
	small(c, &f.Class, scan.ClassCount-1)
	for _, t := range [...]*string{
		&f.ID, &f.Package, &f.Installed, &f.Fixed, &f.Status, &f.Title, &f.URL, &f.Location, &f.Resource, &i.Detail,
	} {
		c.text(t)
	}
	list(c, &f.Aliases, (*coder).text)
	list(c, &i.Locations, (*coder).text)
	day := int(i.FirstSeen)
	c.number(&day)
	c.number(&i.Ordinal)
	if !c.writing {
		i.FirstSeen = dedup.Day(day)
	}
}

func (c *coder) component(p *scan.Component) {
	for _, t := range [...]*string{&p.Name, &p.Version, &p.PURL, &p.Type, &p.Path} {
		c.text(t)
	}
	list(c, &p.Licences, (*coder).text)
}

// list describes a list: 0 where there is none, else its length and one more, and the elements.
func list[T any](c *coder, l *[]T, element func(*coder, *T)) {
	switch {
	case c.writing && *l == nil:
		c.out = append(c.out, 0)
	case c.writing:
		c.out = binary.AppendUvarint(c.out, uint64(len(*l))+1)
	default:
		n := c.unsigned()
		if n == 0 {
			return
		}
		if n--; n > uint64(len(c.in)) {
			c.fail()
			return
		}
		*l = make([]T, 0, min(n, prepared))
		for range n {
			var zero T
			*l = append(*l, zero)
			if element(c, &(*l)[len(*l)-1]); c.bad {
				return
			}
		}
		return
	}
	for i := range *l {
		element(c, &(*l)[i])
	}
}

// text describes a text: what is not valid UTF-8 is replaced.
func (c *coder) text(t *string) {
	if !c.writing {
		*t = c.take(c.unsigned())
		return
	}
	valid := *t
	if !utf8.ValidString(valid) {
		valid, c.replaced = strings.ToValidUTF8(valid, "\ufffd"), true
	}
	c.out = append(binary.AppendUvarint(c.out, uint64(len(valid))), valid...)
}

// bytes describes bytes; none are none.
func (c *coder) bytes(b *[]byte) {
	if c.writing {
		c.out = append(binary.AppendUvarint(c.out, uint64(len(*b))), *b...)
	} else if t := c.take(c.unsigned()); t != "" {
		*b = []byte(t)
	}
}

func (c *coder) number(n *int) {
	if c.writing {
		c.out = binary.AppendVarint(c.out, int64(*n))
		return
	}
	u := c.unsigned()
	*n = int(int64(u>>1) ^ -int64(u&1))
}

// time describes a time in microseconds since 1970 UTC; none is 0.
func (c *coder) time(t *time.Time) {
	n := 0
	if !t.IsZero() {
		n = int(t.UnixMicro())
	}
	if c.number(&n); !c.writing && n != 0 {
		*t = time.UnixMicro(int64(n)).UTC()
	}
}

func (c *coder) flag(f *bool) {
	var n uint8
	if *f {
		n = 1
	}
	if small(c, &n, 1); !c.writing {
		*f = n == 1
	}
}

// small describes a number of one byte, which is at most the largest.
func small[T ~uint8](c *coder, n *T, largest T) {
	if c.writing {
		c.out = append(c.out, byte(*n))
		return
	}
	if t := c.take(1); t == "" || T(t[0]) > largest {
		c.fail()
	} else {
		*n = T(t[0])
	}
}

// unsigned reads a varint.
func (c *coder) unsigned() (n uint64) {
	for shift := uint(0); shift < 64 && c.in != ""; shift += 7 {
		b := c.in[0]
		c.in = c.in[1:]
		if n |= uint64(b&0x7f) << shift; b < 0x80 {
			return n
		}
	}
	c.fail()
	return 0
}

// take reads so many bytes.
func (c *coder) take(n uint64) (t string) {
	if n > uint64(len(c.in)) {
		c.fail()
		return ""
	}
	t, c.in = c.in[:n], c.in[n:]
	return t
}

// fail gives up: there is nothing more to read.
func (c *coder) fail() { c.bad, c.in = true, "" }

package scan

import (
	"unsafe"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// maxTokenDepth is how deeply what is read by tokens may be nested. Scanners nest less deeply by far.
	maxTokenDepth = 256
	// maxTokenKeys is how many keys the open objects may have together: they are looked through one by one.
	maxTokenKeys = 1024
)

// Tokens reads a document token by token: without reflection, and without copies of strings, which is what most of the time goes
// into when a large report is decoded into structs. It reads the usual only. At whatever it does not expect it gives up, and the
// document is then read from its beginning by [Decode], which judges it and has the words for what is wrong. It is as strict as
// Decode, so that what one accepts the other reads too.
//
// A loop over an object is
//
//	for open := t.Object(); open && t.Member(); {
//		switch t.Key() {
//		case "image":
//			name = t.Text()
//		default:
//			t.Skip()
//		}
//	}
//
// with exactly one value read for each member. Having given up, every method returns nothing, so that loops end by themselves.
type Tokens struct {
	raw     []byte
	pos     int  // the next byte to look at
	first   bool // a container has been opened, and nothing in it has been read
	odd     bool // given up
	depth   int
	key     [2]int // where the key of the member at hand begins and ends
	objects []openObject
	keys    []uint64 // hashes of the keys of the open objects
}

// openObject is an object of which keys have been read: where they begin in Tokens.keys, and a bit for each that may be there.
type openObject struct {
	from int
	seen uint64
}

// ReadTokens reads a document by tokens. It is false when read has given up, or has not read the document to its end: all that it
// added to the document is then taken away, and the document is to be read from its beginning. So it is with Options.ByTypes. The
// strings that read gets are parts of doc.Raw: see there.
func ReadTokens(doc *Document, read func(t *Tokens)) bool {
	if doc.byTypes {
		return false
	}
	reports, warnings := doc.Reports, doc.Warnings
	t := &Tokens{raw: doc.Raw}
	read(t)
	if t.next() == 0 && t.pos == len(t.raw) && t.depth == 0 && !t.odd {
		return true
	}
	doc.Reports, doc.Warnings = reports, warnings
	return false
}

// GiveUp says that the document is not as expected.
func (t *Tokens) GiveUp() { t.odd, t.pos = true, len(t.raw) }

// next returns the first byte of the next token, 0 at the end of the document.
func (t *Tokens) next() byte {
	i := skipBlank(t.raw, t.pos)
	if t.pos = i; i < len(t.raw) {
		return t.raw[i]
	}
	return 0
}

// Object opens an object, whose members follow. It is false for null.
func (t *Tokens) Object() bool {
	if !t.open('{') {
		return false
	}
	t.objects = append(t.objects, openObject{from: len(t.keys)})
	return true
}

// Array opens an array, whose elements follow. It is false for null.
func (t *Tokens) Array() bool { return t.open('[') }

// open opens a container. It is false for null.
func (t *Tokens) open(bracket byte) bool {
	if t.next() != bracket {
		t.null()
		return false
	}
	if t.depth == maxTokenDepth {
		t.GiveUp()
		return false
	}
	t.pos++
	t.depth++
	t.first = true
	return true
}

// Member goes to the next member of the object that was opened last. It is false behind the last one, which closes the object.
func (t *Tokens) Member() bool {
	i := t.more('}')
	if i < 0 {
		if last := len(t.objects) - 1; last >= 0 {
			t.keys, t.objects = t.keys[:t.objects[last].from], t.objects[:last]
		}
		return false
	}
	end, escaped := -1, false
	if i < len(t.raw) && t.raw[i] == '"' {
		end, escaped = stringEnd(t.raw, i+1)
	}
	if end < 0 || escaped || !t.addKey(keyHash(t.raw, i+1, end)) { // one key may be escaped in several ways: no scanner writes such
		t.GiveUp()
		return false
	}
	t.key = [2]int{i + 1, end}
	if i = skipBlank(t.raw, end+1); i >= len(t.raw) || t.raw[i] != ':' {
		t.GiveUp()
		return false
	}
	t.pos = i + 1
	return true
}

// Element goes to the next element of the array that was opened last. It is false behind the last one, which closes the array.
func (t *Tokens) Element() bool {
	i := t.more(']')
	if i < 0 {
		return false
	}
	t.pos = i
	return true
}

// more returns where the next member or element begins; -1 when the container is closed instead.
func (t *Tokens) more(bracket byte) int {
	raw, i := t.raw, skipBlank(t.raw, t.pos)
	first := t.first
	t.first = false
	switch {
	case i >= len(raw):
	case raw[i] == bracket:
		t.pos = i + 1
		t.depth--
		return -1
	case first:
		return i
	case raw[i] == ',':
		return skipBlank(raw, i+1)
	}
	t.GiveUp()
	return -1
}

// Key returns the key of the member at hand, a part of the document. It is overwritten by the next call of Member, in whichever object.
func (t *Tokens) Key() string { return view(t.raw[t.key[0]:t.key[1]]) }

// addKey notes a key of the innermost object by its hash. It is false when the object has it already, or has too many.
func (t *Tokens) addKey(hash uint64) bool {
	o := &t.objects[len(t.objects)-1]
	bit := uint64(1) << (hash & 63)
	if o.seen&bit != 0 {
		for _, other := range t.keys[o.from:] {
			if other == hash {
				return false
			}
		}
	}
	o.seen |= bit
	t.keys = append(t.keys, hash)
	return len(t.keys) <= maxTokenKeys
}

// Begins reports whether the next value begins with this byte, which tells its kind: '{', '[', '"', 't', 'f', 'n'.
func (t *Tokens) Begins(with byte) bool { return t.next() == with }

// Text returns a string, "" for null; one without escapes is a part of the document.
func (t *Tokens) Text() string {
	i := skipBlank(t.raw, t.pos)
	if i < len(t.raw) && t.raw[i] == '"' {
		return t.textAt(i)
	}
	t.null()
	return ""
}

// textAt reads the string of which t.raw[i] is the opening quote.
func (t *Tokens) textAt(i int) string {
	text, escaped := t.contentAt(i)
	if escaped {
		return unescaped(text)
	}
	return view(text)
}

// contentAt reads the string of which t.raw[i] is the opening quote, and returns what is between the quotes.
func (t *Tokens) contentAt(i int) (text []byte, escaped bool) {
	end, escaped := stringEnd(t.raw, i+1)
	if end < 0 {
		t.GiveUp()
		return nil, false
	}
	t.pos = end + 1
	return t.raw[i+1 : end], escaped
}

// null reads null.
func (t *Tokens) null() {
	if t.next() != 'n' {
		t.GiveUp()
		return
	}
	t.literal("null")
}

// Skip skips a value, whatever it is.
func (t *Tokens) Skip() {
	switch t.next() {
	case '"':
		t.contentAt(t.pos)
	case '{':
		for open := t.Object(); open && t.Member(); {
			t.Skip()
		}
	case '[':
		for open := t.Array(); open && t.Element(); {
			t.Skip()
		}
	default:
		t.scalar()
	}
}

// Start returns where the next value begins, for From.
func (t *Tokens) Start() int {
	t.next()
	return t.pos
}

// From returns the bytes from a place on that Start returned, as far as the document has been read: a value's as it is spelt.
func (t *Tokens) From(start int) []byte { return t.raw[start:t.pos:t.pos] }

// Value skips a value and returns it as it is spelt.
func (t *Tokens) Value() jsontext.Value {
	start := t.Start()
	t.Skip()
	return t.From(start)
}

// Decode decodes a value into v as [Decode] does, by reflection: for what is rare, or small. What v gets is no part of the document.
// It must have no [Part] in it.
func (t *Tokens) Decode(v any) {
	value := t.Value()
	if !t.odd && json.Unmarshal(value, v) != nil {
		t.GiveUp()
	}
}

// view returns bytes of the document as a string, without a copy.
func view(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }

// Room returns the list with room for one more finding, the one that has been read from start on. How many more there will be is
// estimated by how much of the document has been read for those there are: findings are large, so that neither copying them often nor room
// that stays empty is cheap.
func (t *Tokens) Room(list []Finding, start int) []Finding {
	const size = int(unsafe.Sizeof(Finding{}))
	n, rest := len(list), len(t.raw)-t.pos
	if n < cap(list) {
		return list
	}
	more := 0
	if n == 0 {
		more = rest / max(1, t.pos-start)
	} else if t.pos > 0 {
		more = rest * n / t.pos
	}
	more += more/16 + 1
	more = min(more, rest/size+4) // what follows may be something else
	more = max(more, n/4)
	grown := make([]Finding, n, n+more)
	copy(grown, list)
	return grown
}

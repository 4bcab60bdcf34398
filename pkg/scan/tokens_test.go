package scan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// spelt is a value that is no container and no string, as it is spelt.
type spelt string

// treeByTokens reads any value: objects as maps, arrays as slices.
func treeByTokens(t *Tokens) any {
	switch {
	case t.Begins('{'):
		members := map[string]any{}
		for open := t.Object(); open && t.Member(); {
			key := t.Key()
			members[key] = treeByTokens(t)
		}
		return members
	case t.Begins('['):
		elements := []any{}
		for open := t.Array(); open && t.Element(); {
			elements = append(elements, treeByTokens(t))
		}
		return elements
	case t.Begins('"'):
		return t.Text()
	}
	return spelt(t.Value())
}

// treeByDecoder reads any value as treeByTokens does.
func treeByDecoder(in *jsontext.Decoder) (any, error) {
	token, err := in.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case '{':
		members := map[string]any{}
		for in.PeekKind() != '}' {
			key, err := in.ReadToken()
			if err != nil {
				return nil, err
			}
			name := key.String()
			if members[name], err = treeByDecoder(in); err != nil {
				return nil, err
			}
		}
		_, err = in.ReadToken()
		return members, err
	case '[':
		elements := []any{}
		for in.PeekKind() != ']' {
			element, err := treeByDecoder(in)
			if err != nil {
				return nil, err
			}
			elements = append(elements, element)
		}
		_, err = in.ReadToken()
		return elements, err
	}
	if token.Kind() == '"' {
		return token.String(), nil
	}
	return spelt(token.String()), nil
}

// checkTokens holds that what tokens read of a text is what the decoder reads, that skipping it is no less strict, and that texts with
// nothing odd in them are read.
func checkTokens(t *testing.T, raw []byte) {
	t.Helper()
	var got any
	read := ReadTokens(&Document{Raw: raw}, func(t *Tokens) { got = treeByTokens(t) })
	if skipped := ReadTokens(&Document{Raw: raw}, func(t *Tokens) { t.Skip() }); skipped != read {
		t.Errorf("%q: read %v, skipped %v", raw, read, skipped)
	}
	in := jsontext.NewDecoder(bytes.NewReader(raw))
	want, err := treeByDecoder(in)
	if err == nil {
		if _, end := in.ReadToken(); !errors.Is(end, io.EOF) {
			err = fmt.Errorf("text behind the value: %w", end)
		}
	}
	switch {
	case read && err != nil:
		t.Errorf("%q is read, and is wrong: %v", raw, err)
	case read && !reflect.DeepEqual(got, want):
		t.Errorf("%q: %#v, want %#v", raw, got, want)
	case !read && err == nil && bytes.IndexByte(raw, '\\') < 0 && bytes.Count(raw, []byte("{"))+bytes.Count(raw, []byte("["))+bytes.Count(raw, []byte(":")) < maxTokenDepth:
		t.Errorf("%q is sound, and not read", raw)
	}
}

// tokenTexts are texts that are read, and texts that are not.
var tokenTexts = []string{
	`{}`, `[]`, `null`, `true`, `false`, `"x"`, `""`, `0`, `-0`, `-1.50e+7`, `1E9`, `12345678901234567890`, " \r\n\t[ ] \n", `{"a":1,"b":[{"c":null},"d"],"":{}}`,
	`{"a":{"a":{"a":1}},"b":{"a":2}}`, `["é","日本","\u00e9\ud83d\ude00\/\\\"\b\f\n\r\t"]`, `{"é":"é"}`, `{"sixteen bytes key":"sixteen bytes of text and more"}`,
	`{"a":1,"a":2}`, `{"a":1,"b":2,"a":3}`, `{"x":{"a":1,"a":2}}`, `{"long key of many bytes 1":1,"long key of many bytes 2":2,"long key of many bytes 1":3}`, `{"":1,"":2}`,
	`{"é":1,"\u00e9":2}`, `{"\u0061":1}`, ``, ` `, `{`, `[`, `"`, `"\`, `"\u`, `"\u00`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `[1,]`, `[,1]`, `[1 2]`, `{"a" 1}`, `{"a":1 "b":2}`,
	`{1:2}`, `{a:1}`, `[:1]`, `{"a"::1}`, `{:}`, `["a":1]`, `{"a",1}`, `{,}`, `[1}`, `{"a":1]`, `]`, `}`, `{}}`, `{} {}`, `nul`, `nulll`, `truE`, `+1`, `01`, `-`, `1.`, `.5`, `1e`, `1e+`, `0x1`, `NaN`, "\"\x01\"", "\"\xff\"", "\"\xc3\"", "\"\xed\xa0\x80\"",
	`"\ud800"`, `"\ud800\u0041"`, `"\udc00"`, `"\ud800\ud800"`, `"\x"`, `"\u12g4"`, "\v1", "\xef\xbb\xbf{}", "{\"a\"\x00:1}", `[1,2]x`, "\"\x7f\"", `"a` + "\n" + `"`,
	strings.Repeat("[", 300) + strings.Repeat("]", 300), strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300), `["` + strings.Repeat("é", 40) + `"]`, `{"a":"` + strings.Repeat("x", 15) + `\n` + strings.Repeat("y", 40) + `"}`,
}

func TestTokens(t *testing.T) {
	for _, text := range tokenTexts {
		for end := len(text); end >= 0; end -= 1 + len(text)/100 { // wherever it ends: sixteen bytes are read at a time
			checkTokens(t, []byte(text[:end]))
		}
		for pad := range 20 {
			checkTokens(t, []byte(text+strings.Repeat(" ", pad)))
		}
	}
}

// FuzzTokens holds the same for any text.
func FuzzTokens(f *testing.F) {
	for _, text := range tokenTexts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { checkTokens(t, raw) })
}

// TestTokensKnowManyKeys holds that a repeated key is found among many, and that very many keys are given up.
func TestTokensKnowManyKeys(t *testing.T) {
	object := func(keys int, last string) []byte {
		var b bytes.Buffer
		b.WriteByte('{')
		for i := range keys {
			fmt.Fprintf(&b, `"key %d":%d,`, i, i)
		}
		fmt.Fprintf(&b, `"%s":0}`, last)
		return b.Bytes()
	}
	for _, keys := range []int{1, 60, 70, maxTokenKeys - 1} {
		checkTokens(t, object(keys, "last"))
		checkTokens(t, object(keys, fmt.Sprintf("key %d", keys/2)))
	}
	skip := func(t *Tokens) { t.Skip() }
	if !ReadTokens(&Document{Raw: object(maxTokenKeys-1, "last")}, skip) || ReadTokens(&Document{Raw: object(maxTokenKeys, "last")}, skip) {
		t.Error("the most keys that are read are others")
	}
}

// TestTextsArePartsOfTheDocument holds that strings without escapes are not copied.
func TestTextsArePartsOfTheDocument(t *testing.T) {
	raw := []byte(`["plain","esc\u0061ped","A sentence. Another."]`)
	var plain, sentence string
	ReadTokens(&Document{Raw: raw}, func(t *Tokens) {
		t.Array()
		t.Element()
		plain = t.Text()
		t.Element()
		t.Skip()
		t.Element()
		sentence = string(t.Sentence())
		t.Element()
	})
	if plain != "plain" || sentence != "A sentence." || unsafe.StringData(plain) != &raw[2] || unsafe.StringData(sentence) != &raw[bytes.Index(raw, []byte("A s"))] {
		t.Errorf("%q, %q", plain, sentence)
	}
}

// TestGivingUpLeavesNothing holds that what was added to a document before reading it by tokens is still there, and nothing else is.
func TestGivingUpLeavesNothing(t *testing.T) {
	doc := &Document{Raw: []byte(`{"a":1}`), Warnings: []string{"w"}}
	if ReadTokens(doc, func(t *Tokens) {
		t.Skip()
		doc.Warnf("another")
		doc.Reports = append(doc.Reports, Report{})
		t.GiveUp()
	}) || len(doc.Warnings) != 1 || doc.Reports != nil {
		t.Errorf("%+v", doc)
	}
	if ReadTokens(doc, func(*Tokens) {}) {
		t.Error("a document that nobody has read is read")
	}
}

// loose is a value of every type for what scanners disagree about.
type loose struct {
	Text     LooseText
	Strings  LooseStrings
	Bool     LooseBool
	Switch   LooseSwitch
	Count    LooseCount
	Sentence Sentence
	Decoded  *struct{ Text string }
}

// TestLooseByTokens holds that values are read by tokens as they are by types.
func TestLooseByTokens(t *testing.T) {
	for _, value := range append(tokenTexts, `"5"`, `" 7 "`, `1e999`, `-3`, `"First. Second"`, `"a\nb. c"`, `"\u0041. b"`, `["a","",null,1,["b"]]`, `{"Text":"x","Other":[]}`, `{"Text":1}`) {
		raw := fmt.Appendf(nil, `{"Text":%s,"Strings":%[1]s,"Bool":%[1]s,"Switch":%[1]s,"Count":%[1]s,"Sentence":%[1]s}`, value)
		if bytes.HasPrefix([]byte(value), []byte("{")) {
			raw = fmt.Appendf(nil, `{"Decoded":%s}`, value)
		}
		var got, want loose
		read := ReadTokens(&Document{Raw: raw}, func(t *Tokens) {
			for open := t.Object(); open && t.Member(); {
				switch t.Key() {
				case "Text":
					got.Text = t.LooseText()
				case "Strings":
					got.Strings = t.LooseStrings()
				case "Bool":
					got.Bool = t.LooseBool()
				case "Switch":
					got.Switch = t.LooseSwitch()
				case "Count":
					got.Count = t.LooseCount()
				case "Sentence":
					got.Sentence = t.Sentence()
				case "Decoded":
					t.Decode(&got.Decoded)
				}
			}
		})
		if !read {
			continue
		}
		if err := json.Unmarshal(raw, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v, %v", value, got, want, err)
		}
	}
}

// TestRoom holds that lists grow in few steps to about what they need, and never take more than the rest of the document.
func TestRoom(t *testing.T) {
	const size = int(unsafe.Sizeof(Finding{}))
	for _, test := range []struct{ header, row, rows, trailer int }{{100, 250, 210, 50}, {100, 850, 10_000, 0}, {10, 20, 5000, 0}, {0, 30, 20, 1 << 20}, {1 << 20, 300, 50, 0}, {50, 100, 1, 0}} {
		raw := make([]byte, test.header+test.row*test.rows+test.trailer)
		tokens := &Tokens{raw: raw, pos: test.header}
		var list []Finding
		steps := 0
		for range test.rows {
			start := tokens.pos
			tokens.pos += test.row
			grown := tokens.Room(list, start)
			if cap(grown) != cap(list) {
				steps++
				if spare := (cap(grown) - len(grown)) * size; spare > len(raw)-tokens.pos+cap(grown)/4*size+17*size {
					t.Errorf("%+v: room for %d more at %d of %d bytes", test, cap(grown)-len(grown), tokens.pos, len(raw))
				}
			}
			list = append(grown, Finding{})
		}
		if steps > 20 || test.row > size && cap(list) > 2*test.rows+16 {
			t.Errorf("%+v: room for %d in %d steps", test, cap(list), steps)
		}
	}
}

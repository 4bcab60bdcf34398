package scan

// Keys are a document's top-level keys as the stream reader saw them; a format is recognised by them, without decoding anything.
// A document that is an array has none itself: see [Keys.Element]. A key that is written with escapes is not found: no scanner
// does so.
type Keys struct {
	raw     []byte
	spans   []span
	element bool // raw is an array, spans are the keys of its first element
}

// Has reports whether the key is there, whatever its value: null too.
func (k Keys) Has(name string) bool { return k.Value(name) != nil }

// Value returns the document from the first byte of the key's value on, including what follows the value; nil without the key.
// [Lookup] finds what is inside the value: Lookup(k.Value("descriptor"), "name").
func (k Keys) Value(name string) []byte {
	if k.element {
		return nil
	}
	for _, s := range k.spans {
		if s.end-s.start == len(name) && string(k.raw[s.start:s.end]) == name && s.value > 0 {
			return k.raw[s.value:]
		}
	}
	return nil
}

// First returns the first byte of the key's value, which tells its kind: '{', '[', '"', a digit or '-', 't', 'f', 'n'; 0 without the key.
func (k Keys) First(name string) byte {
	if v := k.Value(name); len(v) > 0 {
		return v[0]
	}
	return 0
}

// Number returns the key's value as it is spelt, up to the byte that ends a number: "2", "2.0"; "" without the key, or when its
// value is no number.
func (k Keys) Number(name string) string {
	v := k.Value(name)
	for i, c := range v {
		if c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' && (c < '0' || c > '9') {
			return string(v[:i])
		}
	}
	return string(v)
}

// Text returns the key's value unescaped; "" without the key, or when its value is no string.
func (k Keys) Text(name string) string {
	v := k.Value(name)
	if len(v) == 0 || v[0] != '"' {
		return ""
	}
	end := 1
	for end = stringRun(v, end); end < len(v) && v[end] == '\\'; end = stringRun(v, min(end+2, len(v))) {
	}
	return unquoted(v[:min(end+1, len(v))])
}

// ofElement makes the keys of an array's first element, which begins at the given byte of it, those of the array.
func (k *Keys) ofElement(first Keys, at int) {
	for i := range first.spans {
		s := &first.spans[i]
		s.start, s.end, s.value = s.start+at, s.end+at, s.value+at
	}
	k.spans, k.element = first.spans, true
}

// Element returns the keys of the first element when the document is an array that a format has called one document (see
// [Format.WholeArray]); no keys otherwise.
func (k Keys) Element() Keys {
	if !k.element {
		return Keys{}
	}
	return Keys{raw: k.raw, spans: k.spans}
}

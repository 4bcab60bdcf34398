package scan

// Keys are a document's top-level keys, as the framer saw them. A key that is written with escapes is not found: no scanner does so.
type Keys struct {
	raw   []byte
	spans []span
}

// Has reports whether the key is there.
func (k Keys) Has(name string) bool { return k.Value(name) != nil }

// Value returns the document from the first byte of the key's value on; nil without the key.
func (k Keys) Value(name string) []byte {
	for _, s := range k.spans {
		if s.end-s.start == len(name) && string(k.raw[s.start:s.end]) == name && s.value > 0 {
			return k.raw[s.value:]
		}
	}
	return nil
}

// First returns the first byte of the key's value, which tells its kind; 0 without the key.
func (k Keys) First(name string) byte {
	if v := k.Value(name); len(v) > 0 {
		return v[0]
	}
	return 0
}

// Number returns the key's value as it is spelt, up to the byte that ends a number; nil without the key.
func (k Keys) Number(name string) []byte {
	v := k.Value(name)
	for i, c := range v {
		if c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' && (c < '0' || c > '9') {
			return v[:i]
		}
	}
	return v
}

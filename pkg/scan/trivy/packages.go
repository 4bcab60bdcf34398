package trivy

import (
	"github.com/go-json-experiment/json/jsontext"
)

// packages is a digest of a result's packages: of the name and version of each, in whatever order.
type packages struct {
	count int
	sum   uint64
}

// UnmarshalJSONFrom reads a list of packages; anything else is skipped. It builds nothing: a report may list many thousands.
func (p *packages) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	if in.PeekKind() != '[' {
		return in.SkipValue()
	}
	if _, err := in.ReadToken(); err != nil {
		return err
	}
	for in.PeekKind() != ']' {
		if in.PeekKind() != '{' {
			if err := in.SkipValue(); err != nil {
				return err
			}
			continue
		}
		var next packageHash
		if err := next.unmarshal(in); err != nil {
			return err
		}
		p.add(&next)
	}
	_, err := in.ReadToken()
	return err
}

// add adds a package.
func (p *packages) add(h *packageHash) {
	p.count++
	p.sum += mix(mix(mix(mix(h.name)+h.version)+h.release) + h.epoch)
}

// packageHash is the hashes of what a package is known by.
type packageHash struct{ name, version, release, epoch uint64 }

// field returns where the hash of a key's value goes, nil when the key does not matter.
func (h *packageHash) field(key string) *uint64 {
	switch key {
	case "Name":
		return &h.name
	case "Version":
		return &h.version
	case "Release":
		return &h.release
	case "Epoch":
		return &h.epoch
	}
	return nil
}

// unmarshal reads a package.
func (h *packageHash) unmarshal(in *jsontext.Decoder) error {
	if _, err := in.ReadToken(); err != nil {
		return err
	}
	for in.PeekKind() == '"' {
		key, err := in.ReadValue()
		if err != nil {
			return err
		}
		field := h.field(string(key[1 : len(key)-1]))
		if field == nil {
			if err := in.SkipValue(); err != nil {
				return err
			}
			continue
		}
		value, err := in.ReadValue()
		if err != nil {
			return err
		}
		*field = hashBytes(value)
	}
	_, err := in.ReadToken()
	return err
}

// hashBytes is FNV-1a of 64 bits.
func hashBytes(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// mix spreads the bits of a hash, so that sums of hashes say something: the last steps of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// join adds the packages of another result.
func (p *packages) join(o packages) {
	p.count += o.count
	p.sum += o.sum
}

// digest returns a number for the packages, 0 when there are none.
func (p *packages) digest() uint64 {
	if p.count == 0 {
		return 0
	}
	return max(1, mix(p.sum+uint64(p.count)))
}

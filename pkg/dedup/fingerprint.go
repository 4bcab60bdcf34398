package dedup

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/dchest/siphash"

	"github.com/postee/postee/pkg/scan"
)

// Salt keys the fingerprints of one state, so that nobody can prepare findings that collide in it.
type Salt [16]byte

// IdentityOf returns what makes f itself: for a vulnerability ID and package, for a licence problem ID and package or, without
// one, the location; for every other kind ID, location and (misconfigurations only) the resource. Never a version, a title,
// a score or a line.
func IdentityOf(f *scan.Finding) Identity {
	id := Identity{Kind: f.Kind, ID: f.ID, Where: f.Location}
	switch f.Kind {
	case scan.Vulnerability:
		id.Where = f.Package
		if id.Where == "" {
			id.Where = f.Location
		}
	case scan.Licence:
		if f.Package != "" {
			id.Where = f.Package
		}
	case scan.Misconfiguration:
		id.Resource = f.Resource
	}
	return id
}

// Finding returns what an identity tells: the finding without severity, versions and texts.
func (id Identity) Finding() scan.Finding {
	f := scan.Finding{Kind: id.Kind, ID: id.ID, Resource: id.Resource}
	if id.Kind == scan.Vulnerability || id.Kind == scan.Licence {
		f.Package = id.Where
	} else {
		f.Location = id.Where
	}
	return f
}

// append writes the identity so that different ones never look alike: kind, then each part behind its length.
func (id *Identity) append(p []byte) []byte {
	p = append(p, byte(id.Kind))
	for _, s := range [...]string{id.ID, id.Where, id.Resource} {
		p = binary.AppendUvarint(p, uint64(len(s)))
		p = append(p, s...)
	}
	return p
}

// Encode returns the form that is stored: a version byte, the kind, and the parts behind their lengths.
func (id *Identity) Encode() []byte { return id.append([]byte{1}) }

// DecodeIdentity reads what Encode wrote.
func DecodeIdentity(p []byte) (Identity, error) {
	bad := fmt.Errorf("stored name of a finding is damaged (%d bytes)", len(p))
	if len(p) < 2 || p[0] != 1 {
		return Identity{}, bad
	}
	id := Identity{Kind: scan.Kind(p[1])}
	rest := p[2:]
	for _, s := range [...]*string{&id.ID, &id.Where, &id.Resource} {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n > uint64(len(rest)-size) {
			return Identity{}, bad
		}
		*s, rest = string(rest[size:size+int(n)]), rest[size+int(n):]
	}
	if len(rest) > 0 {
		return Identity{}, bad
	}
	return id, nil
}

// Sum is the fingerprint that is the same in every state: SHA-256 of the identity.
func (id *Identity) Sum() [32]byte { return sha256.Sum256(id.append(nil)) }

// Fingerprinter makes the fingerprints of one state. It is not for concurrent use.
type Fingerprinter struct {
	k0, k1  uint64
	scratch []byte
}

// NewFingerprinter makes the fingerprints of the state with that salt.
func NewFingerprinter(salt Salt) *Fingerprinter {
	return &Fingerprinter{k0: binary.LittleEndian.Uint64(salt[:8]), k1: binary.LittleEndian.Uint64(salt[8:])}
}

// Fingerprint returns the fingerprint of an identity.
func (p *Fingerprinter) Fingerprint(id *Identity) Fingerprint {
	p.scratch = id.append(p.scratch[:0])
	return Fingerprint(siphash.Hash(p.k0, p.k1, p.scratch))
}

package dedup

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/dchest/siphash"

	"github.com/postee/postee/pkg/scan"
)

// Salt keys the fingerprints of one state, so that nobody can prepare findings that collide in it.
type Salt [16]byte

// Identity is what makes a finding itself, and all that is kept of it when it is no longer in any document.
type Identity struct {
	Kind scan.Kind
	ID   string
	// Where is the package of a vulnerability or licence problem, without what changes with every release, and the location for
	// every other kind.
	Where string
	// Detail narrows it: the resource of a misconfiguration, the manifest of a vulnerability where each manifest is a place of its
	// own to mend, a hash of the masked text of a secret.
	Detail string
	// Ordinal numbers findings that are equal in all of the above, from 0, in the order of their places.
	Ordinal int
}

// identityOf returns the identity of a row, as the first of its equals. perManifest says that vulnerabilities of libraries are
// told apart by their manifest. Never part of it: a version, a title, a score, a line.
func identityOf(f *scan.Finding, perManifest bool) Identity {
	id := Identity{Kind: f.Kind, ID: f.ID, Where: f.Location}
	switch f.Kind {
	case scan.Vulnerability:
		if f.Package == "" {
			return id
		}
		id.Where = unversioned(f.Package)
		if perManifest && f.Class != scan.OSPackage {
			id.Detail = f.Location
		}
	case scan.Licence:
		if f.Package != "" {
			id.Where = unversioned(f.Package)
		}
	case scan.Misconfiguration:
		id.Detail = f.Resource
	case scan.Secret:
		if f.Match != "" {
			sum := sha256.Sum256([]byte(f.Match))
			id.Detail = hex.EncodeToString(sum[:4])
		}
	}
	return id
}

// hasManifests reports whether the packages of an artifact of this type stand in manifests, each of which is mended apart: those
// of a repository or a folder do, those of an image or a machine are installed.
func hasManifests(artifactType string) bool {
	return artifactType == "repository" || artifactType == "filesystem"
}

// kernelRelease is the version that the names of a kernel's packages carry: linux-image-6.1.0-18-amd64.
var kernelRelease = regexp.MustCompile(`-\d+\.\d+(\.\d+)*([.-]\d+)*`)

// unversioned returns a package's name without what changes with every release: the version in the names of the kernel's and its
// headers' packages. Other names keep their numbers: postgresql-15 is another package than postgresql-16.
func unversioned(name string) string {
	if !strings.HasPrefix(name, "linux-") && !strings.HasPrefix(name, "kernel-") {
		return name
	}
	return kernelRelease.ReplaceAllString(name, "")
}

// Finding returns what an identity tells: the finding without severity, versions and texts.
func (id Identity) Finding() scan.Finding {
	f := scan.Finding{Kind: id.Kind, ID: id.ID}
	switch id.Kind {
	case scan.Vulnerability:
		f.Package, f.Location = id.Where, id.Detail
	case scan.Licence:
		f.Package = id.Where
	case scan.Misconfiguration:
		f.Location, f.Resource = id.Where, id.Detail
	default:
		f.Location = id.Where
	}
	return f
}

// Append appends the identity so that different ones never look alike: kind, each part behind its length, the ordinal.
func (id *Identity) Append(p []byte) []byte {
	p = append(p, byte(id.Kind))
	for _, s := range [...]string{id.ID, id.Where, id.Detail} {
		p = binary.AppendUvarint(p, uint64(len(s)))
		p = append(p, s...)
	}
	return binary.AppendUvarint(p, uint64(id.Ordinal))
}

// Encode returns the form that is stored: a version byte, the kind, the parts behind their lengths, the ordinal.
func (id *Identity) Encode() []byte { return id.Append([]byte{1}) }

// DecodeIdentity reads what Encode wrote.
func DecodeIdentity(p []byte) (Identity, error) {
	bad := fmt.Errorf("stored name of a finding is damaged (%d bytes)", len(p))
	if len(p) < 2 || p[0] != 1 {
		return Identity{}, bad
	}
	id := Identity{Kind: scan.Kind(p[1])}
	rest := p[2:]
	for _, s := range [...]*string{&id.ID, &id.Where, &id.Detail} {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n > uint64(len(rest)-size) {
			return Identity{}, bad
		}
		*s, rest = string(rest[size:size+int(n)]), rest[size+int(n):]
	}
	ordinal, size := binary.Uvarint(rest)
	if size <= 0 || size != len(rest) || ordinal > 1<<31 {
		return Identity{}, bad
	}
	id.Ordinal = int(ordinal)
	return id, nil
}

// Fingerprinter makes the fingerprints of one state. Any number of goroutines may use it at once.
type Fingerprinter struct {
	k0, k1 uint64
}

// NewFingerprinter makes the fingerprints of the state with that salt.
func NewFingerprinter(salt Salt) *Fingerprinter {
	return &Fingerprinter{k0: binary.LittleEndian.Uint64(salt[:8]), k1: binary.LittleEndian.Uint64(salt[8:])}
}

// Fingerprint returns the fingerprint of an identity.
func (p *Fingerprinter) Fingerprint(id *Identity) Fingerprint {
	var room [256]byte // most identities, without an allocation
	return Fingerprint(siphash.Hash(p.k0, p.k1, id.Append(room[:0])))
}

// Package trivy reads what Trivy writes: its report (SchemaVersion 2), alone or in a cosign predicate, the array of its first versions, the
// report about a cloud account, and the report about a cluster.
package trivy

import (
	"cmp"
	"errors"
	"strconv"
	"time"

	"github.com/postee/postee/pkg/scan"
)

// report is Trivy's report, SchemaVersion 2, as far as it is used here.
type report struct {
	CreatedAt    scan.LooseText
	ArtifactName string
	ArtifactType string
	Metadata     metadata
	Results      []result
}

type metadata struct {
	OS          *system
	ImageID     string
	Reference   string
	RepoTags    []string
	RepoDigests []string
	RepoURL     string
	Branch      scan.LooseText
	ImageConfig imageConfig
}

// system is the operating system. EOSL says that it gets no more updates, which Trivy finds out when it looks for vulnerabilities.
type system struct{ EOSL scan.LooseBool }

// imageConfig is the image's configuration, as far as it says for which platform the image is.
type imageConfig struct {
	OS           scan.LooseText `json:"os"`
	Architecture scan.LooseText `json:"architecture"`
	Variant      scan.LooseText `json:"variant"`
}

// Format returns the format of reports about one artifact, "trivy".
//
// Source: Trivy's pkg/types/report.go, and reports of its versions up to 0.74.
func Format() scan.Format {
	return scan.Format{Name: "trivy", Recognise: recognise, WholeArray: legacyArray, Read: read, Components: components}
}

// recognise reports whether a document has SchemaVersion 2, spelt 2.0 too, is an array of targets, or a report about a cloud
// account, which has no SchemaVersion.
func recognise(k scan.Keys) bool {
	if !k.Has("SchemaVersion") {
		return legacyArray(k.Element()) || k.Has("ArtifactName") && k.First("ArtifactType") == '"' && k.Has("Results")
	}
	version, err := strconv.ParseFloat(k.Number("SchemaVersion"), 64)
	return err == nil && version == 2
}

// legacyArray reports whether an array is a report of Trivy before SchemaVersion: an array of targets.
func legacyArray(first scan.Keys) bool { return first.Has("Target") && !first.Has("SchemaVersion") }

// errNoScan is a report without anything that a scan has: scripts write such when a scan fails.
var errNoScan = errors.New("names no artifact and has no results: this is no scan")

// read reads a document by tokens or, when there is something odd in it, by types.
func read(doc *scan.Document) error {
	if scan.ReadTokens(doc, func(t *scan.Tokens) { readTokens(t, doc) }) {
		return nil
	}
	return readTypes(doc)
}

// readTypes reads a document by types: it has the words for all that may be wrong with one.
func readTypes(doc *scan.Document) error {
	if doc.IsArray() {
		return readLegacy(doc)
	}
	in, err := scan.Decode[report](doc)
	if err != nil {
		return err
	}
	return in.add(doc, doc.Raw)
}

// add adds the report to the document, of which raw is the part that it was read from.
func (in *report) add(doc *scan.Document, raw []byte) error {
	if in.nameless() && len(in.Results) == 0 {
		return errNoScan
	}
	w := in.begin()
	w.addResults(in.Results)
	w.finish(doc, raw)
	return nil
}

// nameless reports whether there is nothing by which an artifact may be known.
func (in *report) nameless() bool {
	return in.ArtifactName == "" && in.Metadata.ImageID == "" && len(in.Metadata.RepoTags)+len(in.Metadata.RepoDigests) == 0
}

// begin returns a report on the artifact, to which results are to be added.
func (in *report) begin() *rows {
	r := &scan.Report{Scanner: "trivy", Artifact: artifact(in), Variant: in.Metadata.variant(), Time: timeOf(in.CreatedAt)}
	e := &evidence{}
	e.system = in.Metadata.endOfLife()
	return &rows{report: r, places: placesOf(in, &r.Artifact), evidence: e}
}

// finish adds a report that has all its results to the document.
func (w *rows) finish(doc *scan.Document, raw []byte) {
	w.warn(doc)
	w.evidence.cover(w.report, w.evidence.sort)
	w.report.Raw = raw
	doc.Reports = append(doc.Reports, *w.report)
}

// timeOf reads when the report was made; the zero time for what is no time.
func timeOf(s scan.LooseText) time.Time {
	if s == "" {
		return time.Time{} // most old reports: an error costs more than a time
	}
	t, err := time.Parse(time.RFC3339, string(s))
	if err != nil {
		return time.Time{}
	}
	return t
}

// endOfLife reports whether Trivy says of the operating system that it gets no more updates.
func (m *metadata) endOfLife() bool { return m.OS != nil && bool(m.OS.EOSL) }

// variant returns the platform of an image or the branch of a repository.
func (m *metadata) variant() string {
	if c := &m.ImageConfig; c.Architecture != "" {
		return scan.Platform(string(c.OS), string(c.Architecture), string(c.Variant))
	}
	if m.Branch != "" && m.Branch != "HEAD" {
		return "branch " + string(m.Branch)
	}
	return ""
}

// artifact returns the artifact. An image, and an SBOM of one, goes by the name that is inside when what was scanned is a file or an ID.
func artifact(in *report) scan.Artifact {
	kind := artifactType(in)
	switch kind {
	case "image":
		return imageArtifact(in)
	case "sbom":
		if a := imageArtifact(in); a.Repository != "" && in.named() {
			return a
		}
	case "account":
		return scan.Artifact{Type: kind, Name: in.ArtifactName}
	}
	return scan.RepositoryArtifact(kind, in.ArtifactName, in.Metadata.RepoURL)
}

// named reports whether an image's name stands beside that of what was scanned.
func (in *report) named() bool {
	return in.Metadata.Reference != "" || len(in.Metadata.RepoTags)+len(in.Metadata.RepoDigests) > 0
}

// imageArtifact returns the image by the name that was given; by the one inside where that is a place, or another repository's. Reference may
// lack the tag that the name has, so that it stands back otherwise. A name with a tag is preferred: a digest changes with every build.
func imageArtifact(in *report) scan.Artifact {
	given := scan.ImageArtifact(in.ArtifactName)
	if in.ArtifactType == "cyclonedx" || in.ArtifactType == "spdx" || scan.IsImageID(in.ArtifactName, in.Metadata.ImageID) {
		given = scan.Artifact{Type: "image", Name: in.ArtifactName} // a file, or digits that look like a name
	}
	a := given
	if given.Repository == "" || in.refersElsewhere(&given) {
		names := append([]string{in.Metadata.Reference}, in.Metadata.RepoTags...)
		a = bestName(append(names, in.Metadata.RepoDigests...), in.Metadata.ImageID, given)
	}
	a.Digest = cmp.Or(scan.RepoDigest(in.Metadata.RepoDigests), a.Digest)
	return a
}

// refersElsewhere reports whether the name inside is of another repository than the image that was given.
func (in *report) refersElsewhere(given *scan.Artifact) bool {
	if in.Metadata.Reference == "" || in.Metadata.Reference == in.ArtifactName {
		return false
	}
	reference := scan.ImageArtifact(in.Metadata.Reference)
	return reference.Repository != "" && !sameRepository(given, &reference)
}

// bestName returns the first image of the names that has a tag, or else the first that has no digest, or else the first; without any, the
// one that was given.
func bestName(names []string, id string, given scan.Artifact) scan.Artifact {
	best, rank := given, 0
	for _, name := range names {
		a := scan.ImageArtifact(name)
		if a.Repository == "" || a.Repository == "<none>" || scan.IsImageID(name, id) {
			continue
		}
		r := 1
		if a.Digest == "" {
			r = 2
		}
		if a.Tag != "" {
			r = 3
		}
		if r > rank {
			best, rank = a, r
		}
	}
	return best
}

// sameRepository reports whether two images are of one repository.
func sameRepository(a, b *scan.Artifact) bool {
	registry, repository, _ := a.Image()
	otherRegistry, otherRepository, _ := b.Image()
	return registry == otherRegistry && repository == otherRepository
}

// artifactType returns the type as package scan names it. Early reports leave it out: an image has an ID. A file system that has an operating
// system is a root file system.
func artifactType(in *report) string {
	switch in.ArtifactType {
	case "container_image", "image":
		return "image"
	case "cyclonedx", "spdx", "sbom":
		return "sbom"
	case "repository", "vm":
		return in.ArtifactType
	case "aws_account":
		return "account"
	case "":
		if in.Metadata.ImageID != "" || len(in.Metadata.RepoTags) > 0 {
			return "image"
		}
	}
	if in.Metadata.OS != nil {
		return "rootfs"
	}
	return "filesystem"
}

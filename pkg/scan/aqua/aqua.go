// Package aqua reads what Aqua's platform sends about an image: the webhook's image scan (v1), alone or in the list that Aqua DevOps
// writes. Its other shapes are recognised by no format yet.
package aqua

import (
	"cmp"
	"errors"

	"github.com/postee/postee/pkg/scan"
)

// imageScan is the image scan that Aqua's webhook (v1) sends, as far as it is used here.
type imageScan struct {
	Image          string            `json:"image"`
	Registry       string            `json:"registry"`
	PullName       string            `json:"pull_name"`
	Digest         string            `json:"digest"`
	ImageID        scan.LooseText    `json:"image_id"`
	Platform       scan.LooseText    `json:"scanned_image_platform"`
	Started        started           `json:"scan_started"`
	Options        scanOptions       `json:"scan_options"`
	Partial        scan.LooseBool    `json:"partial_results"`
	Resources      []resource        `json:"resources"`
	Assurance      *assurance        `json:"image_assurance_results"`
	Summary        summary           `json:"vulnerability_summary"`
	Owners         scan.LooseStrings `json:"application_scope_owners"`
	MalwareItems   items             `json:"malware"`
	SensitiveItems items             `json:"sensitive_data"`

	dropped int  // rows that do not say what they are
	nowhere bool // a resource without a name was not scanned
}

type resource struct {
	Resource        software         `json:"resource"`
	Scanned         scan.LooseSwitch `json:"scanned"`
	Vulnerabilities []vulnerability  `json:"vulnerabilities"`
	Malware         items            `json:"malware_items"`
	Sensitive       items            `json:"sensitive_items"`
}

type software struct {
	Name      string         `json:"name"`
	Path      string         `json:"path"`
	Version   string         `json:"version"`
	Format    scan.LooseText `json:"format"` // "deb", "apk", "npm"
	Malware   items          `json:"malware_items"`
	Sensitive items          `json:"sensitive_items"`
}

type vulnerability struct {
	Name           string         `json:"name"`
	Description    scan.Sentence  `json:"description"`
	NVDSeverity    string         `json:"nvd_severity"`
	NVDURL         string         `json:"nvd_url"`
	VendorSeverity string         `json:"vendor_severity"`
	VendorURL      string         `json:"vendor_url"`
	FixVersion     string         `json:"fix_version"`
	AquaSeverity   string         `json:"aqua_severity"`
	Acknowledged   scan.LooseBool `json:"already_acknowledged"`
}

type assurance struct {
	Disallowed bool    `json:"disallowed"`
	Checks     []check `json:"checks_performed"`
}

type check struct {
	Control    string         `json:"control"`
	PolicyName string         `json:"policy_name"`
	Failed     scan.LooseBool `json:"failed"`
}

// Format returns the format of image scans, "aqua".
//
// Source: documents that the platform has sent.
func Format() scan.Format {
	return scan.Format{Name: "aqua", Recognise: recognise, WholeArray: devOpsArray, Read: read, Components: components}
}

// recognise reports whether a document is an image scan, which every other shape of Aqua's documents lacks a key of, or a list of
// them.
func recognise(k scan.Keys) bool {
	return k.Has("image") && (k.Has("resources") || k.Has("vulnerability_summary") || k.Has("image_assurance_results")) || devOpsArray(k.Element())
}

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
		return readList(doc)
	}
	in, err := scan.Decode[imageScan](doc)
	if err != nil {
		return err
	}
	return in.add(doc, doc.Raw)
}

// errNoScan is an image scan without anything that a scan has.
var errNoScan = errors.New("names no image, and has neither resources nor a summary nor assurance results: this is no scan")

// add adds the scan to the document, of which raw is the part that it was read from.
func (in *imageScan) add(doc *scan.Document, raw []byte) error {
	r := &scan.Report{}
	size := 0
	for i := range in.Resources {
		size += len(in.Resources[i].Vulnerabilities)
	}
	if size > 0 {
		r.Findings = make([]scan.Finding, 0, size)
	}
	for i := range in.Resources {
		res := &in.Resources[i]
		for j := range res.Vulnerabilities {
			in.addVulnerability(r, &res.Vulnerabilities[j], &res.Resource)
		}
		in.addResource(r, res)
	}
	return in.finish(doc, r, raw)
}

// finish adds the scan to the document; r has what its resources list.
func (in *imageScan) finish(doc *scan.Document, r *scan.Report, raw []byte) error {
	if in.Image == "" && in.PullName == "" && in.Resources == nil && in.Assurance == nil && !in.Summary.given() {
		return errNoScan
	}
	r.Scanner, r.Raw, r.Artifact, r.Variant = "aqua", raw, artifact(in), variant(string(in.Platform))
	r.Time, r.Owners = in.Started.time(), in.Owners.List
	if in.Owners.Odd {
		doc.Warnf("application_scope_owners: what is not a string is left out")
	}
	in.MalwareItems.add(r, scan.Malware, "")
	in.SensitiveItems.add(r, scan.Sensitive, "")
	if in.dropped > 0 {
		doc.Warnf("skipped findings without a name: %d", in.dropped)
	}
	if len(r.Findings)+len(r.Suppressed) == 0 {
		r.Summary = in.Summary.counts() // the scanner's own counts, where it lists nothing
	}
	in.addAssurance(r)
	in.addCovers(r)
	doc.Reports = append(doc.Reports, *r)
	return nil
}

// artifact returns the artifact: the host of the registry is that of pull_name or of the name, and beside it stands the
// registry's display name. An image that was scanned by its ID goes by pull_name.
func artifact(in *imageScan) scan.Artifact {
	pulled := scan.ImageArtifact(in.PullName)
	a := pulled
	if named := scan.ImageArtifact(in.Image); in.Image != "" && (named.Repository != "" && !scan.IsImageID(in.Image, string(in.ImageID)) || pulled.Repository == "") {
		a = named
	}
	a.Host = cmp.Or(pulled.Host, a.Host)
	a.Registry = in.Registry
	a.Digest = cmp.Or(scan.ImageDigest(in.Digest), a.Digest)
	return a
}

// addResource adds what a resource says beside its vulnerabilities.
func (in *imageScan) addResource(r *scan.Report, res *resource) {
	if res.Scanned.Given && !res.Scanned.On {
		in.addUnscanned(r, &res.Resource)
	}
	place := cmp.Or(res.Resource.Path, res.Resource.Name)
	for _, items := range [...]items{res.Malware, res.Resource.Malware} {
		items.add(r, scan.Malware, place)
	}
	for _, items := range [...]items{res.Sensitive, res.Resource.Sensitive} {
		items.add(r, scan.Sensitive, place)
	}
}

// addUnscanned says that nothing is known of a package. One without a name may be any.
func (in *imageScan) addUnscanned(r *scan.Report, p *software) {
	name := cmp.Or(p.Name, p.Path)
	if name == "" {
		in.nowhere = true
		return
	}
	r.Unscanned = append(r.Unscanned, name)
}

// addVulnerability puts one row into the report, unless it does not say what it is.
func (in *imageScan) addVulnerability(r *scan.Report, v *vulnerability, p *software) {
	if v.Name == "" {
		in.dropped++
		return
	}
	f := scan.Finding{
		Kind: scan.Vulnerability, Severity: scan.SeverityOf(cmp.Or(v.AquaSeverity, v.VendorSeverity, v.NVDSeverity)), ID: v.Name,
		Class: p.class(), Package: cmp.Or(p.Name, p.Path), Installed: p.Version, Fixed: v.FixVersion, Title: string(v.Description),
		URL: cmp.Or(v.NVDURL, v.VendorURL), Location: p.Path,
	}
	if v.Acknowledged {
		r.Suppressed = append(r.Suppressed, f)
	} else {
		r.Findings = append(r.Findings, f)
	}
}

// addAssurance adds the failed controls, and says whether the image is allowed: "disallowed" is left out of results that allow it.
func (in *imageScan) addAssurance(r *scan.Report) {
	if in.Assurance == nil {
		return
	}
	r.Compliance = scan.Compliant
	if in.Assurance.Disallowed {
		r.Compliance = scan.NonCompliant
	}
	for _, c := range in.Assurance.Checks {
		if c.Failed && c.Control != "" {
			r.Findings = append(r.Findings, scan.Finding{Kind: scan.Control, ID: c.Control, Location: c.PolicyName})
		}
	}
}

// Package aqua reads what Aqua's platform sends about an image: the webhook's image scan (v1). Its other shapes are recognised by
// no format yet.
package aqua

import (
	"cmp"

	"github.com/postee/postee/pkg/scan"
)

// imageScan is the image scan that Aqua's webhook (v1) sends, as far as it is used here.
type imageScan struct {
	Image          string            `json:"image"`
	Registry       string            `json:"registry"`
	PullName       string            `json:"pull_name"`
	Digest         string            `json:"digest"`
	Resources      []resource        `json:"resources"`
	Assurance      *assurance        `json:"image_assurance_results"`
	Summary        summary           `json:"vulnerability_summary"`
	Owners         scan.LooseStrings `json:"application_scope_owners"`
	MalwareItems   items             `json:"malware"`
	SensitiveItems items             `json:"sensitive_data"`

	dropped int // rows that do not say what they are
}

type resource struct {
	Resource        software        `json:"resource"`
	Vulnerabilities []vulnerability `json:"vulnerabilities"`
	Malware         items           `json:"malware_items"`
	Sensitive       items           `json:"sensitive_items"`
}

type software struct {
	Name      string `json:"name"`
	Path      string `json:"path"`
	Version   string `json:"version"`
	Malware   items  `json:"malware_items"`
	Sensitive items  `json:"sensitive_items"`
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

// recognise reports whether a document is an image scan: every other shape of Aqua's documents lacks one of the keys.
func recognise(k scan.Keys) bool {
	return k.Has("image") && (k.Has("resources") || k.Has("vulnerability_summary") || k.Has("image_assurance_results"))
}

func read(doc *scan.Document) error {
	in, err := scan.Decode[imageScan](doc)
	if err != nil {
		return err
	}
	r := scan.Report{Scanner: "aqua", Raw: doc.Raw, Artifact: artifact(in), Owners: in.Owners.List}
	if in.Owners.Odd {
		doc.Warnf("application_scope_owners: what is not a string is left out")
	}
	in.addFindings(doc, &r)
	in.addAssurance(&r)
	in.addCovers(&r)
	doc.Reports = append(doc.Reports, r)
	return nil
}

// artifact returns the artifact: the host of the registry is that of pull_name or of the name, and beside it stands the
// registry's display name.
func artifact(in *imageScan) scan.Artifact {
	pulled := scan.ImageArtifact(in.PullName)
	a := pulled
	if in.Image != "" {
		a = scan.ImageArtifact(in.Image)
	}
	a.Host = cmp.Or(pulled.Host, a.Host)
	a.Registry = in.Registry
	a.Digest = cmp.Or(scan.ImageDigest(in.Digest), a.Digest)
	return a
}

// addFindings adds what the resources list, or, where they list nothing, the scanner's own counts.
func (in *imageScan) addFindings(doc *scan.Document, r *scan.Report) {
	size, dropped := 0, 0
	for i := range in.Resources {
		size += len(in.Resources[i].Vulnerabilities)
	}
	if size > 0 {
		r.Findings = make([]scan.Finding, 0, size)
	}
	for i := range in.Resources {
		res := &in.Resources[i]
		for j := range res.Vulnerabilities {
			dropped += res.Vulnerabilities[j].add(r, &res.Resource)
		}
		place := cmp.Or(res.Resource.Path, res.Resource.Name)
		for _, items := range []items{res.Malware, res.Resource.Malware} {
			items.add(r, scan.Malware, place)
		}
		for _, items := range []items{res.Sensitive, res.Resource.Sensitive} {
			items.add(r, scan.Sensitive, place)
		}
	}
	in.MalwareItems.add(r, scan.Malware, "")
	in.SensitiveItems.add(r, scan.Sensitive, "")
	if dropped > 0 {
		doc.Warnf("skipped findings without a name: %d", dropped)
	}
	in.dropped = dropped
	if len(r.Findings)+len(r.Suppressed) == 0 {
		r.Summary = in.Summary.counts()
	}
}

// add puts one row into the report. It returns 1 for a row that does not say what it is.
func (v *vulnerability) add(r *scan.Report, p *software) (dropped int) {
	if v.Name == "" {
		return 1
	}
	f := scan.Finding{
		Kind: scan.Vulnerability, Severity: scan.SeverityOf(cmp.Or(v.AquaSeverity, v.VendorSeverity, v.NVDSeverity)), ID: v.Name,
		Package: cmp.Or(p.Name, p.Path), Installed: p.Version, Fixed: v.FixVersion, Title: string(v.Description),
		URL: cmp.Or(v.NVDURL, v.VendorURL), Location: p.Path,
	}
	if v.Acknowledged {
		r.Suppressed = append(r.Suppressed, f)
	} else {
		r.Findings = append(r.Findings, f)
	}
	return 0
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

// addCovers says what the report proves. A count in the summary shows that the scanner looked; but where it counts more than the
// document lists, the absence of a row proves nothing.
func (in *imageScan) addCovers(r *scan.Report) {
	listed := func(kind scan.Kind) (n int) {
		for i := range r.Findings {
			if r.Findings[i].Kind == kind {
				n++
			}
		}
		return n
	}
	if in.Resources != nil && r.Summary == nil && in.dropped == 0 {
		r.Covers |= scan.KindsOf(scan.Vulnerability)
	}
	if c := in.Summary.Malware; c.Given && c.N <= listed(scan.Malware) {
		r.Covers |= scan.KindsOf(scan.Malware)
	}
	if c := in.Summary.Sensitive; c.Given && c.N <= listed(scan.Sensitive) {
		r.Covers |= scan.KindsOf(scan.Sensitive)
	}
	if in.Assurance != nil {
		r.Covers |= scan.KindsOf(scan.Control)
	}
}

// devOpsArray reports whether an array is the list of scans that Aqua DevOps writes.
func devOpsArray(first scan.Keys) bool {
	return first.Has("image_name") && first.First("results") == '{'
}

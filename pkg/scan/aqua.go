package scan

import (
	"cmp"
	"fmt"
)

// aquaScan is the image scan that Aqua's webhook (v1) sends, as far as it is used here.
type aquaScan struct {
	Image          string         `json:"image"`
	Registry       string         `json:"registry"`
	PullName       string         `json:"pull_name"`
	Digest         string         `json:"digest"`
	Resources      []aquaResource `json:"resources"`
	Assurance      *aquaAssurance `json:"image_assurance_results"`
	Summary        aquaSummary    `json:"vulnerability_summary"`
	Owners         LooseStrings   `json:"application_scope_owners"`
	MalwareItems   looseItems     `json:"malware"`
	SensitiveItems looseItems     `json:"sensitive_data"`

	dropped int // rows that do not say what they are
}

type aquaResource struct {
	Resource        aquaPackage         `json:"resource"`
	Vulnerabilities []aquaVulnerability `json:"vulnerabilities"`
	Malware         looseItems          `json:"malware_items"`
	Sensitive       looseItems          `json:"sensitive_items"`
}

type aquaPackage struct {
	Name      string     `json:"name"`
	Path      string     `json:"path"`
	Version   string     `json:"version"`
	Malware   looseItems `json:"malware_items"`
	Sensitive looseItems `json:"sensitive_items"`
}

type aquaVulnerability struct {
	Name           string    `json:"name"`
	Description    Sentence  `json:"description"`
	NVDSeverity    string    `json:"nvd_severity"`
	NVDURL         string    `json:"nvd_url"`
	VendorSeverity string    `json:"vendor_severity"`
	VendorURL      string    `json:"vendor_url"`
	FixVersion     string    `json:"fix_version"`
	AquaSeverity   string    `json:"aqua_severity"`
	Acknowledged   LooseBool `json:"already_acknowledged"`
}

type aquaAssurance struct {
	Disallowed bool        `json:"disallowed"`
	Checks     []aquaCheck `json:"checks_performed"`
}

type aquaCheck struct {
	Control    string    `json:"control"`
	PolicyName string    `json:"policy_name"`
	Failed     LooseBool `json:"failed"`
}

// recogniseAqua knows the image scan only: every other shape of Aqua's documents lacks one of the keys.
func recogniseAqua(k Keys) bool {
	return k.Has("image") && (k.Has("resources") || k.Has("vulnerability_summary") || k.Has("image_assurance_results"))
}

func readAqua(doc *Document) error {
	in, err := Decode[aquaScan](doc)
	if err != nil {
		return err
	}
	r := Report{Scanner: "aqua", Raw: doc.Raw, Artifact: aquaArtifact(in), Owners: in.Owners.List}
	if in.Owners.Odd {
		doc.Warnings = append(doc.Warnings, "application_scope_owners: what is not a string is left out")
	}
	in.addFindings(doc, &r)
	in.addAssurance(&r)
	in.judge(&r)
	doc.Reports = append(doc.Reports, r)
	return nil
}

// aquaArtifact makes the artifact: the host of the registry is that of pull_name or of the name, and beside it stands the
// registry's display name.
func aquaArtifact(in *aquaScan) Artifact {
	pulled := ImageArtifact(in.PullName)
	a := pulled
	if in.Image != "" {
		a = ImageArtifact(in.Image)
	}
	a.Host = cmp.Or(pulled.Host, a.Host)
	a.Registry = in.Registry
	a.Digest = cmp.Or(ImageDigest(in.Digest), a.Digest)
	return a
}

// addFindings adds what the resources list, or, where they list nothing, the scanner's own counts.
func (in *aquaScan) addFindings(doc *Document, r *Report) {
	size, dropped := 0, 0
	for i := range in.Resources {
		size += len(in.Resources[i].Vulnerabilities)
	}
	if size > 0 {
		r.Findings = make([]Finding, 0, size)
	}
	for i := range in.Resources {
		res := &in.Resources[i]
		for j := range res.Vulnerabilities {
			dropped += res.Vulnerabilities[j].add(r, &res.Resource)
		}
		place := cmp.Or(res.Resource.Path, res.Resource.Name)
		for _, items := range []looseItems{res.Malware, res.Resource.Malware} {
			items.add(r, Malware, place)
		}
		for _, items := range []looseItems{res.Sensitive, res.Resource.Sensitive} {
			items.add(r, Sensitive, place)
		}
	}
	in.MalwareItems.add(r, Malware, "")
	in.SensitiveItems.add(r, Sensitive, "")
	if dropped > 0 {
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("skipped findings without a name: %d", dropped))
	}
	in.dropped = dropped
	if len(r.Findings)+len(r.Suppressed) == 0 {
		r.Summary = in.Summary.counts()
	}
}

// add puts one row into the report. It returns 1 for a row that does not say what it is.
func (v *aquaVulnerability) add(r *Report, p *aquaPackage) (dropped int) {
	if v.Name == "" {
		return 1
	}
	f := Finding{
		Kind: Vulnerability, Severity: SeverityOf(cmp.Or(v.AquaSeverity, v.VendorSeverity, v.NVDSeverity)), ID: v.Name,
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
func (in *aquaScan) addAssurance(r *Report) {
	if in.Assurance == nil {
		return
	}
	r.Compliance = Compliant
	if in.Assurance.Disallowed {
		r.Compliance = NonCompliant
	}
	for _, c := range in.Assurance.Checks {
		if c.Failed && c.Control != "" {
			r.Findings = append(r.Findings, Finding{Kind: Control, ID: c.Control, Location: c.PolicyName})
		}
	}
}

// judge says what the report proves. A count in the summary shows that the scanner looked; but where it counts more than the
// document lists, the absence of a row proves nothing.
func (in *aquaScan) judge(r *Report) {
	listed := [kindCount]int{}
	for i := range r.Findings {
		listed[r.Findings[i].Kind]++
	}
	if in.Resources != nil && r.Summary == nil && in.dropped == 0 {
		r.Covers |= KindsOf(Vulnerability)
	}
	if c := in.Summary.Malware; c.Given && c.N <= listed[Malware] {
		r.Covers |= KindsOf(Malware)
	}
	if c := in.Summary.Sensitive; c.Given && c.N <= listed[Sensitive] {
		r.Covers |= KindsOf(Sensitive)
	}
	if in.Assurance != nil {
		r.Covers |= KindsOf(Control)
	}
}

// devOpsArray knows the list of scans that Aqua DevOps writes.
func devOpsArray(first Keys) bool { return first.Has("image_name") && first.First("results") == '{' }

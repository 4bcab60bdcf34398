package aqua

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/scan"
)

// scanOptions say what was looked for.
type scanOptions struct {
	malware, sensitive scan.LooseSwitch

	given bool // there are some
}

// UnmarshalJSONFrom reads any value.
func (o *scanOptions) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	if in.PeekKind() != '{' {
		return in.SkipValue()
	}
	_, err := in.ReadToken()
	for err == nil && in.PeekKind() == '"' {
		var key jsontext.Token
		if key, err = in.ReadToken(); err != nil {
			return err
		}
		o.given = true
		switch key.String() {
		case "scan_malware":
			err = o.malware.UnmarshalJSONFrom(in)
		case "scan_sensitive_data":
			err = o.sensitive.UnmarshalJSONFrom(in)
		default:
			err = in.SkipValue()
		}
	}
	if err == nil {
		_, err = in.ReadToken()
	}
	return err
}

// started is when the scan began.
type started struct{ at time.Time }

// UnmarshalJSONFrom reads seconds and nanoseconds, or a time in words; anything else says nothing.
func (s *started) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	switch in.PeekKind() {
	case '{':
		var t struct {
			Seconds scan.LooseCount `json:"seconds"`
			Nanos   scan.LooseCount `json:"nanos"`
		}
		err := json.UnmarshalDecode(in, &t)
		if t.Seconds.N > 0 {
			s.at = time.Unix(int64(t.Seconds.N), int64(t.Nanos.N)).UTC()
		}
		return err
	case '"':
		var text scan.LooseText
		err := text.UnmarshalJSONFrom(in)
		if at, bad := time.Parse(time.RFC3339, string(text)); bad == nil {
			s.at = at
		}
		return err
	}
	return in.SkipValue()
}

// time returns when the scan began, the zero time when the document does not say.
func (s *started) time() time.Time { return s.at }

// variant returns the platform of an image from Aqua's spelling, "architecture:variant:system:version".
func variant(platform string) string {
	parts := append(strings.Split(platform, ":"), "", "", "")
	return scan.Platform(parts[2], parts[0], parts[1])
}

// class returns the class of the package's vulnerabilities, by the format of the package. A file without a format may be either.
func (p *software) class() scan.Class {
	switch p.Format {
	case "":
		return scan.NoClass
	case "deb", "rpm", "apk":
		return scan.OSPackage
	}
	return scan.Library
}

// isScan reports whether there is anything that a scan has.
func (in *imageScan) isScan() bool {
	return in.Resources != nil || in.Assurance != nil || in.Summary.given() || in.MalwareItems != nil || in.SensitiveItems != nil
}

// addCovers says what the report proves. A count in the summary shows that the scanner looked, unless the options say otherwise; but
// where it counts more than the document lists, the absence of a row proves nothing. Partial results prove nothing at all.
func (in *imageScan) addCovers(r *scan.Report) {
	if in.Partial {
		return
	}
	listed := func(kind scan.Kind) (n int) {
		for _, list := range [][]scan.Finding{r.Findings, r.Suppressed} {
			for i := range list {
				if list[i].Kind == kind {
					n++
				}
			}
		}
		return n
	}
	if in.Resources != nil && r.Summary == nil && in.dropped == 0 && !in.nowhere && in.Summary.vulnerabilities() <= listed(scan.Vulnerability) {
		r.Covers |= scan.CoverageOf(scan.Vulnerability)
	}
	if c := in.Summary.Malware; c.Given && c.N <= listed(scan.Malware) && in.Options.looked(in.Options.malware) {
		r.Covers |= scan.CoverageOf(scan.Malware)
	}
	if c := in.Summary.Sensitive; c.Given && c.N <= listed(scan.Sensitive) && in.Options.looked(in.Options.sensitive) {
		r.Covers |= scan.CoverageOf(scan.Sensitive)
	}
	if in.Assurance != nil {
		r.Covers |= scan.CoverageOf(scan.Control)
	}
}

// looked reports whether an option lets the scanner look. Options that leave it out leave it off; a document without options does not
// say.
func (o *scanOptions) looked(option scan.LooseSwitch) bool { return option.On || !o.given }

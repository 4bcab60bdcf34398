package aqua

import (
	"cmp"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/scan"
)

// items are malware or sensitive files: names, or objects with a path.
type items []item

type item struct{ name, path string }

// UnmarshalJSONFrom reads a list of names or objects; anything else is skipped.
func (l *items) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	if in.PeekKind() != '[' {
		return in.SkipValue()
	}
	if _, err := in.ReadToken(); err != nil {
		return err
	}
	for in.PeekKind() != ']' {
		next, err := readItem(in)
		if err != nil {
			return err
		}
		if next != (item{}) {
			*l = append(*l, next)
		}
	}
	_, err := in.ReadToken()
	return err
}

// readItem reads one element; it is empty when the element is neither a name nor an object with one.
func readItem(in *jsontext.Decoder) (item, error) {
	switch in.PeekKind() {
	case '"':
		var name scan.LooseText
		err := name.UnmarshalJSONFrom(in)
		return item{name: string(name)}, err
	case '{':
		var fields struct {
			Name     scan.LooseText `json:"name"`
			Malware  scan.LooseText `json:"malware"`
			Type     scan.LooseText `json:"type"`
			Path     scan.LooseText `json:"path"`
			File     scan.LooseText `json:"file"`
			Filename scan.LooseText `json:"filename"`
		}
		err := json.UnmarshalDecode(in, &fields)
		name, path := cmp.Or(fields.Name, fields.Malware, fields.Type), cmp.Or(fields.Path, fields.File, fields.Filename)
		return item{name: string(name), path: string(path)}, err
	}
	return item{}, in.SkipValue()
}

// add puts the items into the report. place is where they are when they do not say it themselves.
func (l items) add(r *scan.Report, kind scan.Kind, place string) {
	for _, i := range l {
		r.Findings = append(r.Findings, scan.Finding{Kind: kind, ID: cmp.Or(i.name, i.path), Location: cmp.Or(i.path, place, i.name)})
	}
}

// summary holds the counts of vulnerability_summary, keyed as Aqua does; what is not a count is left out.
type summary struct {
	Critical   scan.LooseCount `json:"critical"`
	High       scan.LooseCount `json:"high"`
	Medium     scan.LooseCount `json:"medium"`
	Low        scan.LooseCount `json:"low"`
	Negligible scan.LooseCount `json:"negligible"`
	Total      scan.LooseCount `json:"total"`
	Malware    scan.LooseCount `json:"malware"`
	Sensitive  scan.LooseCount `json:"sensitive"`
}

// UnmarshalJSONFrom reads any value: the scanner's counts matter only where it lists no findings, and come as strings too.
func (s *summary) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	if in.PeekKind() != '{' {
		return in.SkipValue()
	}
	type plain summary // without this method
	return json.UnmarshalDecode(in, (*plain)(s))
}

// counts returns the summary by severity, nil when it counts nothing. What total has beyond the named severities is unknown.
func (s *summary) counts() *[scan.SeverityCount]int {
	c := [scan.SeverityCount]int{
		scan.Critical: s.Critical.N, scan.High: s.High.N, scan.Medium: s.Medium.N, scan.Low: s.Low.N, scan.Negligible: s.Negligible.N,
	}
	sum := 0
	for _, n := range c {
		sum += n
	}
	c[scan.Unknown] = max(0, s.Total.N-sum)
	if sum+c[scan.Unknown] == 0 {
		return nil
	}
	return &c
}

// given reports whether there is any count of vulnerabilities.
func (s *summary) given() bool {
	return s.Total.Given || s.Critical.Given || s.High.Given || s.Medium.Given || s.Low.Given || s.Negligible.Given
}

// vulnerabilities returns how many vulnerabilities are counted: the total or, without one, the sum, negligible ones aside, which are in
// no total.
func (s *summary) vulnerabilities() int {
	if s.Total.Given {
		return s.Total.N
	}
	return s.Critical.N + s.High.N + s.Medium.N + s.Low.N
}

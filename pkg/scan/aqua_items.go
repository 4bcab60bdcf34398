package scan

import (
	"cmp"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// looseItems are malware or sensitive files: names, or objects with a path.
type looseItems []looseItem

type looseItem struct{ name, path string }

// UnmarshalJSONFrom reads a list of names or objects; anything else is skipped.
func (l *looseItems) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	if in.PeekKind() != '[' {
		return in.SkipValue()
	}
	if _, err := in.ReadToken(); err != nil {
		return err
	}
	for in.PeekKind() != ']' {
		item, err := readItem(in)
		if err != nil {
			return err
		}
		if item != (looseItem{}) {
			*l = append(*l, item)
		}
	}
	_, err := in.ReadToken()
	return err
}

func readItem(in *jsontext.Decoder) (looseItem, error) {
	switch in.PeekKind() {
	case '"':
		var name LooseText
		err := name.UnmarshalJSONFrom(in)
		return looseItem{name: string(name)}, err
	case '{':
		var fields struct {
			Name     LooseText `json:"name"`
			Malware  LooseText `json:"malware"`
			Type     LooseText `json:"type"`
			Path     LooseText `json:"path"`
			File     LooseText `json:"file"`
			Filename LooseText `json:"filename"`
		}
		err := json.UnmarshalDecode(in, &fields)
		name, path := cmp.Or(fields.Name, fields.Malware, fields.Type), cmp.Or(fields.Path, fields.File, fields.Filename)
		return looseItem{name: string(name), path: string(path)}, err
	}
	return looseItem{}, in.SkipValue()
}

// add puts the items into the report. place is where they are when they do not say it themselves.
func (l looseItems) add(r *Report, kind Kind, place string) {
	for _, item := range l {
		r.Findings = append(r.Findings, Finding{Kind: kind, ID: cmp.Or(item.name, item.path), Location: cmp.Or(item.path, place, item.name)})
	}
}

// aquaSummary holds the counts of vulnerability_summary, keyed as Aqua does; what is not a count is left out.
type aquaSummary struct {
	Critical   LooseCount `json:"critical"`
	High       LooseCount `json:"high"`
	Medium     LooseCount `json:"medium"`
	Low        LooseCount `json:"low"`
	Negligible LooseCount `json:"negligible"`
	Total      LooseCount `json:"total"`
	Malware    LooseCount `json:"malware"`
	Sensitive  LooseCount `json:"sensitive"`
}

// UnmarshalJSONFrom reads any value: the scanner's counts matter only where it lists no findings, and come as strings too.
func (s *aquaSummary) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	if in.PeekKind() != '{' {
		return in.SkipValue()
	}
	type plain aquaSummary // without this method
	return json.UnmarshalDecode(in, (*plain)(s))
}

// counts returns the summary by severity, nil when it counts nothing. What total has beyond the named severities is unknown.
func (s *aquaSummary) counts() *[SeverityCount]int {
	c := [SeverityCount]int{Critical: s.Critical.N, High: s.High.N, Medium: s.Medium.N, Low: s.Low.N, Negligible: s.Negligible.N}
	sum := 0
	for _, n := range c {
		sum += n
	}
	c[Unknown] = max(0, s.Total.N-sum)
	if sum+c[Unknown] == 0 {
		return nil
	}
	return &c
}

package nexusiqtest

import (
	"encoding/json"
	"fmt"
	"slices"
)

// bill is a bill of materials in the shape that the CycloneDX 1.6 schema gives it, as far as this project's have it.
type bill struct {
	Schema       string `json:"$schema"`
	Format       string `json:"bomFormat"`
	SpecVersion  string `json:"specVersion"`
	SerialNumber string `json:"serialNumber"`
	Version      int    `json:"version"`
	Metadata     struct {
		Timestamp string     `json:"timestamp"`
		Component *component `json:"component"`
		Tools     *inventory `json:"tools"`
	} `json:"metadata"`
	Components      []component     `json:"components"`
	Vulnerabilities []vulnerability `json:"vulnerabilities"`
}

// inventory is a list of components.
type inventory struct {
	Components []component `json:"components"`
}

type component struct {
	Ref        string            `json:"bom-ref"`
	Type       string            `json:"type"`
	Name       string            `json:"name"`
	Version    string            `json:"version"`
	PURL       string            `json:"purl"`
	Licenses   []json.RawMessage `json:"licenses"`
	Properties []json.RawMessage `json:"properties"`
	Evidence   json.RawMessage   `json:"evidence"`
}

type vulnerability struct {
	ID             string            `json:"id"`
	Source         json.RawMessage   `json:"source"`
	References     []json.RawMessage `json:"references"`
	Ratings        []rating          `json:"ratings"`
	Description    string            `json:"description"`
	Recommendation string            `json:"recommendation"`
	Advisories     []json.RawMessage `json:"advisories"`
	Affects        []struct {
		Ref      string            `json:"ref"`
		Versions []json.RawMessage `json:"versions"`
	} `json:"affects"`
}

type rating struct {
	Severity string `json:"severity"`
}

// fault returns what is wrong with a bill of materials, "" when nothing is (help: valid documents only; the
// schema: types, severities, unique references).
func (b *bill) fault() string {
	if b.Format != "CycloneDX" || b.SpecVersion != "1.6" || b.Version < 1 {
		return "it is no CycloneDX 1.6"
	}
	refs := make(map[string]bool)
	all := slices.Clone(b.Components)
	if b.Metadata.Component != nil {
		all = append(all, *b.Metadata.Component)
	}
	for i := range all {
		c := &all[i]
		if c.Name == "" || !slices.Contains([]string{"application", "library", "container"}, c.Type) {
			return fmt.Sprintf("the component %q has no name, or is a %q", c.Ref, c.Type)
		}
		if refs[c.Ref] {
			return fmt.Sprintf("the reference %q is there twice", c.Ref)
		}
		refs[c.Ref] = c.Ref != ""
	}
	for i := range b.Vulnerabilities {
		v := &b.Vulnerabilities[i]
		for _, r := range v.Ratings {
			if !slices.Contains([]string{"critical", "high", "medium", "low", "info", "none", "unknown"}, r.Severity) {
				return fmt.Sprintf("%s is %q", v.ID, r.Severity)
			}
		}
		for _, a := range v.Affects {
			if !refs[a.Ref] {
				return fmt.Sprintf("%s affects %q, which is not there", v.ID, a.Ref)
			}
		}
	}
	return ""
}

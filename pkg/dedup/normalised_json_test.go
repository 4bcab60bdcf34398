package dedup

import (
	"bytes"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/jsonline"
	"github.com/postee/postee/pkg/scan"
)

// TestAppendJSON: what is appended is what the tags say.
func TestAppendJSON(t *testing.T) {
	compliant := true
	full := Item{Finding: &scan.Finding{
		Kind: scan.Secret, Severity: scan.High, ID: "a\"b", Aliases: []string{"GHSA-1", "x"}, Package: "p\\q", Installed: "1", Fixed: "2", Status: "affected",
		Title: "\u202e é\x1b\x7f\xff", URL: "https://h/?a=b&c=<d>", Location: "l", Resource: "r", Match: "m", Lines: "1", Class: scan.Library,
	}, Locations: []string{"l", "m"}, FirstSeen: 20000, Detail: "d", Ordinal: 3}
	least := Item{Finding: &scan.Finding{ID: ""}}
	for name, v := range map[string]*NormalisedReport{
		"nothing": {Covers: []string{}, Findings: []Item{}, New: []Item{}, Changed: []Change{}, Fixed: []Item{}, Owners: []string{}},
		"all": {
			Format: "f", Source: "s#1", Subject: "a:1", Artifact: NormalisedArtifact{"image", "n", "r", "p", "t", "d"}, Summary: Summary{9, 1, 2, 3, 4, 5, 6, 7},
			Scanner: "trivy", Variant: "linux/arm64", Scanned: "2026-11-25T00:00:00Z", Covers: []string{"secret", "x"}, Findings: []Item{full, least}, New: []Item{least},
			Changed: []Change{{full, Was{scan.Low, true}}, {least, Was{}}}, Fixed: []Item{full, full}, Known: -1, Suppressed: 2, First: true, Compliant: &compliant,
			ComplianceChanged: true, Owners: []string{"o", "p"}, AquaServer: "https://aqua",
		},
	} {
		want, err := jsonline.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(v.AppendJSON(nil))+"\n"); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		v.Findings = slices.Repeat([]Item{full}, 1000)
		var pieces bytes.Buffer
		if err := v.WriteJSON(&pieces); err != nil || pieces.String() != string(v.AppendJSON(nil))+"\n" {
			t.Errorf("%s: %v, in pieces it is another", name, err)
		}
		var back NormalisedReport
		if err := json.Unmarshal(v.AppendJSON(nil), &back); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// schema is as much of a JSON Schema as the documented one uses. A property that it does not name is an error here.
type schema struct {
	Ref         string            `json:"$ref"`
	Type        any               `json:"type"`
	Enum        []string          `json:"enum"`
	Format      string            `json:"format"`
	Minimum     *int              `json:"minimum"`
	Required    []string          `json:"required"`
	Properties  map[string]schema `json:"properties"`
	Items       *schema           `json:"items"`
	OneOf       []schema          `json:"oneOf"`
	Defs        map[string]schema `json:"$defs"`
	Schema      string            `json:"$schema"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
}

// check returns what a value of JSON has that the schema does not allow.
func (s *schema) check(root *schema, v any) error {
	if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		referred := root.Defs[name]
		return referred.check(root, v)
	}
	if len(s.OneOf) > 0 {
		var errs []error
		for i := range s.OneOf {
			errs = append(errs, s.OneOf[i].check(root, v))
		}
		if n := slices.Index(errs, nil); n >= 0 && !slices.Contains(errs[n+1:], nil) {
			return nil
		}
		return fmt.Errorf("not one of %d: %w", len(errs), errors.Join(errs...))
	}
	kind := map[string]string{"map[string]interface {}": "object", "[]interface {}": "array", "string": "string", "bool": "boolean", "float64": "integer", "<nil>": "null"}[fmt.Sprintf("%T", v)]
	if !strings.Contains(fmt.Sprint(s.Type), kind) || kind == "" {
		return fmt.Errorf("is %s, not %v", kind, s.Type)
	}
	switch v := v.(type) {
	case map[string]any:
		return s.checkObject(root, v)
	case []any:
		for i, e := range v {
			if err := s.Items.check(root, e); err != nil {
				return fmt.Errorf("%d: %w", i, err)
			}
		}
	case string:
		return s.checkText(v)
	case float64:
		if v != float64(int(v)) || s.Minimum != nil && v < float64(*s.Minimum) {
			return fmt.Errorf("%v is no such number", v)
		}
	}
	return nil
}

// checkObject looks at the members of an object.
func (s *schema) checkObject(root *schema, v map[string]any) error {
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			return fmt.Errorf("%s is missing", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		of, ok := s.Properties[name]
		if !ok {
			return fmt.Errorf("%s is not described", name)
		}
		if err := of.check(root, v[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// checkText looks at a text.
func (s *schema) checkText(v string) error {
	layout, dated := map[string]string{"date": time.DateOnly, "date-time": time.RFC3339}[s.Format]
	if _, err := time.Parse(layout, v); dated && err != nil {
		return err
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		return fmt.Errorf("%q is none of %q", v, s.Enum)
	}
	return nil
}

// described reads the documented schema: each of its properties has a description.
func described(t *testing.T) *schema {
	t.Helper()
	text, err := os.ReadFile("../../../docs/webhook-message.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var root schema
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&root); err != nil {
		t.Fatal(err)
	}
	for name, def := range root.Defs {
		for key, p := range def.Properties {
			if p.Description == "" && p.Ref == "" {
				t.Errorf("%s.%s has no description", name, key)
			}
		}
	}
	return &root
}

// whole is a section with every field that a message can have.
func whole() message.Section {
	f := &scan.Finding{
		Kind: scan.Vulnerability, Severity: scan.High, ID: "CVE-1", Aliases: []string{"GHSA-1"}, Package: "p", Installed: "1", Fixed: "2",
		Status: "fixed", Title: "t", URL: "https://example.com", Resource: "r",
	}
	item := dedup.Item{Finding: f, Locations: []string{"a"}, FirstSeen: dedup.DayOf(time.Unix(1_795_000_000, 0))}
	return message.Section{
		Subject: "s", Artifact: scan.Artifact{Type: "image", Name: "s", Digest: "sha256:0"}, Scanner: "trivy", Format: "trivy", Source: "a.json#1",
		Scanned: time.Unix(1_795_000_000, 0), Told: 1_795_000_000, Job: "https://ci.example.com/1", Owners: []string{"a@b"},
		Delta: dedup.Delta{
			New: []dedup.Item{item}, Changed: []dedup.Change{{Item: item, Was: dedup.Was{Severity: scan.Low}}}, Fixed: []dedup.Change{{Item: item}},
			Compliance: scan.NonCompliant, ComplianceChanged: true,
		},
		All: []dedup.Item{item},
	}
}

// TestMessages: what is sent with body: message is what its schema says, and the schema says nothing that is never sent.
func TestMessages(t *testing.T) {
	root := described(t)
	config := &Config{URL: sinks.NewSecret("http://127.0.0.1:9"), Body: "Message"}
	sink, err := config.Open(sinks.Env{AquaServer: "https://aqua.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if config.Needs().Document {
		t.Error("it keeps documents that it does not send")
	}
	messages := append(sinktest.Messages(), sinktest.Named{Name: "whole", Message: &message.Message{Route: "r", Test: true, Sections: []message.Section{whole()}}})
	for _, n := range messages {
		parts, err := sink.Plan(n.Message)
		if err != nil || len(parts) != 1 || parts[0].MediaType != mediaJSON {
			t.Fatalf("%s: %d parts, %v", n.Name, len(parts), err)
		}
		var value any
		if err := json.Unmarshal(parts[0].Body, &value); err != nil {
			t.Fatalf("%s: %v", n.Name, err)
		}
		if err := root.check(root, value); err != nil {
			t.Errorf("%s: %v\n%s", n.Name, err, parts[0].Body)
		}
		if list, isList := value.([]any); isList != (len(n.Message.Sections) > 1) || isList && len(list) != len(n.Message.Sections) {
			t.Errorf("%s: %d elements for %d subjects", n.Name, len(list), len(n.Message.Sections))
		}
		if n.Name != "whole" {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(root.Defs["difference"].Properties)) {
			if _, ok := value.(map[string]any)[key]; !ok {
				t.Errorf("%s is described and never sent", key)
			}
		}
	}
}

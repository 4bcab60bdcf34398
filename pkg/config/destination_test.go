package config

import (
	"strings"
	"testing"
)

// TestDestinationsAreToldApart: without a name each address is a target of its own, and its name gives the address away to nobody.
func TestDestinationsAreToldApart(t *testing.T) {
	lookup := func(name string) (string, bool) { return "https://example.com/s3cr3t", name == "URL" }
	const other = "webhook=https://example.com/other"
	s, err := Destinations([]string{"webhook=$URL", other, "ci:webhook=$URL"}, lookup)
	if err != nil {
		t.Fatal(err)
	}
	names := s.TargetNames()
	first, second := names[0], names[1]
	if first == second || names[2] != "ci" || !strings.HasPrefix(first, "webhook-") || len(first) != len("webhook-00000000") {
		t.Fatalf("got %v", names)
	}
	if s.Targets["ci"].Address != s.Targets[first].Address || s.Label(first) != first || s.Label("ci") != "ci" || s.Label("nobody") != "nobody" {
		t.Errorf("%+v, %s", s.Targets["ci"], s.Label(first))
	}
	address := s.Targets[first].Address
	if !s.Takes(first, first, address) || s.Takes(first, first, "") || s.Takes(first, first, s.Targets[second].Address) || s.Takes("ci", first, address) {
		t.Error("an entry goes to another address")
	}
	again, err := Destinations([]string{"Webhook=https://example.com/s3cr3t"}, lookup)
	if err != nil {
		t.Fatal(err)
	}
	if name := again.TargetNames()[0]; name != first || again.Label(name) != "webhook" {
		t.Errorf("the same address is called %s, and shown as %s", name, again.Label(name))
	}
	if name, err := DestinationName("webhook=$URL", lookup); err != nil || name != first {
		t.Errorf("%s, %v", name, err)
	}
	for _, twice := range [][]string{{other, other}, {"a:" + other, "a:webhook=$URL"}} {
		if _, err := Destinations(twice, lookup); err == nil || strings.Contains(err.Error(), "example") {
			t.Errorf("%v: %v", twice, err)
		}
	}
}

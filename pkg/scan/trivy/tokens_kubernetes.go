package trivy

import (
	"strings"

	"github.com/postee/postee/pkg/scan"
)

// readKubernetesTokens reads a report about a cluster by tokens. The name of the cluster stands before the lists, and these in the order in
// which readKubernetesTypes goes through them.
func readKubernetesTokens(t *scan.Tokens, doc *scan.Document) {
	k := &kubernetesReader{doc: doc, reports: objects{}}
	s, listed := &tokens{t: t}, 0
	list := func(number int) {
		if listed > number {
			t.GiveUp()
		}
		listed = number
		for open := t.Array(); open && t.Element(); {
			s.readWorkload(k)
		}
	}
	for open := t.Object(); open && t.Member(); {
		switch t.Key() {
		case "ClusterName":
			if listed > 0 {
				t.GiveUp()
			}
			k.cluster = strings.Clone(t.Text())
		case "Resources":
			list(1)
		case "Findings":
			list(2)
		case "Vulnerabilities":
			list(3)
		case "Misconfigurations":
			list(4)
		default:
			t.Skip()
		}
	}
	k.finish()
}

// readWorkload reads an entry whose results stand behind what they are of.
func (s *tokens) readWorkload(k *kubernetesReader) {
	t, w, start := s.t, &workload{}, s.t.Start()
	var e *entry
	name := func() string {
		if e != nil {
			t.GiveUp()
		}
		return strings.Clone(t.Text())
	}
	for open := t.Object(); open && t.Member(); {
		switch t.Key() {
		case "Namespace":
			w.Namespace = name()
		case "Kind":
			w.Kind = name()
		case "Name":
			w.Name = name()
		case "Error":
			w.Error = t.Text()
		case "Metadata":
			t.Decode(&w.Metadata)
		case "Results":
			if e = k.begin(w); e == nil {
				t.GiveUp()
				return
			}
			s.rows = &e.rows
			s.readResults()
		default:
			t.Skip()
		}
	}
	if e == nil {
		e = k.begin(w)
	}
	if e != nil {
		e.end(w, t.From(start))
	}
}

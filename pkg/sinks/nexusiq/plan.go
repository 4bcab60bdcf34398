package nexusiq

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/postee/postee/pkg/bom"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// mediaType is that of bills of materials and of everything else that is sent.
const mediaType = "application/json"

// typeGeneric is the type of artifacts of which nothing is known but the document.
const typeGeneric = "generic"

// What a part does. The number of the section stands behind it: "scan:1".
const (
	stepScan       = "scan"
	stepEvaluation = "evaluation"
	// stepConnection is the only part of a message that tries the target out.
	stepConnection = "connection"
)

// planner plans messages as bills of materials.
type planner struct {
	pattern pattern
	// wait says that the outcome of each scan is asked for.
	wait bool
}

// Plan returns a part for each subject, with its bill of materials, and behind it one that asks for the outcome where that is waited for.
// A subject of which there can be none has a part without a body, which Send refuses; a message that has no other is refused at once.
func (p *planner) Plan(m *message.Message) ([]sinks.Part, error) {
	if m.Test || len(m.Sections) == 0 {
		return []sinks.Part{{Name: stepConnection}}, nil
	}
	var parts []sinks.Part
	var reason error
	good := false
	for i := range m.Sections {
		part := sinks.Part{Name: nameOf(stepScan, i), MediaType: mediaType}
		if err := p.refuses(&m.Sections[i]); err != nil {
			reason = err
		} else if part.Body, err = bom.CycloneDX(&m.Sections[i]); err != nil {
			return nil, err
		} else {
			good = true
		}
		parts = append(parts, part)
		if p.wait {
			parts = append(parts, sinks.Part{Name: nameOf(stepEvaluation, i)})
		}
	}
	if !good {
		return nil, reason
	}
	return parts, nil
}

// refuses returns why a section cannot be sent.
func (p *planner) refuses(s *message.Section) error {
	switch {
	case s.Artifact.Type == typeGeneric:
		return errors.New("the document is no scan of an artifact: Nexus IQ has no use for it")
	case p.pattern.publicID(s) == "":
		return errors.New("application makes an empty name of the artifact: give another pattern")
	}
	return nil
}

// nameOf returns the name of a section's part.
func nameOf(step string, section int) string { return fmt.Sprintf("%s:%d", step, section+1) }

// stepOf returns what a part does and for which section; the section is -1 where there is none.
func stepOf(name string, m *message.Message) (step string, section int) {
	step, number, _ := strings.Cut(name, ":")
	n, err := strconv.Atoi(number)
	if err != nil || m == nil || n < 1 || n > len(m.Sections) {
		return step, -1
	}
	return step, n - 1
}

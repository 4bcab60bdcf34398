package ticket

import (
	"slices"

	"github.com/postee/postee/pkg/message"
)

// Opened returns a message that lists what is open now in each section that has it, in place of what is new. m stays as it is.
func Opened(m *message.Message) *message.Message {
	whole := *m
	whole.Sections = slices.Clone(m.Sections)
	for i := range whole.Sections {
		whole.Sections[i].All = m.Sections[i].OpenFindings()
	}
	return &whole
}

package state

// Decoders decodes what pkg/state stores and does not understand. A nil function finds everything in order.
type Decoders struct {
	// Name is about the identity of a finding, Marks about a view's, Message about what an entry says.
	Name, Marks, Message func([]byte) error
}

// says reports what one of the decoders has against a value.
func (a *auditor) says(decode func([]byte) error, value []byte, what string, args ...any) {
	if decode == nil {
		return
	}
	if err := decode(value); err != nil {
		a.problem(what+": %v", append(args, err)...)
	}
}

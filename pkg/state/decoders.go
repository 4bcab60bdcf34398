package state

// Decoders decodes what pkg/state stores and does not understand. A nil function finds everything in order.
type Decoders struct {
	// Name is about the identity of a finding, Marks about a view's, Message about what an entry says.
	Name, Marks, Message func([]byte) error
}

// says reports what a function of a Prover has against a value.
func (a *auditor) says(prove func([]byte) error, value []byte, what string, args ...any) {
	if prove == nil {
		return
	}
	if err := prove(value); err != nil {
		a.problem(what+": %v", append(args, err)...)
	}
}

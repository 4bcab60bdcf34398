package deliver

// String names the status as the machine-readable output has it; scripts depend on the words.
func (s Status) String() string {
	switch s {
	case Delivered:
		return "delivered"
	case Pending:
		return "pending"
	case Dead:
		return "dead"
	}
	return "unknown"
}

package boltfile

// Halt lets a test end what replaces the state's file after a step.
func (s *Store) Halt(halt func(step string) error) { s.halt = halt }

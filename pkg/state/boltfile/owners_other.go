//go:build !linux

package boltfile

import (
	"sync"

	"github.com/postee/postee/pkg/state"
)

// processOwners has a number; whether others live cannot be seen here, so that only the time of a claim counts.
type processOwners struct {
	state, path string

	mu     sync.Mutex
	number uint64
}

// Self returns a random number.
func (p *processOwners) Self() (uint64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.number == 0 {
		p.number = state.NewOwner()
	}
	return p.number, nil
}

// Alive knows itself only.
func (p *processOwners) Alive(owner uint64) (alive, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	self := owner == p.number && owner != 0
	return self, self
}

// close forgets the number.
func (p *processOwners) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.number = 0
	return nil
}

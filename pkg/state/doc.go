// Package state remembers what has been said and what waits to be said.
//
// A backend has five verbs on buckets of keys ([Tx]), and a clock; what stands above them (records of subjects, names of findings,
// the outbox, queues, documents) is written once, one file per concern, and serves every backend: this package has one in memory,
// boltfile one in a file. All pass the suite in statetest. What is stored is opaque here: marks,
// identities, messages and receipts are encoded by the packages that own them. docs/state.md describes the layout.
package state

// Package state remembers what has been said and what waits to be said.
//
// A backend has four verbs on buckets of keys ([Tx]); what stands above them (records of subjects, names of findings, the
// outbox, blobs) is written once, one file per concern, and serves every backend. What is stored is opaque here: marks,
// identities, messages and receipts are encoded by the packages that own them. docs/state.md describes the layout.
package state

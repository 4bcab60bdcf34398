// Package boltfile keeps a state in a file, with bbolt, on one machine.
//
// The file is open only within a transaction, and every transaction is under a lock beside the file. A checksum stands behind
// every value, pages are looked at before bbolt maps them (boltfile/pages), and what is damaged, foreign or newer is refused and
// stays as it is. docs/state.md describes the files and their layout.
package boltfile

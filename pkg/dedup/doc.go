// Package dedup is the arithmetic of what is new: fingerprints, the difference between a baseline and a report, the net
// difference of several, and the normalised view. It has no clock, does no I/O and knows no store.
package dedup

// Package pages reads the pages of a file of bbolt beside bbolt itself: its header, the way to a key, and the structure of all
// its trees. bbolt trusts what it maps; here nothing is trusted, and nothing is written.
package pages

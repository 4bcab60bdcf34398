package config

import "regexp"

// StateHint says which kinds of state there are.
const StateHint = "a state is a file, or none, which keeps it in memory only"

// scheme begins an address. It has two letters at least: one is a drive of Windows.
var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]+://`)

// StateScheme returns how an address begins that was given as the place of the state, "postgres://" say, and "" for the path of a file.
// There is no kind of state that has an address. The rest of one may hold a password, and is not repeated.
func StateScheme(place string) string { return scheme.FindString(place) }

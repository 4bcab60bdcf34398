// Package render is how a message looks to people, in forms that several targets share.
package render

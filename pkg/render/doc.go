// Package render is how a message looks to people, in forms that several targets share.
//
// [Layout] makes a [Tree] of a message, [Split] and [Shorten] fit it into limits, and the printers give it a look: [Terminal],
// [Text], [Markdown], [HTML]. All text of a tree is data from scans: printers escape it, and print an address as a link only
// when it is an http or https one.
package render

package scan

import (
	"fmt"
	"hash/maphash"
	"strings"
)

// contentSeed makes the hashes of contents comparable within a process, in which alone they are compared.
var contentSeed = maphash.MakeSeed()

// place is one artifact of a document that goes by a relative path, and what tells two documents about it apart.
type place struct {
	scanner, subject string
	source, file     string
	content          uint64   // hash of the bytes
	looked           Coverage // what it says something about
}

// placeOf returns the place of a report. What it says something about is what it covers or may cover, and what it lists.
func placeOf(doc *Document, a *Artifact, r *Report) place {
	p := place{scanner: r.Scanner, subject: a.Subject(), source: doc.Source, content: maphash.Bytes(contentSeed, doc.Raw), looked: r.Covers | r.CoversIfChanged}
	p.file = doc.Source[:max(0, strings.LastIndexByte(doc.Source, '#'))]
	for _, list := range [][]Finding{r.Findings, r.Suppressed} {
		for i := range list {
			p.looked |= coverage(list[i].Kind, list[i].Class)
		}
	}
	return p
}

// places are the relative places of a run so far, by scanner and subject.
type places map[[2]string][]place

// add returns an error for a document about a place that another document of the run is about, when nothing tells whether they are about
// one thing. They are when they say nothing about the same kind of finding (the vulnerabilities of a folder in one report, its secrets in
// another), or stand in one file with the same bytes; in two files, the same bytes may be two projects with the same flaws.
func (seen places) add(doc *Document) error {
	for _, p := range doc.places {
		key := [2]string{p.scanner, p.subject}
		known := p.looked == 0
		for _, other := range seen[key] {
			if other.looked&p.looked == 0 {
				continue
			}
			known = true // the same bytes say something about the same kinds
			if other.content != p.content || other.file != p.file {
				return fmt.Errorf("its artifact is %s, and so is that of %s: nothing tells whether they are one; run postee once for each, with --subject NAME", Excerpt(p.subject), other.source)
			}
		}
		if !known { // what stays is about different kinds: few
			seen[key] = append(seen[key], p)
		}
	}
	return nil
}

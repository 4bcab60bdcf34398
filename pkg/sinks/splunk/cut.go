package splunk

import (
	"strconv"
	"unicode/utf8"

	"github.com/postee/postee/pkg/dedup"
)

// cutHead shortens the texts that stand in every event of a section, the longest first, until they leave half of an event to findings.
// Only names that nobody gives in earnest are that long.
func (e *event) cutHead(names string, size int) {
	var owners []string
	v := e.view
	if v != nil {
		owners = v.Owners
	}
	for limit := size; limit >= leastText && e.weight(names) > size/2; limit /= 2 {
		e.route, e.title, e.job = cutText(e.route, limit), cutText(e.title, limit), cutText(e.job, limit)
		if v == nil {
			continue
		}
		for _, s := range []*string{
			&v.Format, &v.Source, &v.Subject, &v.Scanner, &v.AquaServer, &v.Artifact.Type, &v.Artifact.Name, &v.Artifact.Registry,
			&v.Artifact.Repository, &v.Artifact.Tag, &v.Artifact.Digest,
		} {
			*s = cutText(*s, limit)
		}
		v.Owners = cutList(owners, limit)
	}
}

// leastText is how short a text is made at most, in bytes.
const leastText = 8

// mark is where a text was cut.
const mark = "…"

// cutText returns a text of at most limit bytes, with the mark where it was cut.
func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit - len(mark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}

// quotes are how many bytes a text of a list has beside its own: quotation marks and a comma.
const quotes = 3

// cutList returns as many of the first texts as have limit bytes together, one at least, and how many more there are.
func cutList(list []string, limit int) []string {
	kept, size := 0, 0
	for kept < len(list) && size+len(list[kept])+quotes <= limit {
		size += len(list[kept]) + quotes
		kept++
	}
	if kept == len(list) {
		return list
	}
	if kept == 0 {
		return append([]string{cutText(list[0], limit)}, more(len(list)-1)...)
	}
	return append(append([]string{}, list[:kept]...), more(len(list)-kept)...)
}

// more counts what a list leaves out.
func more(n int) []string {
	if n == 0 {
		return nil
	}
	return []string{mark + " and " + strconv.Itoa(n) + " more"}
}

// cutFinding returns a finding whose texts have limit bytes at most, and so has each of its lists.
func cutFinding(c dedup.Change, limit int) dedup.Change {
	f := *c.Finding
	for _, s := range []*string{&f.ID, &f.Package, &f.Installed, &f.Fixed, &f.Status, &f.Title, &f.URL, &f.Resource} {
		*s = cutText(*s, limit)
	}
	f.Aliases, c.Locations = cutList(f.Aliases, limit), cutList(c.Locations, limit)
	c.Finding = &f
	return c
}

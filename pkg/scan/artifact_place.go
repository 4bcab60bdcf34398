package scan

import (
	"path"
	"strings"
)

// cleanPath returns the shortest spelling of a path. A URL stays as it is.
func cleanPath(name string) string {
	if strings.Contains(name, "://") {
		return name
	}
	return path.Clean(name)
}

// isAbsolute reports whether a path begins at the root of a file system, of whichever operating system.
func isAbsolute(name string) bool {
	return strings.HasPrefix(name, "/") || strings.HasPrefix(name, `\`) || len(name) > 2 && name[1] == ':' && (name[2] == '/' || name[2] == '\\')
}

// below returns what a path has more than the folder that holds it; "" for the folder itself. It is false for a path outside.
func below(name, folder string) (string, bool) {
	slashes := strings.NewReplacer(`\`, "/")
	name, folder = path.Clean(slashes.Replace(name)), strings.TrimRight(path.Clean(slashes.Replace(folder)), "/")
	rest, ok := strings.CutPrefix(name, folder)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// inside returns a relative path, cleaned, "" for "."; false for one that is absolute or leads out of its folder.
func inside(name string) (string, bool) {
	name = cleanPath(name)
	if isAbsolute(name) || name == ".." || strings.HasPrefix(name, "../") || strings.Contains(name, "://") {
		return "", false
	}
	if name == "." {
		return "", true
	}
	return name, true
}

// isPlace reports whether an artifact goes by a place, for want of a name: a path, an image's ID.
func (a *Artifact) isPlace() bool {
	return a.byPath() && a.Namespace == "" && a.Repository == "" && !isMachineImage(a)
}

// isMachineImage reports whether an artifact is the image or disk of a virtual machine that a cloud keeps: its ID is a name.
func isMachineImage(a *Artifact) bool {
	if a.Type != "vm" {
		return false
	}
	for _, prefix := range [...]string{"ami:", "ami-", "ebs:", "snap-"} {
		if strings.HasPrefix(a.Name, prefix) {
			return true
		}
	}
	return false
}

// nameArtifact finds a name for an artifact that has none but a place: the repository of the CI job. Where there is none, it warns;
// an artifact of which nothing is said gets a digest of the document's content.
func (doc *Document) nameArtifact(a *Artifact, r *Report, o *Options) {
	if a.Name == "" && a.Digest == "" && a.Namespace == "" && a.Repository == "" {
		doc.Warnf("names no artifact: known by its content only; --subject NAME gives it a name")
		*a = Artifact{Type: Generic, Name: contentHash(doc.Raw)}
		return
	}
	if !a.isPlace() {
		return
	}
	if a.Name == "" || IsImageID(a.Name, "") {
		doc.Warnf("the image is known by its digest only, which changes with every build: --subject NAME gives it a name")
		return
	}
	relative := !isAbsolute(a.Name)
	if within, ok := o.Job.within(a.Name); ok {
		a.Namespace, a.Path = o.Job.Repository, within
		doc.notef("the artifact is %s, a place in the repository of this job (%s): taken as %s", Excerpt(a.Name), o.Job.Source, a.Subject())
	} else if relative {
		doc.Warnf("the artifact is %s, relative to where the scanner ran: --subject NAME gives it a name", Excerpt(a.Name))
	} else {
		doc.Warnf("the artifact is %s, a place on the machine where the scanner ran: --subject NAME gives it a name", Excerpt(a.Name))
	}
	if relative {
		doc.places = append(doc.places, placeOf(doc, a, r))
	}
}

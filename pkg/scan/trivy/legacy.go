package trivy

import (
	"strings"

	"github.com/postee/postee/pkg/scan"
)

// readLegacy reads the array of targets that Trivy wrote before version 0.20. The only name in it is that of the image, which stands before
// its operating system; without one it is about a folder that nobody names.
func readLegacy(doc *scan.Document) error {
	results, err := scan.Decode[[]result](doc)
	if err != nil {
		return err
	}
	if len(*results) == 0 {
		return errNoScan
	}
	in := &report{ArtifactName: ".", ArtifactType: "filesystem", Results: *results}
	for i := range in.Results {
		t := &in.Results[i]
		if t.Class == "" && t.Vulnerabilities == nil && t.Misconfigurations == nil && t.Secrets == nil && t.Licenses == nil {
			t.Vulnerabilities = []vulnerability{} // null: it was looked at, and nothing was found
		}
		if name, system, ok := strings.Cut(t.Target, " ("); ok && in.ArtifactName == "." && strings.HasSuffix(system, ")") && t.class() == scan.OSPackage {
			in.ArtifactName, in.ArtifactType = name, "container_image"
		}
	}
	return in.add(doc, doc.Raw)
}

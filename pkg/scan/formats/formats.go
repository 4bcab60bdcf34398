// Package formats is the table of the input formats there are.
//
// A new format is a folder beside this one, whose package has a function that returns the scan.Format and a fuzz target made by
// scantest.Fuzz, and a line in All.
package formats

import (
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/aqua"
	"github.com/postee/postee/pkg/scan/trivy"
)

// All returns the formats, for scan.Options.Formats. The first one that recognises a document reads it: an object with Trivy's
// and Aqua's keys is Trivy's when it says SchemaVersion 2.
func All() []scan.Format {
	return []scan.Format{
		trivy.Format(),
		trivy.Kubernetes(),
		trivy.Cosign(),
		aqua.Format(),
	}
}

// Names returns what --input-format takes: "auto", the names of the formats, "generic".
func Names() []string { return scan.FormatNames(All()) }

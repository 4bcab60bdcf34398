package trivy

import "github.com/postee/postee/pkg/scan"

// predicate is what Trivy writes with --format cosign-vuln: a report within what cosign attests.
//
// Source: the cosign vulnerability predicate, https://cosign.sigstore.dev/attestation/vuln/v1.
type predicate struct {
	Scanner struct {
		Result scan.Part[report] `json:"result"`
	} `json:"scanner"`
}

// Cosign returns the format of reports in a cosign predicate, "cosign-vuln".
func Cosign() scan.Format {
	return scan.Format{Name: "cosign-vuln", Recognise: recogniseCosign, Read: readCosign, Components: cosignComponents}
}

// recogniseCosign reports whether a document is a predicate that holds a report of Trivy; other scanners put theirs there too.
func recogniseCosign(k scan.Keys) bool {
	if k.First("scanner") != '{' || !k.Has("invocation") {
		return false
	}
	version, _ := scan.Lookup(k.Value("scanner"), "result.SchemaVersion")
	return version == "2"
}

func readCosign(doc *scan.Document) error {
	if scan.ReadTokens(doc, func(t *scan.Tokens) { readCosignTokens(t, doc) }) {
		return nil
	}
	return readCosignTypes(doc)
}

// readCosignTypes reads a document by types.
func readCosignTypes(doc *scan.Document) error {
	in, err := scan.Decode[predicate](doc)
	if err != nil {
		return err
	}
	return in.Scanner.Result.Value.add(doc, in.Scanner.Result.Raw(doc))
}

// cosignComponents lists the packages of the report in a predicate.
func cosignComponents(doc *scan.Document) error {
	in, err := scan.Decode[struct {
		Scanner struct {
			Result inventory `json:"result"`
		} `json:"scanner"`
	}](doc)
	if err != nil {
		return err
	}
	doc.Reports[0].Components = addComponents(nil, in.Scanner.Result.Results)
	return nil
}

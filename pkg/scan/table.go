package scan

// AllFormats is the table of formats.
func AllFormats() []Format {
	return []Format{
		{Name: "trivy", Recognise: recogniseTrivy, WholeArray: legacyArray, Read: readTrivy},
		{Name: "trivy-kubernetes", Recognise: recogniseTrivyKubernetes, Read: readTrivyKubernetes},
		{Name: "aqua", Recognise: recogniseAqua, WholeArray: devOpsArray, Read: readAqua},
	}
}

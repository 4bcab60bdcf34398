package trivy

import (
	"cmp"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/scan"
)

// kubernetesReport is what "trivy k8s" writes: workloads with all their results (as Findings in the summary) or, in its first
// versions, one list of workloads per kind of finding.
type kubernetesReport struct {
	ClusterName       string
	Resources         []scan.Part[workload]
	Findings          []scan.Part[workload]
	Vulnerabilities   []scan.Part[workload]
	Misconfigurations []scan.Part[workload]
}

// workload is one entry: an object of the cluster, or one of its images.
type workload struct {
	Namespace string
	Kind      string
	Name      string
	Error     string
	Metadata  metadataList
	Results   []result
}

// metadataList is a list in newer reports and an object in others: only a list is of use.
type metadataList []metadata

// UnmarshalJSONFrom reads a list and skips anything else.
func (m *metadataList) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	if in.PeekKind() != '[' {
		return in.SkipValue()
	}
	return json.UnmarshalDecode(in, (*[]metadata)(m))
}

// Kubernetes returns the format of reports about a cluster, "trivy-kubernetes".
//
// Source: Trivy's pkg/k8s/report.
func Kubernetes() scan.Format {
	return scan.Format{Name: "trivy-kubernetes", Recognise: recogniseKubernetes, Read: readKubernetes, Components: kubernetesComponents}
}

// recogniseKubernetes reports whether a document is about a cluster: by the key, because the cluster's name is often empty.
func recogniseKubernetes(k scan.Keys) bool { return k.Has("ClusterName") }

// readKubernetes makes one report per workload. A workload has several entries when it has several images, and in the
// old form: they become one report, because entries that were compared one by one would each declare the others' findings fixed.
func readKubernetes(doc *scan.Document) error {
	if scan.ReadTokens(doc, func(t *scan.Tokens) { readKubernetesTokens(t, doc) }) {
		return nil
	}
	return readKubernetesTypes(doc)
}

// readKubernetesTypes reads a document by types.
func readKubernetesTypes(doc *scan.Document) error {
	in, err := scan.Decode[kubernetesReport](doc)
	if err != nil {
		return err
	}
	k := kubernetesReader{doc: doc, cluster: in.ClusterName, reports: objects{}}
	for _, list := range [...][]scan.Part[workload]{in.Resources, in.Findings, in.Vulnerabilities, in.Misconfigurations} {
		for i := range list {
			k.add(&list[i])
		}
	}
	k.finish()
	return nil
}

// objects numbers the objects of a cluster in the order in which a document first names them: namespace, kind, name to number.
type objects map[[3]string]int

// number returns the object's number from 0, and whether it has had one before. It is false, -1 for what is no object.
func (o objects) number(namespace, kind, name string) (n int, seen bool) {
	if kind == "" && name == "" {
		return -1, false // null, or not a workload
	}
	key := [3]string{namespace, kind, name}
	if n, seen = o[key]; !seen {
		n = len(o)
		o[key] = n
	}
	return n, seen
}

// kubernetesReader collects the entries of one document by workload.
type kubernetesReader struct {
	doc     *scan.Document
	cluster string
	reports objects // the number is the index in doc.Reports
	// evidence is that of each report, and failed whether its workload could not be scanned completely.
	evidence []evidence
	failed   []bool
}

// finish ends the document. What each report proves is known only then: all workloads of a cluster are looked at for the same things,
// so that what the results of one show holds for the others. A workload of which a row does not say what it is proves nothing.
func (k *kubernetesReader) finish() {
	run := sort{}
	for i := range k.evidence {
		run.join(k.evidence[i].sort)
	}
	for i := range k.evidence {
		if r, e := &k.doc.Reports[i], &k.evidence[i]; !k.failed[i] && e.doubtful == 0 {
			e.cover(r, run)
		}
	}
	if len(k.doc.Reports) == 0 {
		k.doc.Warnf("names no workload: taken as a report on the cluster that proves nothing")
		artifact := scan.Artifact{Type: "kubernetes", Name: cmp.Or(k.cluster, "cluster")}
		k.doc.Reports = []scan.Report{{Scanner: "trivy", Artifact: artifact, Raw: k.doc.Raw}}
	}
}

// add adds an entry, unless it is about no object.
func (k *kubernetesReader) add(part *scan.Part[workload]) {
	if e := k.begin(&part.Value); e != nil {
		e.addResults(part.Value.Results)
		e.end(&part.Value, part.Raw(k.doc))
	}
}

// entry is one entry of a cluster while it is added to the report on its object, whose number it has.
type entry struct {
	rows
	k      *kubernetesReader
	number int
	first  bool // of the object's entries that have findings
}

// begin begins the entry of an object, by its names; nil for what is about no object.
func (k *kubernetesReader) begin(w *workload) *entry {
	i, seen := k.reports.number(w.Namespace, w.Kind, w.Name)
	if i < 0 {
		return nil
	}
	if !seen {
		k.doc.Reports = append(k.doc.Reports, scan.Report{Scanner: "trivy", Artifact: kubernetesArtifact(k.cluster, w)})
		k.evidence, k.failed = append(k.evidence, evidence{}), append(k.failed, false)
	}
	r := &k.doc.Reports[i]
	return &entry{
		rows: rows{report: r, places: places{asGiven: true}, evidence: &k.evidence[i]}, k: k, number: i, first: len(r.Findings) == 0,
	}
}

// end ends the entry, of which raw is the part of the document that it was read from.
func (e *entry) end(w *workload, raw []byte) {
	if e.first {
		e.report.Raw = raw
	}
	e.warn(e.k.doc)
	for j := range w.Metadata {
		e.evidence.system = e.evidence.system || w.Metadata[j].endOfLife()
	}
	if w.Error != "" {
		e.k.failed[e.number] = true
		e.k.doc.Warnf("%s %s could not be scanned completely: %s", w.Kind, w.Name, scan.Excerpt(w.Error))
	}
}

// kubernetesArtifact returns the artifact of a workload: its cluster and namespace, its kind and name.
func kubernetesArtifact(cluster string, w *workload) scan.Artifact {
	a := scan.Artifact{Type: "kubernetes", Name: w.Kind + "/" + w.Name, Namespace: w.Namespace}
	switch {
	case cluster != "" && w.Namespace != "":
		a.Namespace = cluster + "/" + w.Namespace
	case cluster != "":
		a.Namespace = cluster
	}
	return a
}

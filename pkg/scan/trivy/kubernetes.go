package trivy

import (
	"cmp"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/scan"
)

// kubernetesReport is what "trivy k8s" writes: workloads with all their results or, in its first versions, one list of
// workloads per kind of finding.
type kubernetesReport struct {
	ClusterName       string
	Resources         []workload
	Vulnerabilities   []workload
	Misconfigurations []workload
}

// workload is one entry: an object of the cluster, or one of its images.
type workload struct {
	workloadFields
	start, end int64 // where it stands in the document
}

type workloadFields struct {
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

// UnmarshalJSONFrom reads the entry and remembers its place, so that its bytes can be handed on as they are.
func (w *workload) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	in.PeekKind() // reads as far as the value
	w.start = in.InputOffset()
	for _, c := range in.UnreadBuffer() {
		if c != ',' && c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			break
		}
		w.start++
	}
	err := json.UnmarshalDecode(in, &w.workloadFields)
	w.end = in.InputOffset()
	return err
}

// Kubernetes returns the format of reports about a cluster, "trivy-kubernetes".
//
// Source: Trivy's pkg/k8s/report.
func Kubernetes() scan.Format {
	return scan.Format{Name: "trivy-kubernetes", Recognise: recogniseKubernetes, Read: readKubernetes}
}

// recogniseKubernetes goes by the key: the cluster's name is often empty.
func recogniseKubernetes(k scan.Keys) bool { return k.Has("ClusterName") }

// readKubernetes makes one report per workload. A workload has several entries when it has several images, and in the
// old form: they become one report, because entries that were compared one by one would each declare the others' findings fixed.
func readKubernetes(doc *scan.Document) error {
	in, err := scan.Decode[kubernetesReport](doc)
	if err != nil {
		return err
	}
	k := kubernetesReader{doc: doc, cluster: in.ClusterName, reports: map[[3]string]int{}}
	for _, list := range [][]workload{in.Resources, in.Vulnerabilities, in.Misconfigurations} {
		for i := range list {
			k.add(&list[i])
		}
	}
	for _, i := range k.failed {
		doc.Reports[i].Covers = 0
	}
	if len(doc.Reports) == 0 {
		doc.Warnings = append(doc.Warnings, "names no workload: taken as a report on the cluster that proves nothing")
		doc.Reports = []scan.Report{{Scanner: "trivy", Artifact: scan.Artifact{Type: "kubernetes", Name: cmp.Or(in.ClusterName, "cluster")}, Raw: doc.Raw}}
	}
	return nil
}

// kubernetesReader collects the entries of one document by workload.
type kubernetesReader struct {
	doc     *scan.Document
	cluster string
	reports map[[3]string]int // namespace, kind, name -> index in doc.Reports
	failed  []int             // reports of workloads that could not be scanned completely
}

func (k *kubernetesReader) add(w *workload) {
	if w.Kind == "" && w.Name == "" {
		return // null, or not a workload
	}
	key := [3]string{w.Namespace, w.Kind, w.Name}
	i, seen := k.reports[key]
	if !seen {
		i = len(k.doc.Reports)
		k.reports[key] = i
		k.doc.Reports = append(k.doc.Reports, scan.Report{Scanner: "trivy", Artifact: kubernetesArtifact(k.cluster, w), Raw: k.doc.Raw[w.start:w.end:w.end]})
	}
	r := &k.doc.Reports[i]
	if len(r.Findings) == 0 {
		r.Raw = k.doc.Raw[w.start:w.end:w.end]
	}
	if !addResults(k.doc, r, w.Results) || w.Error != "" {
		k.failed = append(k.failed, i)
	}
	if w.Error == "" {
		return
	}
	k.doc.Warnings = append(k.doc.Warnings, fmt.Sprintf("%s %s could not be scanned completely: %s", w.Kind, w.Name, scan.Excerpt(w.Error)))
}

// kubernetesArtifact names a workload: its cluster and namespace, its kind and name.
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

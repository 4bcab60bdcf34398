package aqua

import (
	"fmt"

	"github.com/postee/postee/pkg/scan"
)

// listed is an element of the list that Aqua DevOps writes.
type listed struct {
	ImageName scan.LooseText        `json:"image_name"`
	Results   *scan.Part[imageScan] `json:"results"`
}

// devOpsArray reports whether an array is the list of scans that Aqua DevOps writes.
func devOpsArray(first scan.Keys) bool {
	return first.Has("image_name") && first.First("results") == '{'
}

// readList makes a report of each scan of a list. A scan that is missing is an error: the image would look like one without findings.
func readList(doc *scan.Document) error {
	list, err := scan.Decode[[]listed](doc)
	if err != nil {
		return err
	}
	if len(*list) == 0 {
		return errNoScan
	}
	for i, element := range *list {
		name := string(element.ImageName)
		if element.Results == nil || !element.Results.Value.isScan() {
			return fmt.Errorf("[%d].results: no scan of %s", i, scan.Excerpt(name))
		}
		in := &element.Results.Value
		if in.Image == "" {
			in.Image = name
		}
		if err := in.add(doc, element.Results.Raw(doc)); err != nil {
			return err
		}
	}
	return nil
}

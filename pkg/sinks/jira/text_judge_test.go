package jira

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// TestJudgedDocuments: Atlassian's own validator and schema take every document.
func TestJudgedDocuments(t *testing.T) {
	files := make(map[string][]byte)
	for name, text := range texts(t, cloud, append(messages(), cloudTemplates()...)) {
		files[name] = text
	}
	sinktest.Judge(t, os.Getenv("POSTEE_VENDORS"), "adf", files)
}

// TestJudgedMarkup: Atlassian's own parser finds no mention, macro, image or foreign link in any text, and tables of even rows.
func TestJudgedMarkup(t *testing.T) {
	files := make(map[string][]byte)
	for name, text := range texts(t, dataCenter, messages()) {
		files[name] = []byte(stringOf(t, name, text))
	}
	sinktest.Judge(t, os.Getenv("POSTEE_VENDORS"), "wiki", files)
}

// outlined is what Atlassian's parser makes of wiki markup: a line for each block and row.
func outlined(t *testing.T, markup string) string {
	t.Helper()
	vendors, err := filepath.Abs(os.Getenv("POSTEE_VENDORS"))
	if err != nil || os.Getenv("POSTEE_VENDORS") == "" {
		t.Skip("POSTEE_VENDORS names no folder")
	}
	file := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(file, []byte(markup), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.CommandContext(t.Context(), "node", filepath.Join(vendors, "check", "wiki.mjs"), "--outline", file).Output()
	if err != nil {
		t.Fatalf("%v:\n%s", err, said)
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	return strings.Join(lines[:len(lines)-1], "\n") // the last one says that the judge agrees
}

// meant is the same outline of a tree.
func meant(tree render.Tree) string {
	var doc adfDocument
	if err := json.Unmarshal(document(tree), &doc); err != nil {
		return err.Error()
	}
	return doc.outline()
}

// TestOutlines: wiki markup is read as what it was made of, also with every text hostile: the same headings, tables, cells and links that
// the document for the cloud has.
func TestOutlines(t *testing.T) {
	lookalikes := strings.NewReplacer("＆", "&", "∖", `\`, "¦", "|", "꞉", ":", "․", ".", "＃", "#", "｛", "{")
	marks := regexp.MustCompile(`(strong|strike|code)\(([^()]*)\)`)
	blanks := regexp.MustCompile(` +`)
	list := sinktest.Messages()
	evil := full(strings.Join(hostile()[:14], " "))
	for i := range evil.Sections[0].Delta.New {
		f := *evil.Sections[0].Delta.New[i].Finding
		f.URL = "" // a label of signs has no link in wiki markup
		evil.Sections[0].Delta.New[i] = dedup.Item{Finding: &f}
	}
	for _, n := range []sinktest.Named{list[0], list[1], list[2], list[5], {Name: "evil", Message: evil}} {
		tree, _ := render.Fit(printer{aquaServer: "https://aqua.example.com"}.layout(n.Message), fits)
		got, want := marks.ReplaceAllString(outlined(t, string(wikiMarkup(tree))), "$2"), meant(tree)
		clean := func(s string) string { return blanks.ReplaceAllString(lookalikes.Replace(s), " ") }
		if diff := cmp.Diff(clean(want), clean(got)); diff != "" {
			t.Errorf("%s (-meant +read):\n%s", n.Name, diff)
		}
	}
}

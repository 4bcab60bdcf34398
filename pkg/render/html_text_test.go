package render

import "testing"

// TestHTMLText: what a page says can be read without its looks.
func TestHTMLText(t *testing.T) {
	for page, want := range map[string]string{
		"<h1>a</h1>\n<p>b <b>c</b>d,&nbsp;e<br>f</p>":                                  "a\n\nb cd, e\nf",
		"<html><head><title>t</title><style>p{}</style><body>a<script>b</script>":      "a",
		"<table><tr><th>a</th><th>b</th></tr>\n<tr><td>c</td><td>d</td></tr></table>e": "a b\nc d\n\ne",
		"<ul><li>a</li><li>b &lt;i&gt;</li></ul>":                                      "- a\n- b <i>",
		`<a href="https://e.test/x">a</a> <a href="https://e.test">https://e.test</a>`: "a (https://e.test/x) https://e.test",
		`<a href="javascript:x">a</a><a href="https://e.test/` + "\n" + `y">b`:         "ab",
		"<p": "", "<!-- a --><div>b</div><div>c</div>": "b\nc",
	} {
		if got := string(HTMLText(page)); got != want+"\n" {
			t.Errorf("%q: %q, want %q", page, got, want)
		}
	}
}

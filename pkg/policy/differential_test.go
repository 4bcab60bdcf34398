package policy

import (
	"context"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/open-policy-agent/opa/v1/ast"
)

// fixedView is a view as JSON.
type fixedView string

func (v fixedView) AppendJSON(p []byte) []byte { return append(p, v...) }

// someView has what policies ask of a view.
const someView = fixedView(`{"format":"aqua","artifact":{"repository":"prod/app","tag":"1"},"summary":{"critical":1},"a":[{"b":1,"c":[2]}],"b":{"a":1},
	"findings":[{"id":"CVE-2024-1","severity":"critical"}],"new":[{"id":"CVE-2024-1","severity":"critical","fixed":"2","kind":"secret"}],"compliant":null}`)

// allRules makes a policy that answers with the values of all its rules.
func allRules(t *testing.T, p *Policy) *Policy {
	t.Helper()
	query, err := p.compiler.QueryCompiler().Compile(ast.NewBody(ast.Equality.Expr(
		ast.RefTerm(ast.DefaultRootDocument, ast.StringTerm("postee")), ast.VarTerm(string(answer)),
	)))
	if err != nil {
		t.Fatal(err)
	}
	return &Policy{files: p.files, limits: p.limits, compiler: p.compiler, builtins: p.builtins, needs: p.needs, query: query}
}

// answered is what the rules of a policy say about an input. It is "" when that took too long.
func answered(t *testing.T, rules *Policy, in *Input) string {
	t.Helper()
	term, err := in.value()
	if err != nil {
		return err.Error()
	}
	value, err := within(t.Context(), rules.limits, func(ctx context.Context) (ast.Value, error) {
		return rules.ask(ctx, term, &witness{}, false)
	})
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, errMemory):
		return ""
	case err != nil:
		return err.Error()
	}
	return value.String()
}

// sameAnswers fails when a policy that sees only what it needs answers otherwise than one that sees all. It returns the answer about
// the document with a view.
func sameAnswers(t *testing.T, p *Policy, raw []byte) string {
	t.Helper()
	rules, want := allRules(t, p), ""
	over := func(needs *Needs) *Input { return laid(NewInput(raw, needs), someView) }
	both := p.Needs().And(newNeeds(&need{keys: map[string]*member{"a": {name: ast.StringTerm("a"), need: &need{each: &need{}}}}}))
	for _, in := range [][]*Input{
		{NewInput(raw, everything), NewInput(raw, p.Needs()), NewInput(raw, both)}, {over(everything), over(p.Needs()), over(both)},
	} {
		want = answered(t, rules, in[0])
		for _, part := range in[1:] {
			got := answered(t, rules, part)
			if got != want && got != "" && want != "" && !strings.Contains(want, "more than 1000 digits") {
				t.Fatalf("%s\n%s\nneeded %s\ngot  %s\nwant %s", p.compiler.Modules, raw, strings.Join(paths(p.Needs().input, ""), " "), got, want)
			}
			if part.Shadowed() != in[0].Shadowed() {
				t.Fatalf("%s: shadowed %v", raw, part.Shadowed())
			}
		}
	}
	return want
}

// compiled compiles a generated policy, nil when it is none.
func compiled(text string) *Policy {
	m, err := parseModule("p", text)
	if err != nil || len(checkModule("p", m)) > 0 {
		return nil
	}
	p, err := link([]string{"p"}, []*ast.Module{m}, Options{Timeout: time.Hour}, sha256.New())
	if err != nil {
		return nil
	}
	return p
}

// TestGeneratedPolicies: whatever policies ask of whatever documents, they answer alike whether they see all or what they need.
func TestGeneratedPolicies(t *testing.T) {
	const policies, documents = 600, 7
	asked, answers, narrow := 0, map[string]bool{}, 0
	for seed := range uint64(policies) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 1))}
		p := compiled(g.policy())
		if p == nil {
			continue
		}
		asked++
		if !p.Needs().input.whole {
			narrow++
		}
		for range documents {
			answers[sameAnswers(t, p, []byte(g.document(5)))] = true
		}
	}
	t.Logf("%d policies, %d of them narrow, %d answers", asked, narrow, len(answers))
	if asked < policies/3 || narrow < asked/3 || len(answers) < policies/5 {
		t.Error("too little was asked")
	}
}

// scans are the documents of the tests.
func scans(t testing.TB) map[string][]byte {
	t.Helper()
	docs := map[string][]byte{}
	for _, pattern := range []string{"../../testdata/scans/*.json", "../scan/*/testdata/*.json"} {
		files, err := filepath.Glob(filepath.FromSlash(pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			if docs[file], err = os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	return docs
}

// usual are policies as people write them, for the documents of scanners.
var usual = []string{
	`allow if { some r in input.resources; some v in r.vulnerabilities; v.aqua_severity in {"critical", "high"} }`,
	`allow if { some r in input.Results; some v in r.Vulnerabilities; v.Severity == "CRITICAL"; v.FixedVersion }`,
	`allow if { input.vulnerability_summary.critical > 0; contains(input.image, "app") }`,
	`allow if { count([v | v := input.Results[_].Vulnerabilities[_]; v.Severity == "HIGH"]) > 1 }`,
	`allow if { every v in input.Results[0].Vulnerabilities { v.Severity != "LOW" } }`,
	`allow if { count(critical) > 0 }` + "\n" + `critical contains v.VulnerabilityID if { v := input.Results[_].Vulnerabilities[_]; v.Severity == "CRITICAL" }`,
	`allow if { worst := {v.PkgName: v.Severity | some v in input.Results[_].Vulnerabilities}; worst.openssl }`,
	`allow if { object.get(input, ["Metadata", "OS", "Family"], "none") == "debian" }`,
	`allow if { walk(input, [path, "CRITICAL"]); count(path) > 2 }`,
	`allow if { input.postee.summary.critical > 0; startswith(input.postee.artifact.repository, "prod/") }`,
	`allow if { some f in input.postee.new; f.severity == "critical"; not f.id in {"CVE-2024-2"} }`,
	`allow if { some k; input[k][_].Target }`,
	`allow if { input.document[_].resources }`,
}

// TestUsualPolicies: the same for documents of scanners, the examples of the documentation among the policies.
func TestUsualPolicies(t *testing.T) {
	texts := []string{}
	for _, rules := range usual {
		texts = append(texts, "package postee\nimport rego.v1\n"+rules)
	}
	texts = append(texts, blocks(t, "rego")...)
	for _, text := range texts {
		p := one(t, text)
		if whole := strings.Contains(text, "walk("); p.Needs().input.whole != whole {
			t.Errorf("%s\nneeds %v", text, paths(p.Needs().input, ""))
		}
		for name, raw := range scans(t) {
			for _, doc := range [][]byte{raw, append(append([]byte{'['}, raw...), ']')} {
				if answer := sameAnswers(t, p, doc); answer == "" {
					t.Errorf("%s: no answer", name)
				}
			}
		}
	}
}

// FuzzNeeds feeds arbitrary policies and documents: what policies need is all that they look at.
func FuzzNeeds(f *testing.F) {
	for seed := range uint64(40) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 2))}
		f.Add(g.policy(), g.document(5))
	}
	for _, rules := range usual {
		f.Add("package postee\nimport rego.v1\n"+rules, `{"Results":[{"Vulnerabilities":[{"Severity":"CRITICAL"}]}]}`)
	}
	f.Fuzz(func(t *testing.T, text, doc string) {
		p := compiled(text)
		if p == nil || !jsontext.Value(doc).IsValid(jsontext.AllowInvalidUTF8(true)) {
			return
		}
		p.limits.timeout = 100 * time.Millisecond
		sameAnswers(t, p, []byte(doc))
	})
}

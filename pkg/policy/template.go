package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/open-policy-agent/opa/v1/ast"
)

// Template is Rego that writes messages: a package whose rules are what is to be said. It has the same limits as a policy, and sees the
// same input. Any number of goroutines may ask it at once.
type Template struct {
	policy *Policy
	pkg    string
}

// Property is what a rule of a template says.
type Property struct {
	// Name is the rule's, Value what it says, as JSON.
	Name  string
	Value jsontext.Value
}

// CompileTemplate compiles a package, "postee.team.slack", of a folder of templates, with the packages of the folder that it refers to and
// nothing else. Its error joins all problems, each "FILE:LINE:COL: text" where a place is known. It ends as [Compile] does.
func CompileTemplate(ctx context.Context, dir, pkg string, o Options) (*Template, error) {
	p, err := compile(ctx, "", func(_ context.Context, sum hash.Hash) (*Policy, error) {
		files, modules, err := templateModules(dir, pkg, sum)
		if err != nil {
			return nil, err
		}
		asked, err := ast.ParseRef("data." + pkg)
		if err != nil {
			return nil, fmt.Errorf("%q is not the name of a package", pkg)
		}
		return linkFor(asked, files, modules, o, sum)
	})
	if err != nil {
		return nil, err
	}
	return &Template{p, pkg}, nil
}

// Sum returns a hash of the texts that the template was made of.
func (t *Template) Sum() []byte { return t.policy.Sum() }

// Aggregation returns the package that makes one message of several results, which a rule aggregation_pkg names; "" where none does.
func (t *Template) Aggregation() string {
	for _, m := range t.policy.compiler.Modules {
		if m.Package.Path.String() != "data."+t.pkg {
			continue
		}
		for _, r := range m.Rules {
			if !r.Head.Name.Equal(ast.Var(AggregationRule)) || r.Head.Value == nil {
				continue
			}
			if name, ok := r.Head.Value.Value.(ast.String); ok {
				return string(name)
			}
		}
	}
	return ""
}

// AggregationRule is the rule of a template that names the package which makes one message of several results.
const AggregationRule = "aggregation_pkg"

// Needs returns which parts of a document the template looks at.
func (t *Template) Needs() *Needs { return t.policy.Needs() }

// Render returns what the package says of a document: the values of its rules that are defined, by name. It fails as [Policy.Allow] does,
// and when the package says no result.
func (t *Template) Render(ctx context.Context, in *Input) ([]Property, error) {
	value, err := t.policy.value(ctx, in, nil)
	if err != nil {
		return nil, err
	}
	object, ok := value.(ast.Object)
	if !ok {
		return nil, fmt.Errorf("%s: package %s says nothing of this document", some(t.policy.files), t.pkg)
	}
	var all []Property
	err = object.Iter(func(k, v *ast.Term) error {
		name, ok := k.Value.(ast.String)
		if !ok {
			return nil
		}
		plain, err := ast.JSON(v.Value)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", some(t.policy.files), name, err)
		}
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(plain)
		all = append(all, Property{string(name), bytes.TrimSpace(text.Bytes())})
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b Property) int { return strings.Compare(a.Name, b.Name) })
	if !slices.ContainsFunc(all, func(p Property) bool { return p.Name == "result" }) {
		return nil, fmt.Errorf("%s: package %s has no result for this document: a rule result must be defined whatever the document lacks", some(t.policy.files), t.pkg)
	}
	return all, nil
}

// packageLine finds the package of a module without parsing it: a folder may hold many that nobody asks for.
var packageLine = regexp.MustCompile(`(?m)^\s*package\s+([A-Za-z_][\w.]*)`)

// templateModules parses the files of a package, and those of the packages that they refer to.
func templateModules(dir, pkg string, sum hash.Hash) (files []string, modules []*ast.Module, err error) {
	found, err := folder(dir)
	if err != nil {
		return nil, nil, err
	}
	texts, packages := map[string]string{}, map[string][]string{}
	for _, file := range found {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", file, reason(err))
		}
		texts[file] = strings.TrimPrefix(string(text), "\ufeff")
		if m := packageLine.FindStringSubmatch(texts[file]); m != nil {
			packages[m[1]] = append(packages[m[1]], file)
		}
	}
	if len(packages[pkg]) == 0 {
		return nil, nil, fmt.Errorf("%s: no file of package %s", dir, pkg)
	}
	wanted := map[string]bool{pkg: true}
	var errs []error
	for next := []string{pkg}; len(next) > 0; next = next[1:] {
		for _, file := range packages[next[0]] {
			digest(sum, file, []byte(texts[file]))
			m, err := parseModule(file, texts[file])
			if err != nil {
				errs = append(errs, problems(file, err)...)
				continue
			}
			files, modules = append(files, file), append(modules, m)
			for _, name := range packagesOf(m, packages) {
				if !wanted[name] {
					wanted[name] = true
					next = append(next, name)
				}
			}
		}
	}
	return files, modules, errors.Join(errs...)
}

// packagesOf returns the packages, of those that there are, to which a module refers.
func packagesOf(m *ast.Module, there map[string][]string) (names []string) {
	ast.WalkRefs(m, func(ref ast.Ref) bool {
		if len(ref) < 2 || !ref[0].Equal(ast.DefaultRootDocument) {
			return false
		}
		path := make([]string, 0, len(ref))
		for _, part := range ref[1:] {
			name, ok := part.Value.(ast.String)
			if !ok {
				break
			}
			path = append(path, string(name))
			if name := strings.Join(path, "."); len(there[name]) > 0 && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		return false
	})
	return names
}

package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// checkModule finds what is valid Rego and yet no policy.
func checkModule(file string, m *ast.Module) []error {
	if pkg := m.Package.Path.String(); pkg != "data.postee" {
		return []error{at(file, m.Package.Location, "package "+strings.TrimPrefix(pkg, "data.")+
			`: a policy begins with "package postee"`)}
	}
	var errs []error
	for _, r := range m.Rules {
		if isAllow(r) && (len(r.Head.Args) > 0 || len(r.Head.Ref()) > 1 || r.Head.RuleKind() == ast.MultiValue) {
			errs = append(errs, at(file, r.Location, "allow must be true or false: no function, set or object"))
		}
	}
	ast.WalkRefs(m, func(ref ast.Ref) bool {
		if outside(ref) {
			errs = append(errs, at(file, ref[0].Location, ref.String()+": policies here have no data but their own rules and data.params: "+
				"write the values into params"))
		}
		return false
	})
	ast.WalkTerms(m, func(t *ast.Term) bool {
		switch v := t.Value.(type) {
		case *ast.TemplateString:
			errs = append(errs, at(file, t.Location, templates))
		case ast.Number:
			if err := checkDigits(string(v)); err != nil {
				errs = append(errs, at(file, t.Location, err.Error()+": policies here are bounded"))
			}
		}
		return false
	})
	return errs
}

// outside reports whether a reference leads to data documents, of which there are none, so that it would be undefined for ever.
func outside(ref ast.Ref) bool {
	if len(ref) < 2 || !ref[0].Equal(ast.DefaultRootDocument) {
		return false
	}
	name, ok := ref[1].Value.(ast.String)
	return ok && name != "postee" && name != paramsName
}

// isAllow reports whether a rule defines allow or something below it.
func isAllow(r *ast.Rule) bool {
	return len(r.Head.Ref()) > 0 && r.Head.Ref()[0].Value.Compare(ast.Var("allow")) == 0
}

// checkTogether finds what is wrong with files that are each in order: no rule that could allow anything, and defaults that
// contradict each other. Repeated defaults are dropped, because Rego would refuse them.
func checkTogether(files []string, modules []*ast.Module) []error {
	var errs []error
	var known *ast.Rule
	useful := false
	for i, m := range modules {
		m.Rules = slices.DeleteFunc(m.Rules, func(r *ast.Rule) bool {
			if !isAllow(r) {
				return false
			}
			if !r.Default {
				useful = true
				return false
			}
			if known == nil {
				known, useful = r, useful || !r.Head.Value.Equal(ast.BooleanTerm(false))
				return false
			}
			if !r.Head.Value.Equal(known.Head.Value) {
				errs = append(errs, at(files[i], r.Location, fmt.Sprintf("default allow is %v here and %v at %s: keep one of them",
					r.Head.Value, known.Head.Value, spot(files[0], known.Location))))
			}
			return true
		})
	}
	if !useful && len(errs) == 0 {
		errs = append(errs, fmt.Errorf("%s: no rule allow: nothing could ever pass; write one, such as allow { … }", some(files)))
	}
	return errs
}

// some names files in a message, the first three of them.
func some(files []string) string {
	if n := len(files) - 3; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(files[:3], ", "), n)
	}
	return strings.Join(files, ", ")
}

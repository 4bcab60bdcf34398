package policy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Limits of what is given to a builtin that would take more than in proportion: the digits of a number, how much a value may hold
// (each part of it counts too), and how many characters one verb of a format may fill.
const (
	maxDigits = 1000
	maxWeight = 256 << 20
	maxWidth  = 1000
)

// guarded is what a builtin's name ends in where compiled policies call it with its operands looked at first.
const guarded = "_bounded"

// guardOf returns what looks at the operands of the builtin of that name, nil for one that needs none.
func guardOf(name string) func(operands []*ast.Term) error {
	switch name {
	case "plus", "minus", "mul", "div", "rem", "abs", "round", "ceil", "floor", "format_int", "sum", "product",
		"bits.and", "bits.or", "bits.xor", "bits.negate", "bits.rsh":
		return guardDigits
	case "to_number", "units.parse", "units.parse_bytes":
		return guardDigits
	case "json.marshal", "object.union", "object.union_n", "json.filter", "json.remove", "urlquery.encode_object":
		return guardWeight
	case "sprintf":
		return guardFormat
	case "regex.find_all_string_submatch_n", "regex.replace":
		return guardGroups
	}
	return nil
}

// guards are the guarded builtins, by the names under which compiled policies call them.
func guards() map[string]*topdown.Builtin {
	all := map[string]*topdown.Builtin{}
	for _, b := range ast.Builtins {
		check := guardOf(b.Name)
		if check == nil {
			continue
		}
		decl, plain := *b, topdown.GetBuiltin(b.Name)
		decl.Name += guarded
		decl.CanSkipBctx = false // an error names the place
		all[decl.Name] = &topdown.Builtin{Decl: &decl, Func: func(c topdown.BuiltinContext, operands []*ast.Term, iter func(*ast.Term) error) error {
			if err := check(operands); err != nil {
				return &topdown.Error{Code: topdown.BuiltinErr, Location: c.Location, Message: b.Name + ": " + err.Error()}
			}
			return plain(c, operands, iter)
		}}
	}
	return all
}

// guardAll makes compiled modules call the guarded builtins. It comes when all checks are done, so that errors have the names that
// people wrote.
func guardAll(c *ast.Compiler) *ast.Error {
	rename := func(t *ast.Term) *ast.Term {
		if ref, ok := t.Value.(ast.Ref); ok && guardOf(ref.String()) != nil {
			parts := strings.Split(ref.String()+guarded, ".")
			longer := ast.Ref{ast.VarTerm(parts[0])}
			for _, p := range parts[1:] {
				longer = append(longer, ast.StringTerm(p))
			}
			return &ast.Term{Value: longer, Location: t.Location}
		}
		return t
	}
	for _, m := range c.Modules {
		ast.WalkExprs(m, func(e *ast.Expr) bool {
			if terms, ok := e.Terms.([]*ast.Term); ok {
				terms[0] = rename(terms[0])
			}
			for _, w := range e.With {
				w.Target, w.Value = rename(w.Target), rename(w.Value)
			}
			return false
		})
		ast.WalkTerms(m, func(t *ast.Term) bool {
			if call, ok := t.Value.(ast.Call); ok {
				call[0] = rename(call[0])
			}
			return false
		})
	}
	return nil
}

// unguarded is a text with the names that people wrote.
func unguarded(text string) string { return strings.ReplaceAll(text, guarded, "") }

// guardDigits refuses numbers that take long to calculate with: among the operands, in lists of them, and in texts that are to
// become numbers.
func guardDigits(operands []*ast.Term) error {
	var err error
	look := func(t *ast.Term) {
		switch v := t.Value.(type) {
		case ast.Number:
			if err == nil {
				err = checkDigits(string(v))
			}
		case ast.String:
			if err == nil {
				err = checkDigits(string(v))
			}
		}
	}
	for _, o := range operands {
		switch v := o.Value.(type) {
		case *ast.Array:
			v.Foreach(look)
		case ast.Set:
			v.Foreach(look)
		default:
			look(o)
		}
	}
	return err
}

// checkDigits refuses a number that has, written out, more than a thousand digits.
func checkDigits(number string) error {
	digits := len(number)
	if e := strings.IndexAny(number, "eE"); e >= 0 && digits <= maxDigits {
		end := e + 1
		for end < len(number) && strings.IndexByte("+-0123456789", number[end]) >= 0 {
			end++
		}
		exponent, err := strconv.Atoi(number[e+1 : end])
		if err != nil && end > e+1 && strings.ContainsAny(number[e+1:end], "123456789") {
			exponent = maxDigits // far beyond what an int holds
		}
		digits = e + max(exponent, -exponent)
	}
	if digits > maxDigits {
		return fmt.Errorf("a number of more than %d digits", maxDigits)
	}
	return nil
}

// guardWeight refuses values that are larger written out than memory should be: a policy can name one part many times, so that
// thirty lines hold a thousand million parts.
func guardWeight(operands []*ast.Term) error {
	left := maxWeight
	for _, o := range operands {
		if weigh(o, &left); left < 0 {
			return fmt.Errorf("a value of more than %s", size(maxWeight))
		}
	}
	return nil
}

// weigh takes what a value holds from what is left, and stops when nothing is.
func weigh(t *ast.Term, left *int) {
	*left -= 16
	each := func(t *ast.Term) {
		if *left >= 0 {
			weigh(t, left)
		}
	}
	switch v := t.Value.(type) {
	case ast.String:
		*left -= len(v)
	case ast.Number:
		*left -= len(v)
	case *ast.Array:
		v.Foreach(each)
	case ast.Set:
		v.Foreach(each)
	case ast.Object:
		v.Foreach(func(k, value *ast.Term) { each(k); each(value) })
	}
}

// guardFormat refuses formats that fill in more characters than they are given, and arguments as guardWeight does.
func guardFormat(operands []*ast.Term) error {
	if err := guardWeight(operands); err != nil {
		return err
	}
	if args, ok := operands[1].Value.(*ast.Array); ok && hasLongNumber(args) {
		return fmt.Errorf("a number of more than %d digits", maxDigits)
	}
	format, _ := operands[0].Value.(ast.String)
	inVerb, width, weight := false, 0, 0
	for _, r := range string(format) {
		switch {
		case r == '%' && !inVerb:
			inVerb, width = true, 0
		case inVerb && (r == '*' || width > maxWidth):
			return fmt.Errorf("a format with a width of its arguments, or of more than %d", maxWidth)
		case inVerb && r >= '0' && r <= '9':
			width = width*10 + int(r-'0')
		case inVerb && strings.ContainsRune("+-# .", r):
			width = 0
		case inVerb && r == '[':
			// An argument that is named by its number may come a thousand times.
			return errors.New("a format that numbers its arguments")
		case inVerb:
			inVerb = false
			if weight += width; weight > maxWeight {
				return fmt.Errorf("a text of more than %s", size(maxWeight))
			}
		}
	}
	return nil
}

// hasLongNumber reports whether a list holds a number that is refused.
func hasLongNumber(list *ast.Array) bool {
	return list.Until(func(t *ast.Term) bool {
		n, ok := t.Value.(ast.Number)
		return ok && checkDigits(string(n)) != nil
	})
}

// guardGroups refuses patterns whose groups, for every match, take more than memory should be.
func guardGroups(operands []*ast.Term) error {
	groups, length := 1, 0
	// OPA's functions do not agree on whether the pattern or the text comes first.
	for _, o := range operands[:2] {
		s, _ := o.Value.(ast.String)
		groups, length = groups+strings.Count(string(s), "("), length+len(s)
	}
	if groups > 100 && groups*length > maxWeight/16 {
		return errors.New("a pattern with too many groups for so long a text")
	}
	return nil
}

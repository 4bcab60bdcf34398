package policy

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// arguments returns as many terms as a builtin takes.
func arguments(b *ast.Builtin) string {
	args := make([]string, 0, 4)
	for range b.Decl.FuncArgs().Args {
		args = append(args, "input.x")
	}
	return strings.Join(args, ", ")
}

func TestEveryRefusedBuiltin(t *testing.T) {
	refusals := 0
	for _, b := range ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(ast.RegoV0)).Builtins {
		why := refused(b.Name)
		if why == "" {
			if b.Nondeterministic {
				t.Errorf("%s is not deterministic, and policies have it", b.Name)
			}
			continue
		}
		refusals++
		t.Run(b.Name, func(t *testing.T) {
			sentence := fmt.Sprintf("p:2:9: %s: %s", b.Name, why)
			for _, rule := range []string{
				"allow { %s(%s) == 1 }", "allow { not %s(%s) }", "allow if %s(%s)", "allow { x := [y | y := %s(%s)]; count(x) > 0 }",
			} {
				refuses(t, fmt.Sprintf("package postee\n"+rule, b.Name, arguments(b)), b.Name+": "+why)
			}
			refuses(t, fmt.Sprintf("package postee\nallow { %s(%s) }", b.Name, arguments(b)), sentence)
			// As a stand-in for a function that policies do have it must not come in either.
			refuses(t, fmt.Sprintf("package postee\nallow { upper(input.x) == \"X\" with upper as %s }", b.Name), "")
			if _, err := CompileSource(t.Context(), "p", fmt.Sprintf("\n        %s(%s)", b.Name, arguments(b)), Options{}); err == nil || err.Error() != sentence {
				t.Errorf("as a body: %v", err)
			}
		})
	}
	if refusals < 15 {
		t.Errorf("only %d of OPA's builtins are refused", refusals)
	}
}

// refuses expects that a policy does not compile, with an error that has a text in it.
func refuses(t *testing.T, text, want string) {
	t.Helper()
	m, err := parseModule("p", text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if _, err = link([]string{"p"}, []*ast.Module{m}, Options{}, sha256.New()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
	}
}

func TestWhatIsNotRefused(t *testing.T) {
	for _, condition := range []string{
		`time.parse_rfc3339_ns(input.t) > time.parse_rfc3339_ns("2024-01-01T00:00:00Z")`,
		`regex.match("^a", input.image)`, `glob.match("*/team/*", ["/"], input.image)`, `semver.compare("1.2.3", "1.2.4") == -1`,
		`json.unmarshal("[1]")[0] == 1`, `base64.decode("YQ==") == "a"`, `crypto.sha256("") != ""`, `sprintf("%d", [1]) == "1"`,
	} {
		if _, err := CompileSource(t.Context(), "p", condition, Options{}); err != nil {
			t.Errorf("%s: %v", condition, err)
		}
	}
}

func TestCapabilitiesAreWithoutTheRefused(t *testing.T) {
	c := capabilities()
	for _, b := range c.Builtins {
		if refused(b.Name) != "" {
			t.Errorf("%s", b.Name)
		}
	}
	if c.AllowNet == nil || len(c.AllowNet) > 0 {
		t.Error("the compiler may fetch schemas")
	}
}

// everyRefused names the builtins of this release of OPA that policies have not.
func everyRefused() []string {
	var names []string
	for _, b := range ast.CapabilitiesForThisVersion().Builtins {
		if refused(b.Name) != "" {
			names = append(names, b.Name)
		}
	}
	return names
}

package policy

import (
	"context"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
)

// refused says why policies have not the builtin of that name; it is empty for those that they have. The test of this table
// fails when a new release of OPA brings a builtin that is not deterministic.
func refused(name string) string {
	switch name {
	case "http.send":
		return "policies here cannot reach the network"
	case "json.match_schema", "json.verify_schema":
		return "policies here cannot reach the network or the file system, where a schema's references may lead"
	case "opa.runtime":
		return "policies here cannot reach the environment: write the values into the policy"
	case "time.now_ns", "io.jwt.decode_verify",
		"crypto.x509.parse_and_verify_certificates", "crypto.x509.parse_and_verify_certificates_with_options":
		return "policies here cannot reach the clock: compare with a time that the document has, or with a fixed one, " +
			"through time.parse_rfc3339_ns"
	case "rand.intn", "uuid.rfc4122", "io.jwt.encode_sign", "io.jwt.encode_sign_raw", "providers.aws.sign_req":
		return "policies here have no random values: the same document must be decided alike each time"
	case "trace":
		return "policies here write no trace: ask postee explain"
	}
	if strings.HasPrefix(name, "net.") {
		return "policies here cannot reach the network and have no net functions: compare strings"
	}
	return costly(name)
}

// templates is why policies have no template strings, which nothing bounds.
const templates = "policies here are bounded, and have no template strings: use sprintf"

// costly says why policies have not a builtin that may take time or memory out of proportion to what it is given. Those that
// policies have are linear in it, look whether they were cancelled, or are guarded.
func costly(name string) string {
	switch name {
	case "numbers.range", "numbers.range_step":
		return "two numbers make a list of any length, and policies here are bounded: write the list into the policy"
	case "bits.lsh":
		return "two numbers make a number of any length, and policies here are bounded: multiply"
	case "graph.reachable_paths":
		return "a small graph has paths without number, and policies here are bounded: ask graph.reachable"
	case "json.patch":
		return "a short patch may copy without end, and policies here are bounded: build the object in the policy"
	case "json.marshal_with_options", "strings.render_template":
		return "a short document becomes a text of any length, and policies here are bounded: use json.marshal or concat"
	case "regex.globs_match":
		return "it may take time without bound, and policies here are bounded: use glob.match"
	case "yaml.unmarshal", "yaml.is_valid", "yaml.marshal":
		return "a short YAML text may hold a document of any size, and policies here are bounded: use JSON"
	case "internal.template_string":
		return templates
	case "rego.parse_module":
		return "policies here are bounded, and read no other policies"
	case "crypto.parse_private_keys", "io.jwt.verify_hs256", "io.jwt.verify_hs384", "io.jwt.verify_hs512":
		return "policies here hold no keys"
	}
	for _, family := range []string{"io.jwt.verify_", "crypto.x509."} {
		if strings.HasPrefix(name, family) {
			return "a document's own keys may take any time to check, and policies here are bounded: compare hashes, such as crypto.sha256"
		}
	}
	if strings.HasPrefix(name, "graphql.") {
		return "a short query may take time without bound, and policies here are bounded: scans hold no GraphQL"
	}
	return ""
}

// capabilities is what policies may use: OPA's own without what is refused. The empty list of hosts keeps the compiler from
// fetching schemas.
func capabilities() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(ast.RegoV1))
	c.Builtins = slices.DeleteFunc(c.Builtins, func(b *ast.Builtin) bool { return refused(b.Name) != "" })
	c.AllowNet = []string{}
	return c
}

// void is a store without documents.
type void struct {
	storage.TriggersNotSupported
	storage.WritesNotSupported
	storage.PolicyNotSupported
}

// NewTransaction needs nothing: there is nothing to protect.
func (void) NewTransaction(context.Context, ...storage.TransactionParams) (storage.Transaction, error) {
	return nil, nil
}

// Read finds nothing.
func (void) Read(context.Context, storage.Transaction, storage.Path) (any, error) {
	return nil, &storage.Error{Code: storage.NotFoundErr, Message: "policies here have no data"}
}

// Commit has nothing to keep.
func (void) Commit(context.Context, storage.Transaction) error { return nil }

// Truncate has nothing to forget.
func (void) Truncate(context.Context, storage.Transaction, storage.TransactionParams, storage.Iterator) error {
	return nil
}

// Abort has nothing to undo.
func (void) Abort(context.Context, storage.Transaction) {}

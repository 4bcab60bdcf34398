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

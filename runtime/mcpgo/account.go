package mcpgo

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/mark3labs/mcp-go/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
)

// AccountArgument gives a tool the argument "account", by which a model chooses one of the user's accounts: a string, and not required.
// The server needs [Option]: whenever it lists its tools, the argument has as its enum the names that exist for who asks. Where no
// account has a name, the tool is listed without the argument. In the handler, call [Account].
//
//	srv.AddTool(mcp.NewTool("get_pet", mcpgo.AccountArgument(v.Manager)), ...)
func AccountArgument(m *secrets.Manager) mcp.ToolOption {
	return func(tool *mcp.Tool) {
		if tool.InputSchema.Properties == nil {
			tool.InputSchema.Properties = map[string]any{}
		}
		tool.InputSchema.Properties[inside.AccountArgument] = accountArgument{of: m}
	}
}

// Account returns the context that means the account which a request's argument "account" names, or the one without a name: see
// [secrets.Manager.Account], which has the errors.
func Account(ctx context.Context, m *secrets.Manager, request mcp.CallToolRequest) (context.Context, error) {
	return m.Account(ctx, request.GetString(inside.AccountArgument, ""))
}

// An accountArgument is what the schema of a tool says of its argument.
type accountArgument struct {
	of    *secrets.Manager
	names []string
}

// MarshalJSON implements [json.Marshaler].
func (a accountArgument) MarshalJSON() ([]byte, error) {
	return json.Marshal(inside.AccountSchema(a.names))
}

// withAccounts is the filter that lists tools with the names of the accounts. Where those are not known, any may be given.
func (a adapter) withAccounts(ctx context.Context, tools []mcp.Tool) []mcp.Tool {
	var names []string
	var err error
	asked := false // most servers have no such tool, and each call comes by here
	for i, tool := range tools {
		argument, ok := tool.InputSchema.Properties[inside.AccountArgument].(accountArgument)
		if !ok || argument.of != a.Manager {
			continue
		}
		if !asked {
			names, err = a.accounts(ctx)
			asked = true
		}
		properties := maps.Clone(tool.InputSchema.Properties)
		if argument.names = names; len(names) == 0 && err == nil {
			delete(properties, inside.AccountArgument)
		} else {
			properties[inside.AccountArgument] = argument
		}
		tools[i].InputSchema.Properties = properties
	}
	return tools
}

// accounts returns the names of the accounts, for who calls. To list tools is no reason to ask for a password.
func (a adapter) accounts(ctx context.Context) ([]string, error) {
	ctx, turn := a.Begin(ctx, secrets.Call{Principal: clientOf(ctx).principal()}, "", nil)
	defer turn.End()
	return a.Inside().Accounts(keychain.Quietly(ctx))
}

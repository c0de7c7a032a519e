package gosdk

import (
	"context"
	"encoding/json"
	"maps"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
)

// AccountArgument returns a tool whose argument "account" chooses one of the user's accounts. The tool's arguments need a field for it,
// which is a string and may be missing. The server needs [Install]: whenever it lists its tools, the argument has as its enum the names
// that exist for who asks. Where no account has a name, the tool is listed without the argument. In the handler, call
// [secrets.Manager.Account].
//
//	type args struct {
//		Account string `json:"account,omitempty"`
//	}
//
//	mcp.AddTool(srv, gosdk.AccountArgument(v.Manager, &mcp.Tool{Name: "get_pet"}), ...)
func AccountArgument(m *secrets.Manager, tool *mcp.Tool) *mcp.Tool {
	marked := *tool
	marked.Meta = maps.Clone(tool.Meta)
	if marked.Meta == nil {
		marked.Meta = mcp.Meta{}
	}
	marked.Meta[takesAccount] = m.Inside().Server()
	return &marked
}

// takesAccount marks a tool until it is listed.
const takesAccount = "mcpsecrets/account"

// withAccounts returns a list of tools with the names of the accounts, for who asked for it. Where those are not known, any may be
// given.
func (i *installed) withAccounts(ctx context.Context, req mcp.Request, list *mcp.ListToolsResult) *mcp.ListToolsResult {
	accounts := sync.OnceValues(func() ([]string, error) { return i.accounts(ctx, req) }) // most servers have no such tool
	changed := *list
	changed.Tools = make([]*mcp.Tool, len(list.Tools))
	for n, tool := range list.Tools {
		changed.Tools[n] = tool
		if tool.Meta[takesAccount] != i.manager.Inside().Server() {
			continue
		}
		names, err := accounts()
		changed.Tools[n] = withArgument(tool, names, err == nil)
	}
	return &changed
}

// accounts returns the names of the accounts, for who calls. To list tools is no reason to ask for a password.
func (i *installed) accounts(ctx context.Context, req mcp.Request) ([]string, error) {
	caller, err := callerOf(ctx, req)
	if err != nil {
		return nil, err
	}
	ctx, turn := i.manager.Begin(ctx, secrets.Call{Principal: caller.principal}, "", nil)
	defer turn.End()
	return i.manager.Inside().Accounts(keychain.Quietly(ctx))
}

// withArgument returns a tool as it is listed. A schema that is no JSON, or no object, is the author's, and stays.
func withArgument(tool *mcp.Tool, names []string, isKnown bool) *mcp.Tool {
	listed := *tool
	listed.Meta = maps.Clone(tool.Meta)
	delete(listed.Meta, takesAccount)
	var schema map[string]any
	text, err := json.Marshal(tool.InputSchema)
	if err != nil || json.Unmarshal(text, &schema) != nil {
		return &listed
	}
	properties, _ := schema["properties"].(map[string]any)
	if properties == nil {
		return &listed
	}
	if len(names) == 0 && isKnown {
		delete(properties, inside.AccountArgument)
	} else {
		properties[inside.AccountArgument] = inside.AccountSchema(names)
	}
	listed.InputSchema = schema
	return &listed
}

package main

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
	//lint:ignore ST1001 reasons are found there too
	. "github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
	vault "github.com/mcpsecrets/mcpsecrets/testdata/golden/reasons/want"
)

// official makes handlers for the official SDK, whose type arguments may be written out.
func official(v *vault.Secrets) {
	_ = gosdk.Tool(v.Login, "Say who you are to the store", whoami)
	_ = gosdk.Tool[input, output, vault.LoginSecrets](v.Login, "Say twice who you are", whoami)
	_ = gosdk.Tool[input](v.Login, "Say thrice who you are", whoami)
	_ = gosdk.Prompt[secrets.Secret](v.APIKey, "Describe the store", nil)
	_ = gosdk.Resource(v.APIKey, "Read the shelf", read)
	_ = Resource[secrets.Secret](v.APIKey, "Read the list", nil)
	other := lookalike{}
	other.Tool(v.Login, "Of no adapter", whoami)
}

// lookalike is no adapter.
type lookalike struct{}

func (lookalike) Tool(get func(context.Context, secrets.Reason) (vault.LoginSecrets, error), reason string, handle any) {
}

type (
	input  struct{}
	output struct{}
)

func whoami(context.Context, *mcp.CallToolRequest, input, vault.LoginSecrets) (*mcp.CallToolResult, output, error) {
	return nil, output{}, nil
}

func read(context.Context, *mcp.ReadResourceRequest, secrets.Secret) (*mcp.ReadResourceResult, error) {
	return nil, nil
}

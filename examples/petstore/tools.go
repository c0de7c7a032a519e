package main

import (
	"context"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/api"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/store"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/vault"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
)

// handlers answer MCP requests with what the store says.
type handlers struct {
	store   *store.Store
	manager *secrets.Manager
}

// newServer returns the MCP server. The vault's option goes first, so that what it does is outermost.
func newServer(v *vault.Secrets, pets *store.Store) *server.MCPServer {
	h := handlers{pets, v.Manager}
	srv := server.NewMCPServer("petstore", "1.0.0", mcpgo.Option(v.Manager))

	// The store's clients send what a handler needs, and ask the user for it ...
	srv.AddTool(mcp.NewTool("list_pets", mcp.WithDescription("List the pets of the store"),
		mcp.WithReadOnlyHintAnnotation(true), mcp.WithDestructiveHintAnnotation(false)), h.listPets)
	srv.AddTool(mcp.NewTool("get_pet", mcp.WithDescription("Get one pet of the store"),
		mcp.WithReadOnlyHintAnnotation(true), mcp.WithDestructiveHintAnnotation(false),
		mcp.WithInteger("id", mcp.Required(), mcp.Description("The pet's id")),
		mcpgo.AccountArgument(v.Manager)), h.getPet) // for whoever has several accounts of the store
	srv.AddTool(mcp.NewTool("create_pet", mcp.WithDescription("Add a pet to the store"),
		mcp.WithString("name", mcp.Required()), mcp.WithString("species", mcp.Required()), mcp.WithInteger("age")),
		h.createPet)
	srv.AddPrompt(mcp.NewPrompt("care", mcp.WithPromptDescription("How to care for the pets of the store")), h.care)
	srv.AddResource(mcp.NewResource("pets://inventory", "inventory", mcp.WithResourceDescription("All pets of the store"),
		mcp.WithMIMEType("application/json")), h.inventory)

	// ... or a handler is started only with the values that it needs.
	srv.AddTool(mcp.NewTool("whoami", mcp.WithDescription("Say whose account of the store this is"),
		mcp.WithReadOnlyHintAnnotation(true), mcp.WithDestructiveHintAnnotation(false)),
		mcpgo.Tool(v.Login, "Say who you are", h.whoAmI))
	srv.AddTool(mcp.NewTool("leak_check", mcp.WithDescription("Try to show the API key, which must not work"),
		mcp.WithReadOnlyHintAnnotation(true), mcp.WithDestructiveHintAnnotation(false)),
		mcpgo.Tool(v.APIKey, "Check that no result shows the key", h.leakCheck))
	return srv
}

func (h handlers) listPets(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	pets, err := h.store.ListPets(ctx)
	return result(map[string][]api.Pet{"pets": pets}, err) // structured content is an object
}

func (h handlers) getPet(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	id, err := request.RequireInt("id")
	if err != nil {
		return mcp.NewToolResultError(err.Error()), nil
	}
	ctx, err = mcpgo.Account(ctx, h.manager, request)
	if err != nil {
		return result(nil, err)
	}
	return result(h.store.GetPet(ctx, id))
}

func (h handlers) createPet(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	pet := api.Pet{
		Name:    request.GetString("name", ""),
		Species: request.GetString("species", ""),
		Age:     request.GetInt("age", 0),
	}
	return result(h.store.CreatePet(ctx, pet))
}

func (h handlers) whoAmI(ctx context.Context, _ mcp.CallToolRequest, login vault.LoginSecrets) (*mcp.CallToolResult, error) {
	return result(h.store.WhoAmI(ctx, login))
}

func (h handlers) leakCheck(ctx context.Context, _ mcp.CallToolRequest, key secrets.Secret) (*mcp.CallToolResult, error) {
	return result(h.store.Leaks(ctx, key))
}

func (h handlers) care(ctx context.Context, _ mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
	text, err := h.store.Care(ctx)
	if err != nil {
		return nil, err
	}
	return mcp.NewGetPromptResult("Care for the pets", []mcp.PromptMessage{
		mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(text)),
	}), nil
}

func (h handlers) inventory(ctx context.Context, request mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	text, err := h.store.Inventory(ctx)
	if err != nil {
		return nil, err
	}
	return []mcp.ResourceContents{mcp.TextResourceContents{URI: request.Params.URI, MIMEType: "application/json", Text: text}}, nil
}

// result is what a tool returns. An error becomes a result too: one of JSON-RPC may never reach the model.
func result(v any, err error) (*mcp.CallToolResult, error) {
	if err != nil {
		return mcp.NewToolResultError(err.Error()), nil
	}
	return mcp.NewToolResultJSON(v)
}

package main

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/api"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/store"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/vault"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
)

// handlers answer MCP requests with what the store says.
type handlers struct {
	store   *store.Store
	manager *secrets.Manager
}

// newServer returns the MCP server. Install goes last, so that what it does is outermost.
func newServer(v *vault.Secrets, pets *store.Store) *mcp.Server {
	h := handlers{pets, v.Manager}
	srv := mcp.NewServer(&mcp.Implementation{Name: "petstore", Version: "1.0.0"}, nil)
	safe := &mcp.ToolAnnotations{ReadOnlyHint: true, DestructiveHint: new(bool)}

	// The store's clients send what a handler needs, and ask the user for it ...
	mcp.AddTool(srv, &mcp.Tool{Name: "list_pets", Description: "List the pets of the store", Annotations: safe}, h.listPets)
	mcp.AddTool(srv, gosdk.AccountArgument(v.Manager, // for whoever has several accounts of the store
		&mcp.Tool{Name: "get_pet", Description: "Get one pet of the store", Annotations: safe}), h.getPet)
	mcp.AddTool(srv, &mcp.Tool{Name: "create_pet", Description: "Add a pet to the store"}, h.createPet)
	srv.AddPrompt(&mcp.Prompt{Name: "care", Description: "How to care for the pets of the store"}, h.care)
	srv.AddResource(&mcp.Resource{URI: "pets://inventory", Name: "inventory", Description: "All pets of the store", MIMEType: "application/json"},
		h.inventory)

	// ... or a handler is started only with the values that it needs.
	mcp.AddTool(srv, &mcp.Tool{Name: "whoami", Description: "Say whose account of the store this is", Annotations: safe},
		gosdk.Tool(v.Login, "Say who you are", h.whoAmI))
	mcp.AddTool(srv, &mcp.Tool{Name: "leak_check", Description: "Try to show the API key, which must not work", Annotations: safe},
		gosdk.Tool(v.APIKey, "Check that no result shows the key", h.leakCheck))

	gosdk.Install(srv, v.Manager)
	return srv
}

// What tools are called with and return. The SDK makes their schemas of these.
type (
	none  struct{}
	petID struct {
		ID      int    `json:"id" jsonschema:"The pet's id"`
		Account string `json:"account,omitempty"`
	}
	newPet struct {
		Name    string `json:"name"`
		Species string `json:"species"`
		Age     int    `json:"age,omitempty"`
	}
)

// In each handler the SDK makes the tool's result of what it returns, also of an error.

// listPets declares no schema of its result: in the SDK's a list may be null, which some clients don't understand.
func (h handlers) listPets(ctx context.Context, _ *mcp.CallToolRequest, _ none) (*mcp.CallToolResult, any, error) {
	pets, err := h.store.ListPets(ctx)
	return nil, map[string][]api.Pet{"pets": pets}, err // structured content is an object
}

func (h handlers) getPet(ctx context.Context, _ *mcp.CallToolRequest, in petID) (*mcp.CallToolResult, api.Pet, error) {
	ctx, err := h.manager.Account(ctx, in.Account)
	if err != nil {
		return nil, api.Pet{}, err
	}
	pet, err := h.store.GetPet(ctx, in.ID)
	return nil, pet, err
}

func (h handlers) createPet(ctx context.Context, _ *mcp.CallToolRequest, in newPet) (*mcp.CallToolResult, api.Pet, error) {
	pet, err := h.store.CreatePet(ctx, api.Pet{Name: in.Name, Species: in.Species, Age: in.Age})
	return nil, pet, err
}

func (h handlers) whoAmI(ctx context.Context, _ *mcp.CallToolRequest, _ none, login vault.LoginSecrets) (*mcp.CallToolResult, api.Account, error) {
	account, err := h.store.WhoAmI(ctx, login)
	return nil, account, err
}

func (h handlers) leakCheck(ctx context.Context, _ *mcp.CallToolRequest, _ none, key secrets.Secret) (*mcp.CallToolResult, map[string]map[string]string, error) {
	leaks, err := h.store.Leaks(ctx, key)
	return nil, leaks, err
}

func (h handlers) care(ctx context.Context, _ *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
	text, err := h.store.Care(ctx)
	if err != nil {
		return nil, err
	}
	return &mcp.GetPromptResult{
		Description: "Care for the pets",
		Messages:    []*mcp.PromptMessage{{Role: "user", Content: &mcp.TextContent{Text: text}}},
	}, nil
}

func (h handlers) inventory(ctx context.Context, request *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
	text, err := h.store.Inventory(ctx)
	if err != nil {
		return nil, err
	}
	return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{
		{URI: request.Params.URI, MIMEType: "application/json", Text: text},
	}}, nil
}

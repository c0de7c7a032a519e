package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/vault"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
)

// A petStore has the handlers.
type petStore struct {
	vault *vault.Secrets
	api   *url.URL // where base_url is not set
}

// newServer returns the MCP server. The vault's option goes first, so that what it does is outermost.
func newServer(v *vault.Secrets, api *url.URL) *server.MCPServer {
	s := &petStore{v, api}
	srv := server.NewMCPServer("petstore", "1.0.0", mcpgo.Option(v.Manager))

	// A handler can call a getter where it needs it ...
	srv.AddTool(mcp.NewTool("list_pets", mcp.WithDescription("List the pets of the store"),
		mcp.WithReadOnlyHintAnnotation(true), mcp.WithDestructiveHintAnnotation(false)), s.listPets)
	srv.AddTool(mcp.NewTool("get_pet", mcp.WithDescription("Get one pet of the store"),
		mcp.WithReadOnlyHintAnnotation(true), mcp.WithDestructiveHintAnnotation(false),
		mcp.WithInteger("id", mcp.Required(), mcp.Description("The pet's id"))), s.getPet)

	// ... or be started only with what it needs.
	srv.AddTool(mcp.NewTool("create_pet", mcp.WithDescription("Add a pet to the store"),
		mcp.WithString("name", mcp.Required()), mcp.WithString("species", mcp.Required()), mcp.WithInteger("age")),
		mcpgo.Tool(v.NewPet, "Add a pet to your store", s.createPet))
	srv.AddTool(mcp.NewTool("whoami", mcp.WithDescription("Say whose account of the store this is"),
		mcp.WithReadOnlyHintAnnotation(true), mcp.WithDestructiveHintAnnotation(false)),
		mcpgo.Tool(v.Login, "Say who you are", s.whoAmI))
	srv.AddTool(mcp.NewTool("leak_check", mcp.WithDescription("Try to show the API key, which must not work"),
		mcp.WithReadOnlyHintAnnotation(true), mcp.WithDestructiveHintAnnotation(false)),
		mcpgo.Tool(v.APIKey, "Check that no result shows the key", leakCheck))
	srv.AddPrompt(mcp.NewPrompt("care", mcp.WithPromptDescription("How to care for the pets of the store")),
		mcpgo.Prompt(v.APIKey, "Write about the pets of your store", s.care))
	srv.AddResource(mcp.NewResource("pets://inventory", "inventory", mcp.WithResourceDescription("All pets of the store"),
		mcp.WithMIMEType("application/json")),
		mcpgo.Resource(v.APIKey, "Read the inventory of your store", s.inventory))
	return srv
}

func (s *petStore) listPets(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	key, err := s.vault.APIKey(ctx, "List the pets of your store")
	if err != nil {
		return nil, err // says what the user can do, and becomes a result that a model can read
	}
	pets, err := s.pets(ctx, key)
	return result(map[string][]pet{"pets": pets}, err) // structured content is an object
}

func (s *petStore) getPet(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	id, err := request.RequireInt("id")
	if err != nil {
		return mcp.NewToolResultError(err.Error()), nil
	}
	key, err := s.vault.APIKey(ctx, "Read one pet of your store")
	if err != nil {
		return nil, err
	}
	var p pet
	err = s.call(ctx, key, http.MethodGet, "pets/"+strconv.Itoa(id), nil, &p)
	return result(p, err)
}

// createPet is given the values of the group: it never runs without them.
func (s *petStore) createPet(ctx context.Context, request mcp.CallToolRequest, v vault.NewPetSecrets) (*mcp.CallToolResult, error) {
	p := pet{
		Name:    request.GetString("name", ""),
		Species: request.GetString("species", ""),
		Age:     request.GetInt("age", 0),
		Contact: v.Contact.Or(""), // an optional one
	}
	err := s.call(ctx, v.APIKey, http.MethodPost, "pets", p, &p)
	return result(p, err)
}

func (s *petStore) whoAmI(ctx context.Context, _ mcp.CallToolRequest, login vault.LoginSecrets) (*mcp.CallToolResult, error) {
	request, err := s.request(ctx, http.MethodGet, "account", nil)
	if err != nil {
		return nil, err
	}
	request.SetBasicAuth(login.Username, login.Password.Reveal())
	s.vault.Manager.Mask(ctx, request.Header.Get("Authorization")) // made of the password, and as secret
	var a account
	err = send(request, &a)
	if errors.Is(err, errUnauthorized) {
		_ = s.vault.Manager.Reject(ctx, vault.KeyUsername, "The pet store does not know this name and password.")
		err = s.vault.Manager.Reject(ctx, vault.KeyPassword, "The pet store does not know this name and password.")
	}
	return result(a, err)
}

func (s *petStore) care(ctx context.Context, _ mcp.GetPromptRequest, key secrets.Secret) (*mcp.GetPromptResult, error) {
	pets, err := s.pets(ctx, key)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	text.WriteString("Say in a few words how to care for each of these pets:\n")
	for _, p := range pets {
		fmt.Fprintf(&text, "- %s (%s, %d years old)\n", p.Name, p.Species, p.Age)
	}
	return mcp.NewGetPromptResult("Care for the pets", []mcp.PromptMessage{
		mcp.NewPromptMessage(mcp.RoleUser, mcp.NewTextContent(text.String())),
	}), nil
}

func (s *petStore) inventory(ctx context.Context, request mcp.ReadResourceRequest, key secrets.Secret) ([]mcp.ResourceContents, error) {
	pets, err := s.pets(ctx, key)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(pets)
	return []mcp.ResourceContents{mcp.TextResourceContents{URI: request.Params.URI, MIMEType: "application/json", Text: string(text)}}, err
}

// leakCheck gives the key away, as a tool might by mistake. What arrives is masked.
func leakCheck(_ context.Context, _ mcp.CallToolRequest, key secrets.Secret) (*mcp.CallToolResult, error) {
	return mcp.NewToolResultJSON(leaks(key.Reveal()))
}

// leaks are ways in which a key turns up in results.
func leaks(key string) map[string]string {
	inJSON, _ := json.Marshal(map[string]string{"key": key}) // always works
	return map[string]string{
		"printed":    "the key is " + key + ".",
		"header":     "Authorization: Bearer " + key,
		"query":      "https://petstore.example/pets?" + url.Values{"key": {key}}.Encode(),
		"json":       string(inJSON),
		"base64":     base64.StdEncoding.EncodeToString([]byte(key)),
		"base64 url": base64.RawURLEncoding.EncodeToString([]byte("keeper:" + key)),
		"hex":        hex.EncodeToString([]byte(key)),
		"HEX":        strings.ToUpper(hex.EncodeToString([]byte(key))),
		"percent":    "%" + strings.Join(strings.Split(fmt.Sprintf("% x", key), " "), "%"),
		"first half": key[:len(key)/2+len("pets-")],
	}
}

// pets asks the store for all pets, in the order that the user has set.
func (s *petStore) pets(ctx context.Context, key secrets.Secret) ([]pet, error) {
	order, err := s.vault.Order(ctx)
	if err != nil {
		return nil, err
	}
	var pets []pet
	err = s.call(ctx, key, http.MethodGet, "pets?order="+string(order), nil, &pets)
	return pets, err
}

// call asks the store, with the key, and decodes its answer. If the store does not take the key, the next getter asks the
// user for another one, and says why.
func (s *petStore) call(ctx context.Context, key secrets.Secret, method, path string, body, answer any) error {
	request, err := s.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+key.Reveal())
	err = send(request, answer)
	if errors.Is(err, errUnauthorized) {
		return s.vault.Manager.Reject(ctx, vault.KeyAPIKey, "The pet store does not know this key.")
	}
	return err
}

// request makes a request to the store: the one that the user has set, else the one that the server was started with.
func (s *petStore) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	baseURL, err := s.vault.BaseURL(ctx)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	base := strings.TrimSuffix(baseURL.Or(s.api).String(), "/")
	return http.NewRequestWithContext(ctx, method, base+"/"+path, bytes.NewReader(text))
}

// httpClient follows no redirect: the user was told where the key goes.
var httpClient = &http.Client{
	Timeout:       10 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

var errUnauthorized = errors.New("the pet store does not know you")

// send sends the request and decodes the answer.
func send(request *http.Request, answer any) error {
	response, err := httpClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	switch {
	case err != nil:
		return err
	case response.StatusCode == http.StatusUnauthorized:
		return errUnauthorized
	case response.StatusCode >= 300:
		return fmt.Errorf("the pet store says: %s: %s", response.Status, bytes.TrimSpace(text))
	}
	return json.Unmarshal(text, answer)
}

// result is what a tool returns. An error becomes a result too: one of JSON-RPC may never reach the model.
func result(v any, err error) (*mcp.CallToolResult, error) {
	if err != nil {
		return mcp.NewToolResultError(err.Error()), nil
	}
	return mcp.NewToolResultJSON(v)
}

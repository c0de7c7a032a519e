// Package main calls the getters of its own want folder in every way in which a reason can be given.
package main

import (
	"context"
	"errors"

	"github.com/mark3labs/mcp-go/mcp"

	ours "github.com/mcpsecrets/mcpsecrets/runtime"
	adapter "github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
	vault "github.com/mcpsecrets/mcpsecrets/testdata/golden/reasons/want"
)

const (
	prefix                = "Read "
	readStore             = prefix + "your store"
	typed     ours.Reason = "Write your store"
)

func calls(ctx context.Context, v *vault.Secrets, passedOn ours.Reason) error {
	const local = "Local reason"
	_, err1 := v.APIKey(ctx, "Read one pet")
	_, err2 := v.APIKey(ctx, "Read one pet")
	_, err3 := v.APIKey(ctx, (readStore))
	_, err4 := v.APIKey(ctx, ours.Reason("Converted"))
	_, err5 := v.Contact(ctx, typed)
	_, err6 := v.Contact(ctx, local+` and more`)
	_, err7 := v.Username(ctx, passedOn)
	_, err8 := v.All(ctx, "Everything at once")
	_, err9 := v.BaseURL(ctx)
	_, err10 := v.Username(v.Manager.Background(ctx), "Work before the first call")
	return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10)
}

func main() {
	v, err := vault.OpenSecrets()
	if err != nil {
		panic(err)
	}
	_ = calls(context.Background(), v, "Passed on")
	_ = shadowed(context.Background(), v, "Passed on")
	_ = others()
	_ = adapter.Tool(v.Login, "Say who you are", func(context.Context, mcp.CallToolRequest, vault.LoginSecrets) (*mcp.CallToolResult, error) {
		return nil, nil
	})
	_ = adapter.Prompt(v.Contact, "Write a letter", func(context.Context, mcp.GetPromptRequest, ours.Optional[string]) (*mcp.GetPromptResult, error) {
		return nil, nil
	})
	_ = adapter.Resource(v.APIKey, "List the inventory", func(context.Context, mcp.ReadResourceRequest, ours.Secret) ([]mcp.ResourceContents, error) {
		return nil, nil
	})
	official(v)
}

// client has methods that are called like getters and are none: nothing of them is a reason.
type client struct{}

func (client) Login(user, password string) error      { return nil }
func (client) All(rows *[]string, query string) error { return nil }

func others() error {
	var rows []string
	return errors.Join(client{}.Login("bob", "hunter2"), client{}.Login("bob", ""), client{}.All(&rows, "select * from pets"))
}

func shadowed(ctx context.Context, v *vault.Secrets, readStore ours.Reason) error {
	_, err := v.Username(ctx, readStore)
	return err
}

package secrets

import (
	"context"
	"errors"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcpsecrets/mcpsecrets/runtime/wording"
)

// AddTools adds three tools to a server, so that its user can ask the model for what [Manager.Command] does in a terminal:
// secrets_status says which secrets are set, secrets_set opens the dialog that asks for one, and secrets_forget removes one
// once the user has allowed that in a dialog. They take and return names, never values.
func (m *Manager) AddTools(srv *server.MCPServer) {
	name := mcp.WithString("name", mcp.Required(), mcp.Enum(m.secretNames()...), mcp.Description("The name of the secret"))
	srv.AddTool(mcp.NewTool("secrets_status", mcp.WithReadOnlyHintAnnotation(true),
		mcp.WithDescription("Say which secrets of this server are set. Values are never told.")), m.statusTool)
	srv.AddTool(mcp.NewTool("secrets_set", mcp.WithDestructiveHintAnnotation(true), name,
		mcp.WithDescription("Open a window on the server's computer in which the user types a new value for a secret. Use it only if the user asks for it.")),
		m.namedTool(m.setTool))
	srv.AddTool(mcp.NewTool("secrets_forget", mcp.WithDestructiveHintAnnotation(true), name,
		mcp.WithDescription("Remove a stored secret, once the user has allowed that in a window. Use it only if the user asks for it.")),
		m.namedTool(m.forgetTool))
}

// statusOf is what secrets_status says of one secret.
type statusOf struct {
	Name     string `json:"name"`
	Label    string `json:"label"`
	Required bool   `json:"required"`
	Set      bool   `json:"set"`
}

func (m *Manager) statusTool(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	list := make([]statusOf, len(m.ordered))
	for i, def := range m.ordered {
		_, err := m.lookup(ctx, def)
		if err != nil && !errors.Is(err, ErrNotSet) {
			return toolResult(nil, m.fail(err, def))
		}
		list[i] = statusOf{def.Name, def.Label, def.Required, err == nil}
	}
	return mcp.NewToolResultJSON(map[string]any{"secrets": list})
}

// namedTool makes a handler of what is done with the secret that the argument names.
func (m *Manager) namedTool(do func(context.Context, *call, *definition) (string, error)) server.ToolHandlerFunc {
	return func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		def := m.names[request.GetString("name", "")]
		if err := m.admit(def); err != nil {
			return toolResult(nil, err)
		}
		ctx = withRequest(ctx, "tool", request.Params.Name)
		c := m.call(ctx)
		if c.who.kind == stranger {
			return toolResult(nil, m.fail(ErrOutsideCall, def))
		}
		text, err := do(ctx, c, def)
		if err != nil {
			return toolResult(nil, m.fail(err, def))
		}
		return mcp.NewToolResultText(text), nil
	}
}

func (m *Manager) setTool(ctx context.Context, c *call, def *definition) (string, error) {
	// On 2026-07-28 the request comes again with the comparison of the codes, perhaps after the dialog was done.
	if !c.hasStored(def) {
		if err := m.collect(ctx, c, []*definition{def}, replacing); err != nil {
			return "", err
		}
	}
	return wording.Fill(m.sentences.Notices.Stored, wording.Values{"secret": def.Name}), nil
}

func (m *Manager) forgetTool(ctx context.Context, _ *call, def *definition) (string, error) {
	if err := m.refused(permission, principal{}, []*definition{def}); err != nil {
		return "", err
	}
	if err := m.askToForget(ctx, def); err != nil {
		if isRefusal(err) && ctx.Err() == nil {
			m.refuse(permission, principal{}, []*definition{def}, err)
		}
		return "", m.failAsking(err, []*definition{def})
	}
	if err := m.remove(ctx, def); err != nil {
		return "", err
	}
	return wording.Fill(m.sentences.Notices.Forgotten, wording.Values{"secret": def.Name}), nil
}

// askToForget returns nil once the person at this computer has allowed the removal. The MCP client's word is not enough.
func (m *Manager) askToForget(ctx context.Context, def *definition) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, ErrDismissed)
	defer cancel()
	leave, err := m.queue(ctx)
	if err != nil {
		return err
	}
	defer leave()
	unlock, err := m.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	q := m.sentences.Question
	answer, err := m.asker.Ask(ctx, Question{
		Title: wording.Fill(q.Title, wording.Values{"server": m.server}),
		Text: strings.Join([]string{
			wording.Fill(q.Forget, wording.Values{"server": m.server, "label": fitting(def.Field).Label}), q.OnlyOnce,
		}, "\n\n"),
		Allow: q.Allow,
		Deny:  q.Deny,
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return err
	case answer != AllowOnce:
		return ErrDenied
	}
	return nil
}

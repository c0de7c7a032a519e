package secrets

import (
	"context"
	"errors"
	"log/slog"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
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

func (m *Manager) statusTool(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	leave, err := m.enterTool(withRequest(ctx, "tool", request.Params.Name))
	if err != nil {
		return toolResult(nil, err)
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, patience) // the keychain may be asking the user to unlock it
	defer cancel()
	list := make([]statusOf, len(m.ordered))
	for i, def := range m.ordered {
		_, err := m.lookup(ctx, def)
		if err != nil && !errors.Is(err, ErrNotSet) {
			return toolResult(nil, m.fail(inQueue(err), def))
		}
		list[i] = statusOf{def.Name, def.Label, def.Required, err == nil}
	}
	return mcp.NewToolResultJSON(map[string]any{"secrets": list})
}

// enterTool lets in a call of one of these tools, as a getter's: not a stranger's, and not too many at a time.
func (m *Manager) enterTool(ctx context.Context, defs ...*definition) (leave func(), err error) {
	if err := m.admit(defs...); err != nil {
		return nil, err
	}
	if m.call(ctx).who.kind == stranger {
		return nil, m.fail(ErrOutsideCall, defs...)
	}
	if leave, err = m.takeSeat(); err != nil {
		return nil, m.fail(err, defs...)
	}
	return leave, nil
}

// namedTool makes a handler of what is done with the secret that the argument names.
func (m *Manager) namedTool(do func(context.Context, *call, *definition) (string, error)) server.ToolHandlerFunc {
	return func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		def := m.names[request.GetString("name", "")]
		ctx = withRequest(ctx, "tool", request.Params.Name)
		leave, err := m.enterTool(ctx, def)
		if err != nil {
			return toolResult(nil, err)
		}
		defer leave()
		sentence, err := do(ctx, m.call(ctx), def)
		if err != nil {
			return toolResult(nil, m.fail(err, def))
		}
		return mcp.NewToolResultText(wording.Fill(sentence, wording.Values{"secret": def.Name})), nil
	}
}

func (m *Manager) setTool(ctx context.Context, c *call, def *definition) (sentence string, err error) {
	// The request may come again after its dialog was done: on 2026-07-28 with the comparison of the codes, from older
	// clients because they were told to call again.
	if replaced := m.takeReplaced(def); !replaced && !c.hasStored(def) {
		if err := m.collect(ctx, c, []*definition{def}, replacing); err != nil {
			return "", err
		}
	}
	if _, err := m.lookup(ctx, def); errors.Is(err, ErrNotSet) {
		return m.sentences.Notices.Forgotten, nil // an optional one was left empty
	}
	return m.sentences.Notices.Stored, nil
}

// A removal asks the user whether a value may be removed, and removes it. Calls that want the same join it.
type removal struct {
	done chan struct{} // closed once err is there
	err  error
}

func (m *Manager) forgetTool(ctx context.Context, c *call, def *definition) (sentence string, err error) {
	r, err := m.joinRemoval(c, def)
	if err != nil {
		return "", err
	}
	if err := m.wait(ctx, c, r.done); err != nil {
		return "", err
	}
	return m.sentences.Notices.Forgotten, r.err
}

func (m *Manager) joinRemoval(c *call, def *definition) (*removal, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.removals[def]; r != nil {
		return r, nil
	}
	if err := m.remembered(permission, principal{}, []*definition{def}); err != nil {
		return nil, err
	}
	r := &removal{done: make(chan struct{})}
	err := m.start(openFor, func(ctx context.Context) {
		r.err = m.askAndRemove(ctx, c.who, def)
		m.mu.Lock()
		delete(m.removals, def)
		m.mu.Unlock()
		close(r.done)
	})
	if err != nil {
		return nil, err
	}
	m.removals[def] = r
	return r, nil
}

// askAndRemove removes the value once the person at this computer has allowed it. The MCP client's word is not enough.
func (m *Manager) askAndRemove(ctx context.Context, who principal, def *definition) error {
	pass, err := m.queue(ctx, who)
	if err != nil {
		return m.fail(err, def)
	}
	defer pass()
	leave, err := m.screen(ctx)
	if err != nil {
		return m.fail(err, def)
	}
	defer leave()
	q := m.sentences.Question
	answer, err := m.asker.Ask(ctx, Question{
		Title: wording.Fill(q.Title, wording.Values{"server": m.server}),
		Text:  wording.Fill(q.Forget, wording.Values{"server": m.server, "label": fitting(def.Field).Label}),
		Allow: q.Allow,
		Deny:  q.Deny,
	})
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		err = ErrDismissed
	case err == nil && answer != AllowOnce:
		err = ErrDenied
	case err == nil && ctx.Err() != nil:
		err = ErrClosed
	}
	if err != nil {
		if isRefusal(err) {
			m.refuse(permission, principal{}, []*definition{def}, err)
		}
		return m.failAsking(err, []*definition{def})
	}
	m.log.LogAttrs(ctx, slog.LevelInfo, "secret removed", slog.String("server", m.server), slog.String("secret", def.Name))
	return m.fail(m.remove(ctx, def), def)
}

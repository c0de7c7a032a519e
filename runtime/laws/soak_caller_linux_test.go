package laws

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// A caller is one principal's client over HTTP. It is none of an SDK's, since those do no wrong.
type caller struct {
	url     string
	who     string
	http    *http.Client
	session string // of a revision before 2026-07-28
	ids     *atomic.Int64
}

// A message is what a server sends, as far as it matters here.
type message struct {
	ID     json.RawMessage
	Method string
	Result struct {
		ResultType   string
		RequestState string
		IsError      bool
		Content      []struct{ Text string }
	}
	Error *struct{ Message string }
}

func (m message) text() string {
	if m.Error != nil {
		return m.Error.Message
	}
	var text strings.Builder
	for _, part := range m.Result.Content {
		text.WriteString(part.Text)
	}
	return text.String()
}

// object is a JSON object.
type object = map[string]any

const modern = "2026-07-28"

// send posts a message and returns the response. Its body is the caller's to close.
func (c *caller) send(ctx context.Context, method string, body object) (*http.Response, error) {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.url, reader)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Authorization", "Bearer "+c.who)
	if c.session != "" {
		r.Header.Set("Mcp-Session-Id", c.session)
		r.Header.Set("Mcp-Protocol-Version", "2025-11-25")
	} else if params, ok := body["params"].(object); ok && params["_meta"] != nil {
		name, _ := params["name"].(string)
		r.Header.Set("Mcp-Protocol-Version", modern)
		r.Header.Set("Mcp-Method", "tools/call")
		r.Header.Set("Mcp-Name", name)
	}
	return c.http.Do(r)
}

// post sends a message and reads the messages that come back until next says that it has enough, or they end.
func (c *caller) post(ctx context.Context, body object, next func(message) (more bool)) error {
	response, err := c.send(ctx, http.MethodPost, body)
	if err != nil {
		return err
	}
	return messagesOf(response, next)
}

// messagesOf reads the messages of a response: one, or a stream of them.
func messagesOf(response *http.Response, next func(message) (more bool)) error {
	defer response.Body.Close()
	isStream := strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream")
	lines := bufio.NewReader(response.Body)
	for {
		line, err := lines.ReadBytes('\n')
		if isStream {
			line, _ = bytes.CutPrefix(line, []byte("data:"))
		}
		var m message
		if json.Unmarshal(line, &m) == nil && !next(m) {
			return nil
		}
		if err == io.EOF && response.StatusCode >= 400 {
			return fmt.Errorf("%s: %s", response.Status, line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// call calls a tool on 2026-07-28, perhaps with what the answers of an earlier round are.
func (c *caller) call(ctx context.Context, tool string, arguments object, state string, answer object) (got message, err error) {
	params := object{"name": tool, "arguments": arguments, "_meta": object{
		"io.modelcontextprotocol/protocolVersion":    modern,
		"io.modelcontextprotocol/clientInfo":         object{"name": "caller", "version": "1"},
		"io.modelcontextprotocol/clientCapabilities": object{"elicitation": object{"form": object{}}},
	}}
	if state != "" {
		params["requestState"] = state
	}
	if answer != nil {
		params["inputResponses"] = object{"permission": answer, "codes0": answer}
	}
	err = c.post(ctx, object{"jsonrpc": "2.0", "id": c.ids.Add(1), "method": "tools/call", "params": params}, func(m message) bool {
		got = m
		return true
	})
	return got, err
}

// begin begins a session of 2025-11-25.
func (c *caller) begin(ctx context.Context) error {
	response, err := c.send(ctx, http.MethodPost, object{"jsonrpc": "2.0", "id": c.ids.Add(1), "method": "initialize",
		"params": object{
			"protocolVersion": "2025-11-25",
			"capabilities":    object{"elicitation": object{}},
			"clientInfo":      object{"name": "caller", "version": "1"},
		}})
	if err != nil {
		return err
	}
	if err := messagesOf(response, func(message) bool { return true }); err != nil {
		return err
	}
	if c.session = response.Header.Get("Mcp-Session-Id"); c.session == "" {
		return fmt.Errorf("no session: %s", response.Status)
	}
	return c.post(ctx, object{"jsonrpc": "2.0", "method": "notifications/initialized"}, func(message) bool { return true })
}

// callInPlace calls a tool in a session; asked is told of forms meanwhile.
func (c *caller) callInPlace(ctx context.Context, id int64, tool string, asked func(message) (stay bool)) (got message, err error) {
	params := object{"name": tool, "arguments": object{}}
	err = c.post(ctx, object{"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}, func(m message) bool {
		if m.Method == "elicitation/create" {
			return asked(m)
		}
		got = m
		return true
	})
	return got, err
}

// answer answers a form of a session.
func (c *caller) answer(ctx context.Context, form message, outcome object) error {
	body := object{"jsonrpc": "2.0", "id": form.ID}
	for name, value := range outcome {
		body[name] = value
	}
	return c.post(ctx, body, func(message) bool { return true })
}

// end ends the session. Before, the user comes back to it, and declines what it still asks for.
func (c *caller) end(ctx context.Context, unanswered []message) error {
	for _, form := range unanswered {
		_ = c.answer(ctx, form, object{"result": object{"action": "decline"}}) // it may be over
	}
	listening, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if response, err := c.send(listening, http.MethodGet, nil); err == nil {
		_ = messagesOf(response, func(m message) bool { // until the time is over
			if m.Method == "elicitation/create" {
				_ = c.answer(ctx, m, object{"result": object{"action": "decline"}})
			}
			return true
		})
	}
	response, err := c.send(ctx, http.MethodDelete, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusNoContent {
		return fmt.Errorf("DELETE: %s", response.Status)
	}
	return nil
}

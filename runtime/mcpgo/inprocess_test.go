package mcpgo_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// inProcess connects a client of the official SDK to a server of mcp-go in the same process, as mcp-go's own in-process client
// is connected: messages are function calls.
type inProcess struct {
	srv     *server.MCPServer
	session *server.InProcessSession
	read    chan jsonrpc.Message
	closed  chan struct{}
	once    sync.Once

	mu      sync.Mutex
	asked   int
	answers map[string]chan *jsonrpc.Response // to what the client was asked
}

// Connect implements sdk.Transport.
func (c *inProcess) Connect(ctx context.Context) (sdk.Connection, error) {
	c.read, c.closed, c.answers = make(chan jsonrpc.Message), make(chan struct{}), map[string]chan *jsonrpc.Response{}
	c.session = server.NewInProcessSessionWithHandlers(server.GenerateInProcessSessionID(), nil, c, nil)
	if err := c.srv.RegisterSession(ctx, c.session); err != nil {
		return nil, err
	}
	go func() {
		for {
			select {
			case notification := <-c.session.ClientNotifications():
				if _, err := json.Marshal(notification); err == nil { // else mcp-go's transports drop it, too
					c.deliver(notification)
				}
			case <-c.closed:
				return
			}
		}
	}()
	return c, nil
}

// Read implements sdk.Connection.
func (c *inProcess) Read(ctx context.Context) (jsonrpc.Message, error) {
	select {
	case message := <-c.read:
		return message, nil
	case <-c.closed:
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Write implements sdk.Connection.
func (c *inProcess) Write(ctx context.Context, message jsonrpc.Message) error {
	if answer, ok := message.(*jsonrpc.Response); ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		if to := c.answers[answer.ID.Raw().(string)]; to != nil {
			to <- answer
		}
		return nil
	}
	text, err := jsonrpc.EncodeMessage(message)
	if err != nil {
		return err
	}
	call := c.srv.WithContext(context.WithoutCancel(ctx), c.session)
	go func() {
		if response := c.srv.HandleMessage(call, text); response != nil {
			c.deliver(response)
		}
	}()
	return nil
}

// deliver has the client read a message of the server.
func (c *inProcess) deliver(from any) {
	text, err := json.Marshal(from)
	if err != nil {
		panic(err)
	}
	message, err := jsonrpc.DecodeMessage(text)
	if err != nil {
		panic(err)
	}
	select {
	case c.read <- message:
	case <-c.closed:
	}
}

// Elicit implements server.ElicitationHandler.
func (c *inProcess) Elicit(ctx context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	answer := make(chan *jsonrpc.Response, 1)
	c.mu.Lock()
	c.asked++
	id := "ask" + strconv.Itoa(c.asked)
	c.answers[id] = answer
	c.mu.Unlock()
	c.deliver(map[string]any{"jsonrpc": "2.0", "id": id, "method": "elicitation/create", "params": request.Params})
	select {
	case response := <-answer:
		if response.Error != nil {
			return nil, response.Error
		}
		result := new(mcp.ElicitationResult)
		return result, json.Unmarshal(response.Result, result)
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.closed:
		return nil, errors.New("the client has gone")
	}
}

// Close implements sdk.Connection.
func (c *inProcess) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.srv.UnregisterSession(context.Background(), c.session.SessionID())
	})
	return nil
}

// SessionID implements sdk.Connection.
func (c *inProcess) SessionID() string { return "" }

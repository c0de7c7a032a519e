// Package tracker is a server as there are many: a client of a ticket tracker's API that knows no context (client.go), twenty tools that
// use it (tools.go), and what makes the one and serves the others (server.go). It shows what changes when the API token no longer comes
// from the environment: nothing in the first two files. The test runs all tools both ways.
package tracker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// A Client asks the API of a tracker.
type Client struct {
	address string
	http    *http.Client
}

// New returns a client of the tracker at an address, whose requests http sends.
func New(address string, http *http.Client) *Client {
	return &Client{strings.TrimSuffix(address, "/"), http}
}

// Get returns what is at a path.
func (c *Client) Get(path ...string) (any, error) { return c.do(http.MethodGet, path, nil, nil) }

// Find returns what a query finds at a path.
func (c *Client) Find(query url.Values, path ...string) (any, error) {
	return c.do(http.MethodGet, path, query, nil)
}

// Add adds something at a path, and returns it.
func (c *Client) Add(what any, path ...string) (any, error) {
	return c.do(http.MethodPost, path, nil, what)
}

// Change replaces what is at a path, and returns it.
func (c *Client) Change(what any, path ...string) (any, error) {
	return c.do(http.MethodPut, path, nil, what)
}

// Remove removes what is at a path.
func (c *Client) Remove(path ...string) (any, error) {
	return c.do(http.MethodDelete, path, nil, nil)
}

// do sends a request, which has no context, and decodes the answer.
func (c *Client) do(method string, path []string, query url.Values, body any) (answer any, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	address := c.address
	for _, part := range path {
		address += "/" + url.PathEscape(part)
	}
	request, err := http.NewRequest(method, address+"?"+query.Encode(), bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the tracker says %s", response.Status)
	}
	err = json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer)
	return answer, err
}

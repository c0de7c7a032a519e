package e2e

import (
	"context"
	"slices"
	"strings"
	"time"
)

// A client is one that has connected.
type client interface {
	revision() string
	tools(context.Context) ([]string, error)
	call(ctx context.Context, tool string, arguments map[string]any) (said, error)
	close() error
}

// said is what a tool returned.
type said struct {
	Text    string `json:"text"`
	IsError bool   `json:"isError"`
}

// ask shows a form to the user and waits for the answer. Clients call it.
type ask func(ctx context.Context, message string, schema any) (answer string, err error)

// A visit is one connection of the client, with a server of its own.
type visit struct {
	*place
	user   *user
	client client
	end    func() // ends a server over HTTP
}

// visit connects a client to a server whose pet store takes the key. env is in the server's environment, besides the desktop's.
func (p *place) visit(transport, key string, env ...string) *visit {
	p.t.Helper()
	v := &visit{place: p, user: &user{place: p, forms: make(chan form, 10)}}
	s, end := p.serve(transport, key, env...)
	v.end = end
	connect := connectNode
	if p.guest.script == "" {
		connect = connectGo
	}
	var err error
	v.client, err = connect(p, s, v.show)
	p.must(err)
	p.t.Cleanup(func() { _ = v.client.close() }) // again, or after a failure
	if got := v.client.revision(); got != p.guest.revision {
		p.t.Fatalf("the revision is %q, want %q", got, p.guest.revision)
	}
	return v
}

// show is called by clients.
func (v *visit) show(ctx context.Context, message string, schema any) (string, error) {
	answer := make(chan string, 1)
	v.user.forms <- form{message, schema, answer}
	select {
	case text := <-answer:
		return text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	case <-v.t.Context().Done(): // the test has failed: the client can be closed
		return "", v.t.Context().Err()
	}
}

// leaves ends client and server, which leave no window.
func (v *visit) leaves() {
	v.t.Helper()
	v.must(v.client.close())
	v.end()
	v.must(v.WaitNoWindow())
}

func (v *visit) lists(want []string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), patience)
	defer cancel()
	got, err := v.client.tools(ctx)
	slices.Sort(got)
	if err != nil || !slices.Equal(got, want) {
		v.t.Fatalf("tools %q, %v", got, err)
	}
}

// A call is one that waits for the user.
type call struct {
	*visit
	tool string
	done chan struct{} // closed once said and err are there
	said said
	err  error
}

func (v *visit) calls(tool string, arguments map[string]any) *call {
	c := &call{visit: v, tool: tool, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		ctx, cancel := context.WithTimeout(v.t.Context(), 3*patience)
		defer cancel()
		c.said, c.err = v.client.call(ctx, tool, arguments)
	}()
	return c
}

// says fails the test unless the tool succeeds with the words, and returns the whole result.
func (c *call) says(words string) string { c.t.Helper(); return c.ends(false, words) }

// fails fails the test unless the tool's result is an error with the words.
func (c *call) fails(words string) { c.t.Helper(); c.ends(true, words) }

// ends is says or fails, after which no window is left.
func (c *call) ends(isError bool, words string) string {
	c.t.Helper()
	text := c.returns(isError, words)
	c.must(c.WaitNoWindow())
	return text
}

// returns fails the test unless the tool has a result with the words, without a form, and returns the whole of it.
func (c *call) returns(isError bool, words string) string {
	c.t.Helper()
	select {
	case <-c.done:
	case f := <-c.user.forms:
		c.t.Fatalf("%s: the client shows %q", c.tool, f.message)
	case <-time.After(patience):
		open, _ := c.Dialog()
		c.t.Fatalf("%s: no result; dialog: %q", c.tool, open.Text)
	}
	if c.err != nil || c.said.IsError != isError || !strings.Contains(c.said.Text, words) {
		c.t.Fatalf("%s: got %+v, %v; want %q, error: %t", c.tool, c.said, c.err, words, isError)
	}
	return c.said.Text
}

package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The principals of one server share nothing: neither by what an SDK keeps under an id that a client chooses, or can guess,
// nor by what it tells everybody.

// private is what only ann may see.
const private = "for ann only"

// A caller is an HTTP client that writes its own messages.
type caller struct {
	t                   *testing.T
	url, token, version string
	session             string
	heard               lockedBuffer // all that was sent to it
}

type object = map[string]any

func (p *webPlace) caller(t *testing.T, token, version string) *caller {
	t.Helper()
	c := &caller{t: t, url: p.url, token: token, version: version}
	if version == modern {
		return c
	}
	hello := object{"protocolVersion": version, "capabilities": object{}, "clientInfo": object{"name": "raw", "version": "1"}}
	response := c.send(http.MethodPost, c.message(0, "initialize", hello), nil)
	_, _ = io.Copy(io.Discard, response.Body)
	if c.session = response.Header.Get("Mcp-Session-Id"); c.session == "" {
		t.Fatalf("no session: %s", response.Status)
	}
	c.post(c.message(nil, "notifications/initialized", object{}))
	c.post(c.message(1, "logging/setLevel", object{"level": logLevel}))
	return c
}

// message makes a message. Without an id it is a notification.
func (c *caller) message(id any, method string, params object) object {
	message := object{"jsonrpc": "2.0", "method": method, "params": params}
	if id != nil {
		message["id"] = id
	}
	if c.version == modern {
		meta, _ := params["_meta"].(object)
		if meta == nil {
			meta = object{}
			params["_meta"] = meta
		}
		meta["io.modelcontextprotocol/protocolVersion"] = modern
		meta["io.modelcontextprotocol/clientInfo"] = object{"name": "raw", "version": "1"}
		meta["io.modelcontextprotocol/clientCapabilities"] = object{}
		meta["io.modelcontextprotocol/logLevel"] = logLevel
	}
	return message
}

// send sends a request. Its headers are those of the caller, but for change.
func (c *caller) send(method string, message object, change http.Header) *http.Response {
	c.t.Helper()
	var body io.Reader
	if message != nil {
		text, err := json.Marshal(message)
		if err != nil {
			c.t.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url, body)
	if err != nil {
		c.t.Fatal(err)
	}
	set := func(name, value string) {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	set("Content-Type", "application/json")
	set("Accept", "application/json, text/event-stream")
	set("Mcp-Session-Id", c.session)
	if called, _ := message["method"].(string); called != "initialize" {
		set("Mcp-Protocol-Version", c.version)
		if c.version == modern {
			set("Mcp-Method", called)
			params, _ := message["params"].(object)
			name, _ := params["name"].(string)
			set("Mcp-Name", name)
		}
	}
	if c.token != "" {
		set("Authorization", "Bearer "+c.token)
	}
	for name := range change {
		set(name, change.Get(name))
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.TeeReader(response.Body, &c.heard), response.Body}
	c.t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// post posts a message and returns the status and the text of its answer.
func (c *caller) post(message object) (status int, text string) {
	c.t.Helper()
	return c.whole(c.send(http.MethodPost, message, nil))
}

func (c *caller) whole(response *http.Response) (status int, text string) {
	body, _ := io.ReadAll(response.Body) // what came until the end
	return response.StatusCode, string(body)
}

// later posts a message whose answer takes a while. The channel has the text once it is there.
func (c *caller) later(message object) <-chan string {
	answers := make(chan string, 1)
	go func() {
		_, text := c.post(message)
		answers <- text
	}()
	return answers
}

// listen opens the stream by which the caller hears what the server says of its own accord.
func (c *caller) listen() {
	var response *http.Response
	if c.version == modern {
		all := object{"toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true}
		response = c.send(http.MethodPost, c.message("ears", "subscriptions/listen", object{"notifications": all}), nil)
	} else {
		response = c.send(http.MethodGet, nil, nil)
	}
	if response.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: listening: %s", c.version, response.Status)
	}
	go func() { _, _ = io.Copy(io.Discard, response.Body) }()
}

func (c *caller) call(id any, arguments object) object {
	return c.message(id, "tools/call", object{"name": "wait", "arguments": arguments, "_meta": object{"progressToken": arguments["id"]}})
}

func (s suite) principalsAreApart(t *testing.T) {
	for _, token := range []string{"mallory", ""} {
		for _, hers := range versions {
			for _, theirs := range versions {
				t.Run(fmt.Sprintf("%q on %s, ann on %s", token, theirs, hers), func(t *testing.T) {
					t.Parallel()
					p := openHTTP(t, s.newWorld(t))
					ann, mallory := p.caller(t, "ann", hers), p.caller(t, token, theirs)
					mallory.listen()
					own := mallory.later(mallory.call(70, object{"id": "own"}))
					eventually(t, "her call begins", func() bool { return p.waits("own") })

					answer := ann.later(ann.call(7, object{"id": private}))
					eventually(t, "ann's call begins", func() bool { return p.waits(private) })
					mallory.meddle(ann)
					p.free(private)
					if text := within(t, answer); !strings.Contains(text, "done: "+private) {
						t.Errorf("ann's call ended otherwise: %s", text)
					}
					if s.Tasks {
						p.tasksAreApart(t, ann, mallory)
					}
					p.free("own")
					if text := within(t, own); !strings.Contains(text, "done: own") {
						t.Errorf("her own call: %s", text)
					}
					eventually(t, "she hears what is hers", func() bool { return bytes.Contains(mallory.heard.bytes(), []byte("begun: own")) })
					if heard := string(mallory.heard.bytes()); strings.Contains(heard, private) {
						t.Errorf("%q heard %s", token, heard)
					}
					// What she tried is what works for who may.
					if hers != modern || s.Tasks {
						ended := ann.later(ann.call(8, object{"id": "her own"}))
						eventually(t, "her own call begins", func() bool { return p.waits("her own") })
						ann.post(ann.message(nil, "notifications/cancelled", object{"requestId": 8}))
						eventually(t, "it ends", func() bool { return !p.waits("her own") })
						within(t, ended)
					}
				})
			}
		}
	}
}

func within(t *testing.T, answers <-chan string) string {
	t.Helper()
	select {
	case text := <-answers:
		return text
	case <-time.After(time.Minute):
		t.Fatal("no answer")
		return ""
	}
}

// meddle tries all that could end, hear or take part in what another one does.
func (c *caller) meddle(other *caller) {
	c.t.Helper()
	for _, as := range []*caller{c, {t: c.t, url: c.url, token: c.token, version: modern}, {t: c.t, url: c.url, token: c.token, version: versions[1]}} {
		for _, session := range []string{"", other.session} {
			change := http.Header{}
			if session != "" {
				change.Set("Mcp-Session-Id", session)
			}
			for _, id := range []any{7, "7", 7.0, ":7", other.session + ":7"} {
				cancelled := as.message(nil, "notifications/cancelled", object{"requestId": id})
				_, text := c.whole(as.send(http.MethodPost, cancelled, change))
				if strings.Contains(text, private) {
					c.t.Errorf("cancelling %v: %s", id, text)
				}
				answer := object{"jsonrpc": "2.0", "id": id, "result": object{"action": "accept"}}
				c.whole(as.send(http.MethodPost, answer, change))
			}
			if session == "" {
				continue
			}
			// Only in a session of its own is a method served that is not served without one.
			for _, method := range []string{http.MethodGet, http.MethodDelete} {
				if response := as.send(method, nil, change); response.StatusCode < 400 {
					c.t.Errorf("%s in the session of another: %s", method, response.Status)
				}
			}
			change.Set("Last-Event-ID", "1")
			if response := as.send(http.MethodGet, nil, change); response.StatusCode < 400 {
				c.t.Errorf("the stream of another: %s", response.Status)
			}
		}
	}
}

// tasksAreApart has ann run a task that mallory knows the id of, and wants to see, to end, and to be told of.
func (p *webPlace) tasksAreApart(t *testing.T, ann, mallory *caller) {
	t.Helper()
	begin := ann.call(9, object{"id": private, "task": "true"})
	begin["params"].(object)["task"] = object{}
	_, text := ann.post(begin)
	found := taskID.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no task: %s", text)
	}
	task := found[1]
	eventually(t, "the task begins", func() bool { return p.waits(private) })
	for _, as := range []*caller{mallory, {t: t, url: p.url, token: mallory.token, version: modern}} {
		for _, method := range []string{"tasks/get", "tasks/cancel", "tasks/result", "tasks/list"} {
			for _, params := range []object{{"taskId": task}, {"TASKID": task}} {
				_, text := as.post(as.message(10, method, params))
				if strings.Contains(text, task) || strings.Contains(text, private) || strings.Contains(text, "working") {
					t.Errorf("%s of ann's task: %s", method, text)
				}
			}
		}
	}
	p.free(private)
	eventually(t, "the task is done", func() bool {
		_, text := ann.post(ann.message(11, "tasks/get", object{"taskId": task}))
		if !strings.Contains(text, task) {
			t.Fatalf("ann's own task: %s", text)
		}
		return strings.Contains(text, "completed")
	})
	if ann.version != modern { // which has neither
		if _, text := ann.post(ann.message(12, "tasks/list", object{})); !strings.Contains(text, task) {
			t.Errorf("ann's own tasks: %s", text)
		}
		if _, text := ann.post(ann.message(13, "tasks/result", object{"taskId": task})); !strings.Contains(text, "done: "+private) {
			t.Errorf("the result of ann's own task: %s", text)
		}
	}
	if heard := string(mallory.heard.bytes()); strings.Contains(heard, task) {
		t.Errorf("mallory heard %s", heard)
	}
}

// taskID is in the answer to a request that began a task.
var taskID = regexp.MustCompile(`"taskId":"([^"]+)"`)

// wait says something, and goes on when the test says so.
func (s *shop) wait(ctx context.Context, arguments map[string]any, _ any) (any, error) {
	id := fmt.Sprint(arguments["id"])
	if err := s.Log(ctx, "begun: "+id); err != nil && arguments["task"] == nil {
		return nil, err
	}
	s.mu.Lock()
	free := make(chan struct{})
	if s.waiting == nil {
		s.waiting = map[string]chan struct{}{}
	}
	s.waiting[id] = free
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.waiting, id)
	}()
	if arguments["task"] != nil { // whose context has ended
		<-free
		return content("done: " + id), nil
	}
	select {
	case <-free:
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	_ = s.Progress(ctx, id, "halfway: "+id)
	return content("done: " + id), nil
}

func (s *shop) waits(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting[id] != nil
}

func (s *shop) free(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if free := s.waiting[id]; free != nil { // else it has ended by itself
		close(free)
		delete(s.waiting, id)
	}
}

package mcpgo

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
)

// tasks keeps a task with the party that began it. mcp-go keeps it with a session, shows those outside any session to
// everybody, and tells all sessions how each task fares.
type tasks struct {
	mu     sync.Mutex
	owners map[string]taskOwner // by the task's id
}

type taskOwner struct {
	who   party
	since time.Time
}

const (
	maxTasks = 10_000
	taskAge  = 24 * time.Hour
)

func (o taskOwner) expired() bool { return time.Since(o.since) > taskAge }

func (t *tasks) owns(who party, id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	owner, ok := t.owners[id]
	return ok && owner.who == who
}

func (t *tasks) keep(who party, id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.owners == nil {
		t.owners = map[string]taskOwner{}
	}
	consent.MakeRoom(t.owners, maxTasks, taskOwner.expired)
	t.owners[id] = taskOwner{who, time.Now()}
}

// answer returns the response to a message, in which the party sees no task but its own.
func (t *tasks) answer(w http.ResponseWriter, who party, e envelope) *answer {
	return &answer{ResponseWriter: w, tasks: t, who: who, begins: e.Params.Task != nil, lists: e.Method == mcp.MethodTasksList}
}

// An answer passes on what is written to it, message by message where it is about tasks.
type answer struct {
	http.ResponseWriter
	tasks *tasks
	who   party
	// The message may begin a task, or asks for a list of them.
	begins, lists bool

	mu      sync.Mutex // event streams are written and flushed by several goroutines
	status  int        // 0 until it is written
	stream  bool
	pending []byte
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.writeHeaderLocked(status)
}

func (a *answer) writeHeaderLocked(status int) {
	if a.status != 0 {
		return
	}
	a.status = status
	kind, _, _ := mime.ParseMediaType(a.Header().Get("Content-Type"))
	a.stream = kind == "text/event-stream"
	a.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (a *answer) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.writeHeaderLocked(http.StatusOK)
	if !a.stream && !a.begins && !a.lists {
		return a.ResponseWriter.Write(p)
	}
	a.pending = append(a.pending, p...)
	for a.stream {
		end := bytes.Index(a.pending, eventEnd)
		if end < 0 {
			break
		}
		event := a.event(a.pending[:end+len(eventEnd)])
		a.pending = a.pending[end+len(eventEnd):]
		if _, err := a.ResponseWriter.Write(event); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// finish writes what is left when the message is answered.
func (a *answer) finish() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.pending) == 0 {
		return
	}
	if !a.stream {
		a.pending = a.message(a.pending)
	}
	_, _ = a.ResponseWriter.Write(a.pending) // an error is for the handler, which has gone
	a.pending = nil
}

// Flush sends what was written, without which event streams stand still.
func (a *answer) Flush() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.writeHeaderLocked(http.StatusOK)
	_ = http.NewResponseController(a.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// How mcp-go writes an event.
var (
	eventEnd   = []byte("\n\n")
	eventData  = []byte("\ndata: ")
	taskStatus = []byte(mcp.MethodNotificationTasksStatus)
)

// event returns an event as the party may see it: nothing, if it is none of its business.
func (a *answer) event(event []byte) []byte {
	if !a.begins && !a.lists && !bytes.Contains(event, taskStatus) {
		return event
	}
	at := bytes.Index(event, eventData)
	if at < 0 {
		return event
	}
	at += len(eventData)
	message := a.message(event[at : len(event)-len(eventEnd)])
	if message == nil {
		return nil
	}
	return slices.Concat(event[:at], message, eventEnd)
}

// message returns a message as the party may see it, nil for not at all.
func (a *answer) message(text []byte) []byte {
	var m struct {
		Method string
		Params struct {
			TaskID string `json:"taskId"`
		}
		Result struct {
			Task  *mcp.Task
			Tasks []json.RawMessage
		}
	}
	if json.Unmarshal(text, &m) != nil {
		return text
	}
	switch {
	case m.Method == mcp.MethodNotificationTasksStatus && !a.tasks.owns(a.who, m.Params.TaskID):
		return nil
	case a.begins && m.Method == "" && m.Result.Task != nil:
		a.tasks.keep(a.who, m.Result.Task.TaskId)
	case a.lists && m.Result.Tasks != nil:
		return a.withOwnTasks(text, m.Result.Tasks)
	}
	return text
}

// withOwnTasks returns the answer to tasks/list with those of the listed tasks that are the party's.
func (a *answer) withOwnTasks(text []byte, listed []json.RawMessage) []byte {
	own := slices.DeleteFunc(listed, func(text json.RawMessage) bool {
		var task mcp.Task
		return json.Unmarshal(text, &task) != nil || !a.tasks.owns(a.who, task.TaskId)
	})
	var message, result map[string]json.RawMessage
	if json.Unmarshal(text, &message) != nil || json.Unmarshal(message["result"], &result) != nil {
		return nil // not of what was decoded before
	}
	result["tasks"], _ = json.Marshal(own)      // each was JSON before
	message["result"], _ = json.Marshal(result) // and so was this
	without, _ := json.Marshal(message)         // and this
	return without
}

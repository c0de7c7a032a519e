package laws

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/testdata/chance"
)

// No value escapes: whatever a server's author gives away by mistake, nothing of it arrives.

// A leak is what the subject is asked to give away, and how: see subject.Leak.
type leak struct {
	Secret   string
	From, To int
	Inner    [2]string
	Encode   []string
	Outer    [2]string
	Channel  string
	Parts    []int

	by string // tool, typed, task, prompt or resource
}

func (l leak) String() string {
	text, _ := json.Marshal(l)
	return fmt.Sprintf("%s %s", l.by, text)
}

var (
	toolChannels = []string{
		"text", "text", "text", "parts", "strings", "structured", "key", "number", "JSON", "meta", "content meta", "resource",
		"blob", "image", "link", "all kinds", "error result", "error", "joined errors", "panic", "panic error", "panic custom",
		"panic struct", "panic bytes", "progress", "log", "listing", "elicitation", "sampling", "input request", "completion",
		"completion error",
	}
	promptChannels   = []string{"text", "error", "panic"}
	resourceChannels = []string{"text", "blob", "uri", "error", "panic", "panic error"}
	// What else there is on the official SDK. On mcp-go a panic in a completion ends the process.
	officialChannels = []string{"protocol error", "updated", "completion panic"}
	typedChannels    = []string{"text", "error", "joined errors", "panic", "protocol error"}
	// And of a task, which only mcp-go has, and only for clients before 2026-07-28.
	taskChannels = []string{"text", "structured", "content meta", "resource", "error result", "error", "panic", "panic error"}

	// A text may be escaped several times, and so may what stands for it.
	escapes = []string{
		"query", "path", "percent", "percent lower", "JSON", "JSON slashes", "JSON all", "JSON all upper", "Go", "bytes",
		"HTML", "HTML all", "HTML all hex",
	}
	// usualEscapes are those that JSON, URLs and HTML are written with.
	usualEscapes = []string{"query", "JSON", "HTML"}
	codes        = []string{"base64", "base64 raw", "base64 url", "base64 url raw", "hex", "HEX"}

	// What is in a line with a value, and may touch it.
	beside = []string{
		"", "", "", " ", "\"", "'", "key=", "Bearer ", "https://bot:", "@host", "(", ")", ":", ",", "\\", "%", "&", "x",
		"\u2028", "é", "</b>", `{"a":"`, `"}`,
	}
	// What is encoded together with a value.
	inside = []string{"", "", "", "a", "ab", "user:", "\n", `{"a":"`, `"}`, "\x00", "é"}
)

const (
	lineBefore = "Rex is a calm dog, 100% \"house-trained\" & four years old: \u00e9\n"
	lineAfter  = "\n{\"next\": null, \"url\": \"https://example.com/?a=1&b=%20\"} 😀"
)

// An escapee is a process of the subject with values that change, whose words are all searched.
type escapee struct {
	*session
	revision string
	r        *rand.Rand
	finder   finder
	values   map[string]value
	read     map[*log]int // how much of it was searched
	rounds   int
}

// bypass has nobody asked for permission.
const bypass = "MCP_BYPASS_SECRET_USE_CONFIRM=true"

// newEscapee starts the subject over a transport. It asks nobody: that has its own tests.
func newEscapee(s *stage, r *rand.Rand, transport, revision string, env ...string) *escapee {
	s.t.Helper()
	env = append(env, bypass)
	say := answer(func(context.Context, form) (string, error) { return "an answer", nil })
	e := &escapee{revision: revision, r: r, values: map[string]value{}, read: map[*log]int{}}
	if transport == "HTTP" {
		e.session = s.visitHTTP(revision, say, env...)
	} else {
		e.session = s.visit(revision, say, env...)
	}
	if revision != modern { // on that, each request says it
		//lint:ignore SA1019 servers still send log messages, and they must be masked
		_ = e.SetLoggingLevel(s.t.Context(), &mcp.SetLoggingLevelParams{Level: "debug"}) // mcp-go sends all without
	}
	if s.sdk == "gosdk" {
		s.must(e.Subscribe(s.t.Context(), &mcp.SubscribeParams{URI: "leak://updated"}))
	}
	return e
}

// refill gives the subject's secrets new values.
func (e *escapee) refill() {
	e.t.Helper()
	for _, secret := range makersOf {
		v := choose(e.r, secret.makers)
		e.values[secret.name] = v
		e.store(secret.name, v.text)
		e.finder.learn(v, public)
	}
}

// public has what may be seen although a value happens to have it too.
var public = lineBefore + lineAfter + strings.Join(slices.Concat(beside, inside, toolChannels, escapes, codes), "\n")

// random is a leak of which nothing may arrive.
func (e *escapee) random() leak {
	l := leak{Secret: []string{"key", "key", "prefixed", "name", "file", "file"}[e.r.IntN(6)]}
	v := e.values[l.Secret]
	l.by, l.Channel = e.way()
	if l.Channel == "number" && v.kind != "a number" {
		l.Channel = "JSON"
	}
	if l.Channel == "number" {
		return l
	}
	l.Outer = [2]string{lineBefore + pick(e.r, beside), pick(e.r, beside) + lineAfter}
	if e.r.IntN(2) == 0 {
		l.Inner = [2]string{pick(e.r, inside), pick(e.r, inside)}
		l.Encode = e.encoding(l.Secret, l.Channel == "blob" || l.Channel == "image")
		l.Outer[0] = strings.TrimRight(l.Outer[0], `\%&`) // which would make an escape of what follows
	}
	if l.Channel != "key" && len(v.confidential) > 0 && e.r.IntN(3) == 0 {
		l.From, l.To = e.cut(v, len(l.Encode) > 0 || l.Channel == "blob" || l.Channel == "image")
	}
	if l.Channel == "parts" || l.by == "prompt" || l.by == "resource" {
		for range e.r.IntN(10) {
			l.Parts = append(l.Parts, e.r.IntN(60))
		}
	}
	return l
}

// way chooses what leaks, and its channel.
func (e *escapee) way() (by, channel string) {
	n, official := e.r.IntN(9), e.sdk == "gosdk"
	hasTasks := e.sdk == "mcpgo" && e.raw != nil && e.revision != modern
	switch {
	case n == 0:
		return "prompt", pick(e.r, promptChannels)
	case n == 1:
		return "resource", pick(e.r, resourceChannels)
	case n == 2 && official:
		return "tool", pick(e.r, officialChannels)
	case n == 3 && official:
		return "typed", pick(e.r, typedChannels)
	case n == 2 && hasTasks:
		return "task", pick(e.r, taskChannels)
	}
	return "tool", pick(e.r, toolChannels)
}

// encoding chooses how a value is encoded: escaped, and that escaped again; or with the usual escapes at most, of one line, in
// base64 or hexadecimal, and that escaped again. What goes by a channel in base64 is in base64 already.
func (e *escapee) encoding(secret string, inBase64 bool) (all []string) {
	coded := inBase64 || e.r.IntN(2) == 0
	if coded && e.r.IntN(4) == 0 && secret != "file" {
		all = append(all, pick(e.r, usualEscapes))
	}
	if inBase64 {
		return all
	}
	if coded {
		all = append(all, pick(e.r, codes))
	}
	for range e.r.IntN(3) {
		all = append(all, pick(e.r, escapes))
	}
	return all
}

// cut is a part of a value that must not be seen either: its first eight confidential characters and what may follow
// them, or any part that is so long that it can't be mistaken. Where it may be escaped, and itself looks so, only a long part
// counts: what is undone around it is undone in it.
func (e *escapee) cut(v value, encoded bool) (from, to int) {
	at := e.r.IntN(len(v.confidential))
	part := v.confidential[at]
	before := len([]rune(v.text[:strings.Index(v.text, part)]))
	length := len([]rune(part))
	if at == 0 && e.r.IntN(2) == 0 {
		first := run
		if chars := []rune(part); len(chars) >= run && distinct(chars[:run]) < 4 {
			first = 2 * run // "00000000" is in many a text
		}
		if encoded && strings.ContainsAny(part, `\%&`) {
			first = recognized
		}
		return 0, min(before+first+e.r.IntN(20), before+length)
	}
	if length < recognized {
		return 0, 0
	}
	from = before + e.r.IntN(length-recognized+1)
	return from, from + recognized + e.r.IntN(before+length-from-recognized+1)
}

// recognized is how many characters of a value, wherever they are in it, are known to be of it.
const recognized = 31

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// give has the subject give something away, and returns the text that arrived, if it is one.
func (e *escapee) give(l leak) (text string, isText bool) {
	e.t.Helper()
	e.rounds++
	arguments, err := json.Marshal(l)
	e.must(err)
	ctx := e.t.Context()
	switch l.by {
	case "prompt":
		result, err := e.GetPrompt(ctx, &mcp.GetPromptParams{Name: "leak", Arguments: map[string]string{"request": string(arguments)}})
		if err != nil {
			return err.Error(), false
		}
		return result.Description, true
	case "resource":
		uri := "leak://any/" + base64.RawURLEncoding.EncodeToString(arguments)
		result, err := e.ReadResource(ctx, &mcp.ReadResourceParams{URI: uri})
		if err != nil {
			return err.Error(), false
		}
		for _, c := range result.Contents {
			text += c.Text
		}
		return text, l.Channel == "text"
	}
	if l.by == "task" {
		e.giveByTask(arguments)
		return "", false
	}
	params := &mcp.CallToolParams{Name: "leak", Arguments: json.RawMessage(arguments)}
	if l.by == "typed" {
		params.Name = "leak_typed"
	}
	//lint:ignore SA1019 servers still send log messages, and they must be masked
	params.Meta = mcp.Meta{mcp.MetaKeyLogLevel: "debug"}
	params.SetProgressToken(fmt.Sprint(e.rounds))
	result, err := e.CallTool(ctx, params)
	switch l.Channel {
	case "listing":
		_, err := e.ListTools(ctx, nil)
		e.must(err)
	case "completion", "completion error", "completion panic":
		_, err := e.Complete(ctx, &mcp.CompleteParams{
			Ref: &mcp.CompleteReference{Type: "ref/prompt", Name: "leak"}, Argument: mcp.CompleteParamsArgument{Name: "request", Value: "x"},
		})
		if failed := l.Channel != "completion"; failed != (err != nil) {
			e.t.Errorf("%s: the completion says %v", l, err)
		}
	}
	if err != nil {
		return err.Error(), false
	}
	for _, part := range result.Content {
		if part, ok := part.(*mcp.TextContent); ok {
			text += part.Text
		}
	}
	return text, l.by == "tool" && (l.Channel == "text" || l.Channel == "parts" || l.Channel == "error result")
}

// giveByTask has the subject give something away in the result of a task, of which the official client knows nothing.
func (e *escapee) giveByTask(arguments json.RawMessage) {
	e.t.Helper()
	created := e.answerTo(fmt.Sprintf("task %d", e.rounds), "tools/call", object{
		"name": "leak_task", "arguments": arguments, "task": object{},
	})
	var task struct {
		Result struct{ Task struct{ TaskID string } }
	}
	e.must(json.Unmarshal([]byte(created), &task))
	if task.Result.Task.TaskID == "" {
		e.t.Fatalf("no task: %s", created)
	}
	e.answerTo(fmt.Sprintf("result of task %d", e.rounds), "tasks/result", object{"taskId": task.Result.Task.TaskID})
}

// answerTo sends a request beside the client, which leaves the answer alone, and returns that.
func (e *escapee) answerTo(id, method string, params object) (answer string) {
	e.t.Helper()
	at := len(e.out.String())
	request, err := json.Marshal(object{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	e.must(err)
	_, err = e.raw.Write(append(request, '\n'))
	e.must(err)
	e.eventually("the answer to "+method, func() bool {
		for line := range strings.Lines(e.out.String()[at:]) {
			if strings.Contains(line, `"id":"`+id+`"`) && strings.HasSuffix(line, "\n") {
				answer = line
			}
		}
		return answer != ""
	})
	return answer
}

// news is what has been said, by anybody, since the last time.
func (e *escapee) news() (all string) {
	for _, l := range []*log{&e.out, &e.in, &e.stderr} {
		all += l.lines(e.read)
	}
	return all
}

// lines returns the lines that were written since the last time.
func (l *log) lines(read map[*log]int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.text.Bytes()[read[l]:]
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	read[l] += len(text)
	return string(text)
}

// round is one leak. All that anybody said is searched, and what arrived says that something is missing, and nothing else is.
func (e *escapee) round() {
	e.t.Helper()
	l := e.random()
	text, isText := e.give(l)
	v := e.values[l.Secret]
	if found := e.finder.find(e.news()); found != nil {
		e.t.Errorf("%s of %q\n%s\nin %.2000s", l, v.text, strings.Join(found, "\n"), text)
	}
	if !isText {
		return
	}
	rest, begins := strings.CutPrefix(text, lineBefore)
	rest, ends := strings.CutSuffix(rest, lineAfter)
	if !begins || !ends {
		e.t.Errorf("%s of %q: lost what is no secret: %q", l, v.text, text)
	}
	switch {
	case len(v.confidential) > 0 && !strings.Contains(rest, "[redacted]"):
		e.t.Errorf("%s of %q: nothing says that something is missing: %q", l, v.text, text)
	case len(v.confidential) == 0 && len(l.Encode) == 0 && text != l.Outer[0]+l.Inner[0]+v.text+l.Inner[1]+l.Outer[1]:
		e.t.Errorf("%s of %q, which is left alone, arrived as %q", l, v.text, text)
	}
}

// search ends the process and searches the rest of what it said.
func (e *escapee) search() {
	e.t.Helper()
	e.end()
	for _, l := range []*log{&e.out, &e.in, &e.stderr} {
		if found := e.finder.find(l.String()[e.read[l]:]); found != nil {
			e.t.Errorf("in the end: %s", strings.Join(found, "\n"))
		}
	}
}

func TestNoValueEscapes(t *testing.T) { onEachSDK(t, noValueEscapes) }

func noValueEscapes(t *testing.T, sdk string) {
	r := chance.Source(t)
	s := openStage(t, sdk)
	total := 0
	for _, transport := range []string{"stdio", "HTTP"} {
		for _, revision := range revisions {
			for range chance.Times() {
				e := newEscapee(s, r, transport, revision)
				for range half(2) {
					e.refill()
					for range 60 {
						e.round()
					}
				}
				e.search()
				if total += e.rounds; t.Failed() {
					t.Fatalf("over %s, %s", transport, revision)
				}
			}
		}
	}
	t.Logf("%d leaks, nothing escaped", total)
}

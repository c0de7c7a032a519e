package guard

import (
	"bytes"
	"iter"
	"strings"
)

// Event streams (text/event-stream): events end with an empty line; their data is one JSON-RPC message, which may be
// spread over several lines "data: ...". A line ends with \n, \r\n or \r.

// An eventBuffer cuts a stream into events.
type eventBuffer struct {
	held []byte
	line int // where the last, incomplete line begins
}

// add adds to the stream and yields the events that are complete now, each with its empty line. They are valid until the
// next one.
func (b *eventBuffer) add(p []byte) iter.Seq[[]byte] {
	b.held = append(b.held, p...)
	return func(yield func([]byte) bool) {
		for {
			length := lineLength(b.held[b.line:])
			if length == 0 {
				return
			}
			isEmpty := len(bytes.TrimRight(b.held[b.line:b.line+length], "\r\n")) == 0
			b.line += length
			if isEmpty {
				event := b.held[:b.line]
				b.held, b.line = b.held[b.line:], 0
				if !yield(event) {
					return
				}
			}
		}
	}
}

func (b *eventBuffer) rest() []byte { return b.held }

// lineLength returns the length of the first line with its end, 0 if it has none. A \r is an end even if it is the last
// byte so far: a \n that comes later then is an empty line more, which means nothing.
func lineLength(text []byte) int {
	end := bytes.IndexAny(text, "\r\n")
	switch {
	case end < 0:
		return 0
	case text[end] == '\r' && end+1 < len(text) && text[end+1] == '\n':
		return end + 2
	default:
		return end + 1
	}
}

// event masks one event: its data as the message that it is, and what clients don't read, such as comments, as text. It
// returns the same slice if nothing is masked.
func (g *Guard) event(event []byte) []byte {
	var data, others []string // the lines with data, without "data:"; and all others
	changed := false
	for rest := event; len(rest) > 0; {
		length := lineLength(rest)
		if length == 0 {
			length = len(rest)
		}
		line := strings.TrimRight(string(rest[:length]), "\r\n")
		rest = rest[length:]
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "data":
			data = append(data, strings.TrimPrefix(value, " "))
		case "event", "id", "retry":
			others = append(others, line)
		default:
			masked := g.Text(line)
			changed = changed || masked != line
			others = append(others, masked)
		}
	}
	joined := strings.Join(data, "\n")
	masked := string(g.JSON([]byte(joined)))
	if !changed && masked == joined {
		return event
	}

	var b bytes.Buffer
	for _, line := range others {
		if line != "" {
			b.WriteString(line + "\n")
		}
	}
	if len(data) > 0 {
		for _, line := range strings.Split(masked, "\n") { // between values, never in a string: JSON has no line ends there
			b.WriteString("data: " + line + "\n")
		}
	}
	b.WriteString("\n")
	return b.Bytes()
}

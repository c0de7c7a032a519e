package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
)

// statusOf returns the status for a body that was read: 413 for one that is long and begins what may have no end, and 400 for
// one of which that can't be told, although an SDK may read it.
func statusOf(body []byte) int {
	if len(body) <= maxLasting {
		return http.StatusOK
	}
	var messages []message // those of a batch, or one
	var err error
	switch text := bytes.TrimLeft(body, " \t\r\n"); {
	case bytes.HasPrefix(text, []byte("[")):
		err = json.Unmarshal(text, &messages)
	case bytes.HasPrefix(text, []byte("{")):
		messages = make([]message, 1)
		err = json.Unmarshal(text, &messages[0])
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return http.StatusBadRequest
	}
	for _, m := range messages {
		if m.Method {
			return http.StatusRequestEntityTooLarge
		}
	}
	return http.StatusOK
}

// A message is a JSON-RPC message. It lasts if any of its methods does: SDKs differ in which they take where it has several, and
// in whether case counts.
type message struct{ Method lasting }

// lasting says that a method's answer may have no end: that of a subscription, or of a task that runs.
type lasting bool

// UnmarshalJSON implements json.Unmarshaler. It is called for each method.
func (l *lasting) UnmarshalJSON(text []byte) error {
	var method string
	if json.Unmarshal(text, &method) == nil && (method == "subscriptions/listen" || method == "tasks/result") {
		*l = true
	}
	return nil // what is wrong with it, the SDK says
}

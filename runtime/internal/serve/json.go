package serve

import (
	"encoding/json"
	"errors"
	"fmt"
)

// An SDK never answers a request whose result can't become JSON: an adapter finds that out before, and answers with an error.

// NoJSON is the error of what a handler returned, such as the "result of tool", that can't become JSON, and why.
func NoJSON(what, name string, why error) error {
	return fmt.Errorf("the %s %q can't become JSON: %w", what, name, why)
}

var errStructure = errors.New("its structure is not valid JSON")

// Structure returns the structure of a tool's result as JSON. What is said to be JSON already may be none.
func Structure(structure any) (json.RawMessage, error) {
	text, ok := structure.(json.RawMessage)
	if !ok {
		return json.Marshal(structure)
	}
	if text == nil {
		return json.RawMessage("null"), nil // as package json has it
	}
	if !json.Valid(text) {
		return nil, errStructure
	}
	return text, nil
}

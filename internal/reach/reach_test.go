package reach

import (
	"bufio"
	"context"
	"strings"
	"testing"
)

type node struct {
	next  *node
	value any
}

// What finds nothing proves nothing until it was seen to find.
func TestText(t *testing.T) {
	const sought = "what is sought"
	loop := &node{value: 1}
	loop.next = loop
	buffered := bufio.NewWriter(nil)
	_, _ = buffered.WriteString(sought)
	text := sought
	for name, held := range map[string]any{
		"text": sought, "pointer": &text, "field": node{value: sought}, "behind pointers": &node{next: &node{next: &node{value: &text}}},
		"bytes": []byte("x" + sought), "what a slice had": []byte(sought)[:0], "array": [14]byte([]byte(sought)), "array behind a pointer": &[1]string{sought},
		"slice": []any{1, []string{"", sought}}, "key": map[string]int{sought: 1}, "in a map": map[int]node{1: {value: sought}},
		"context": context.WithValue(t.Context(), node{}, sought), "writer": buffered, "error": error(failure{sought}),
	} {
		if Text(held, func(text string) bool { return strings.Contains(text, sought) }) == "" {
			t.Errorf("%s: not found", name)
		}
	}
	for name, held := range map[string]any{"nothing": nil, "loop": loop, "function": func() string { return text }, "channel": make(chan string), "numbers": []int{1}} {
		if way := Text(held, func(text string) bool { return strings.Contains(text, sought) }); way != "" {
			t.Errorf("%s: %s", name, way)
		}
	}
}

func TestTextWithout(t *testing.T) {
	isThere := func(text string) bool { return text == "sought" }
	if way := Text([]any{node{value: "sought"}}, isThere, node{}); way != "" {
		t.Error(way)
	}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), node{}, "sought"))
	defer cancel()
	if Text(ctx, isThere) == "" {
		t.Error("a context that can end hides what it is made of")
	}
}

type failure struct{ text string }

func (f failure) Error() string { return "" }

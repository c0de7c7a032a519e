package schema

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// TestTreeAgreesWithLibrary: our tree says what goccy/go-yaml's own parser and decoder say.
func TestTreeAgreesWithLibrary(t *testing.T) {
	for _, path := range files(t, "valid") {
		src := read(t, path)
		tree, mistakes := parseTree(src)
		if mistakes != nil {
			t.Fatal(mistakes)
		}
		var want any
		if err := yaml.Unmarshal([]byte(expandTabs(string(src))), &want); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if diff := cmp.Diff(plain(want), plain(tree.value())); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

// plain makes decoded values comparable: numbers, and keys that are no text, as their text.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for key, value := range v {
			m[key] = plain(value)
		}
		return m
	case []any:
		items := []any{}
		for _, item := range v {
			items = append(items, plain(item))
		}
		return items
	case int, int64, uint64, float64, json.Number:
		return fmt.Sprint(v)
	}
	return v
}

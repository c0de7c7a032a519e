package emit

import "testing"

// A place that is none for what is to go there is refused, and the file stays.
func TestMergeRefuses(t *testing.T) {
	entries := []entry{{key: "a", variable: "A", text: "a"}}
	for _, row := range []struct {
		format  format
		in, err string
	}{
		{mcpb{}, `{"user_config": 5}`, "user_config is no list or object"},
		{mcpb{}, `[]`, "it is no object"},
		{vscode{}, `{"inputs": {}}`, "inputs is no list"},
		{vscode{}, `{"servers": {"other": {}}}`, `it has no server "pets" to hand the values to: --name names another`},
		{gemini{}, `{"settings": null}`, "settings is no list"},
		{serverJSON{}, `{"packages": [{"environmentVariables": "x"}]}`, "packages.0.environmentVariables is no list"},
		{serverJSON{}, `{"packages": [5]}`, "packages.0 is no object"},
		{docker{}, "config: 5\n", "config is no mapping"},
		{docker{}, "- a\n", "it is no mapping"},
	} {
		if _, err := row.format.put(row.in, "pets", entries, Options{Env: true}); err == nil || err.Error() != row.err {
			t.Errorf("%s: %v, want %s", row.in, err, row.err)
		}
	}
}

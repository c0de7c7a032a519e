package keychain

import (
	"strings"
	"testing"
)

func TestServicesThatDifferInCaseStayTwo(t *testing.T) {
	names := []string{
		"com.mcp.petstore", "com.mcp.Petstore", "com.mcp.PETSTORE", "com.mcp.my server", "com.mcp.My Server", "com.mcp.^50etstore",
		"com.mcp.^petstore", "com.mcp.stra\u00dfe", "com.mcp.STRASSE", "com.mcp.\u00c4", "com.mcp.\u00e4", "com.mcp.k", "com.mcp.\u212a", "com.mcp.\u017f", "com.mcp.s",
	}
	seen := map[string]string{}
	for _, name := range names {
		folded := strings.ToUpper(spell(name))
		if other, ok := seen[folded]; ok {
			t.Errorf("%q and %q are one", name, other)
		}
		seen[folded] = name
	}
	if got := spell(names[0]); got != names[0] {
		t.Errorf("an ordinary name becomes %q", got)
	}
}

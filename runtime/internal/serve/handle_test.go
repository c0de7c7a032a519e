package serve

import (
	"errors"
	"fmt"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// What a value's type does not say in words, such as bytes, would be there as numbers.
func TestPanicText(t *testing.T) {
	type named string
	for _, test := range []struct {
		value any
		want  string
	}{
		{"no", "no"}, {named("no"), "no"}, {errors.New("no"), "no"}, {fmt.Errorf("not %w", errors.New("this")), "not this"}, {4.5, "4.5"}, {true, "true"},
		{[]byte("key"), "([]uint8)"}, {[3]byte{1}, "([3]uint8)"}, {struct{ Key []byte }{[]byte("key")}, "(struct { Key []uint8 })"}, {&struct{}{}, "(*struct {})"},
		{(*secrets.Error)(nil), "<nil>"}, {secrets.NewSecret("key"), "[redacted]"}, {mcp.Role("user"), "user"},
	} {
		if got := panicText(test.value); got != test.want {
			t.Errorf("%T: %q, want %q", test.value, got, test.want)
		}
	}
}

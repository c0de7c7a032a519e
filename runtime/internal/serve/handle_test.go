package serve

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
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

// An error's text is its own code, which can panic too: a nil pointer of its type, say.
func TestPanicOfAnErrorIsAnError(t *testing.T) {
	_, err := Handle(&guard.Guard{}, "tool", "get_pet", func() (int, error) { return 0, (*broken)(nil) })
	if want := `the tool "get_pet" panicked: `; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s...", err, want)
	}
}

type broken struct{ text string }

func (b *broken) Error() string { return b.text }

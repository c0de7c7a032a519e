package child

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
)

const value = "4eC39HqLyjWDarjtT1zdp7dc"

// A value is found wherever it is in a long output, plain or encoded, and however that is written.
func TestOutputWithTheValueAnywhere(t *testing.T) {
	var g guard.Guard
	g.Learn(value, "")
	long := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("0123456789 ", 9_000) + value + strings.Repeat(" abcdefghi", 3_000)))
	for name, c := range map[string]struct {
		text string
		bare string // what of the text is no value
	}{
		"plain":               {value, value},
		"base64":              {base64.StdEncoding.EncodeToString([]byte("key=" + value)), base64.StdEncoding.EncodeToString([]byte("key=" + value))[6:30]},
		"hex":                 {fmt.Sprintf("%x", value), fmt.Sprintf("%x", value)},
		"base64 of long text": {long, base64.StdEncoding.EncodeToString([]byte(value))[:24]},
	} {
		for _, at := range []int{0, 1, written - 30, written - 10, written, written + seen - 10, written + seen, 2*written - 5, 3 * written} {
			text := strings.Repeat("lorem ipsum\n", at/12+1)[:at] + " " + c.text + " " + strings.Repeat("dolor sit\n", 20_000)
			out := masked(t, &g, text)
			if strings.Contains(out, c.bare) || strings.Contains(out, value[:8]) || !strings.Contains(out, guard.Redacted) {
				t.Errorf("%s at %d: it is not masked", name, at)
			}
			if name != "base64 of long text" {
				if got, want := strings.ReplaceAll(out, guard.Redacted, ""), strings.Replace(text, c.text, "", 1); got != want {
					t.Errorf("%s at %d: something else is masked, %d bytes of %d are left", name, at, len(got), len(want))
				}
			}
		}
	}
}

// masked writes a text in parts of ever other length.
func masked(t *testing.T, g *guard.Guard, text string) string {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(len(text))))
	var out bytes.Buffer
	o := &output{to: &out, mask: g.Parts}
	for rest := []byte(text); len(rest) > 0; {
		length := min(len(rest), 1+random.IntN(100_000))
		if n, err := o.Write(rest[:length]); n != length || err != nil {
			t.Fatal(n, err)
		}
		if held := len(o.held) + len(o.before); held > written+2*seen {
			t.Fatalf("%d bytes are held back", held)
		}
		rest = rest[length:]
	}
	if err := o.flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

// The error of the writer below ends the output.
func TestOutputThatFails(t *testing.T) {
	o := &output{to: broken{}, mask: new(guard.Guard).Parts}
	if n, err := o.Write(make([]byte, 10)); n != 10 || err != nil {
		t.Errorf("held back: %d, %v", n, err)
	}
	if n, err := o.Write(make([]byte, 2*written)); n == 2*written || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("written: %d, %v", n, err)
	}
}

func TestZeroByteInAVariable(t *testing.T) {
	if err := CheckText(Way{Kind: Variable, Place: "A"}, "a\x00b"); !errors.Is(err, ErrNotRun) {
		t.Errorf("%v, want %v", err, ErrNotRun)
	}
	for _, kind := range []Kind{Descriptor, File, Stdin} {
		if err := CheckText(Way{Kind: kind}, "a\x00b"); err != nil {
			t.Errorf("kind %d: %v", kind, err)
		}
	}
}

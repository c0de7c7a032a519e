package subject

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/laws/subject/vault"
)

// A Leak is a way to give a secret away, as tools do by mistake: by any channel, in any encoding, between any other texts.
type Leak struct {
	Secret   string    // key, prefixed, file; or name, which is no secret until Mask is told it
	From, To int       // which characters of it; all if To is 0
	Inner    [2]string // what is encoded together with it, before and after
	Encode   []string  // one after the other
	Outer    [2]string // what stands before and after that
	Channel  string
	Parts    []int // after how many characters to split, for the channels that have parts

	Text string `json:"-"` // what is given away, in the end
}

// LeakURI is the template of the resource that leaks what its URI describes.
const LeakURI = "leak://any/{request}"

// LeakOf reads what to leak from JSON, and gets the secret.
func (s *Subject) LeakOf(ctx context.Context, description json.RawMessage) (Leak, error) {
	var l Leak
	if err := json.Unmarshal(description, &l); err != nil {
		return Leak{}, err
	}
	value, err := valueOf(ctx, s.Secrets, l.Secret)
	if err != nil {
		return Leak{}, err
	}
	characters := []rune(value)
	if l.To == 0 {
		l.To = len(characters)
	}
	text := l.Inner[0] + string(characters[l.From:l.To]) + l.Inner[1]
	for _, name := range l.Encode {
		text = encoders[name](text)
	}
	l.Text = l.Outer[0] + text + l.Outer[1]
	return l, nil
}

// LeakOfURI is LeakOf for a resource.
func (s *Subject) LeakOfURI(ctx context.Context, uri string) (Leak, error) {
	description, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(uri, "leak://any/"))
	if err != nil {
		return Leak{}, err
	}
	return s.LeakOf(ctx, description)
}

func valueOf(ctx context.Context, v *vault.Secrets, name string) (string, error) {
	var secret secrets.Secret
	var err error
	switch name {
	case "prefixed":
		secret, err = v.Prefixed(ctx, "Leak it")
	case "file":
		secret, err = v.File(ctx, "Leak it")
	case "name":
		var text string
		text, err = v.Name(ctx, "Leak it")
		v.Manager.Mask(ctx, text)
		secret = secrets.NewSecret(text)
	default:
		secret, err = v.Key(ctx, "Leak it")
	}
	return secret.Reveal(), err
}

// Split splits the text into the parts that were wanted.
func (l Leak) Split() (parts []string) {
	rest := []rune(l.Text)
	for _, n := range l.Parts {
		n = min(n, len(rest))
		parts, rest = append(parts, string(rest[:n])), rest[n:]
	}
	return append(parts, string(rest))
}

// Structure is a structured content with the text in it, for the channels that leak by one.
func (l Leak) Structure() (structure any, ok bool) {
	switch l.Channel {
	case "strings":
		return map[string]any{"lines": l.Split()}, true
	case "structured":
		return map[string]any{
			"a": []any{1, map[string]any{"b": l.Text, "id": l.Text, "method": l.Text}}, "n": json.Number("12345678901234567890"),
		}, true
	case "key":
		return map[string]any{l.Text: true}, true
	case "number":
		return map[string]any{"card": json.RawMessage(l.Text)}, true
	}
	return nil, false
}

// Image is a picture with the text in it.
func (l Leak) Image() []byte { return []byte("\x89PNG\r\n" + l.Text) }

// Fail fails as a handler does whose error or panic says the text, for the channels that leak so.
func (l Leak) Fail() error {
	switch l.Channel {
	case "error":
		return fmt.Errorf("upstream said: %w", errors.New(l.Text))
	case "joined errors":
		return errors.Join(os.ErrNotExist, custom{l.Text})
	case "panic":
		panic(l.Text)
	case "panic error":
		panic(fmt.Errorf("upstream said: %w", errors.New(l.Text)))
	case "panic custom":
		panic(custom{l.Text})
	case "panic struct":
		panic(struct{ Text, text string }{l.Text, l.Text})
	case "panic bytes":
		panic([]byte(l.Text))
	}
	return nil
}

// custom is an error that shows its text in every way.
type custom struct{ text string }

func (c custom) Error() string                 { return c.text }
func (c custom) String() string                { return c.text }
func (c custom) Format(f fmt.State, verb rune) { fmt.Fprint(f, c.text) }
func (c custom) MarshalText() ([]byte, error)  { return []byte(c.text), nil }

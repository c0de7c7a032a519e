package subject

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/goccy/go-yaml"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/laws/subject/vault"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// show writes what the runtime's types show of themselves to standard error, where no guard stands. The name is not shown: it
// is a text, which says what it is.
func (s *Subject) show(ctx context.Context, _ json.RawMessage) (string, error) {
	values, err := s.values(ctx)
	if err != nil {
		return "", err
	}
	out := os.Stderr
	for _, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "% X", "%d", "%t", "%20.3s", "%c"} {
			fmt.Fprintf(out, verb+"\n", value)
		}
		fmt.Fprintln(out, value)
		for _, encode := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal, xml.Marshal, encodeGob} {
			text, err := encode(value) // which is an error for what has nothing exported
			fmt.Fprintf(out, "%s %q %v\n", text, text, err)
		}
		for _, handler := range []slog.Handler{slog.NewTextHandler(out, nil), slog.NewJSONHandler(out, nil)} {
			slog.New(handler).With("with", value).Info("shown", "value", value, slog.Group("group", "value", value))
		}
	}
	return "shown", nil
}

// values are one of everything that the runtime and generated code export, with secrets in all that can hold any.
func (s *Subject) values(ctx context.Context) ([]any, error) {
	all, err := s.All(ctx, "Show it")
	if err != nil {
		return nil, err
	}
	group, err := s.AllThree(ctx, "Show it")
	if err != nil {
		return nil, err
	}
	all.Name, group.Name = "", ""
	key := all.Key
	_, invalid := vault.ValidatePrefixed(key.Reveal())
	_, unknown := secrets.Get(ctx, s.Manager, secrets.Key[secrets.Secret]{}, "Show it")
	tooBig := s.Manager.Set(ctx, vault.KeyPrefixed(), key.Reveal()) // without its prefix
	stored, _ := s.Manager.Stored(ctx, vault.KeyKey())
	var target secrets.Secret
	second, err := vault.OpenSecrets(secrets.WithStore(filled{}))
	if err != nil {
		return nil, err
	}
	defer second.Manager.Close()
	_ = second.Manager.Set(ctx, vault.KeyKey(), key.Reveal())
	return append([]any{
		s.Secrets, *s.Secrets, s.Manager, s, second, all, &all, group, &group, key, &key, []secrets.Secret{key}, //mcpsecrets:reason
		map[string]secrets.Secret{"key": key}, struct{ key any }{key}, struct{ Key, key secrets.Secret }{key, key},
		secrets.Some(key), secrets.Some(&all), struct {
			o secrets.Optional[secrets.Secret]
		}{secrets.Some(key)},
		vault.KeyKey(), vault.KeyKey().Describe(), vault.KeyKey().Into(&target), s.Manager.Grants(), stored,
		invalid, unknown, tooBig, fmt.Errorf("no use: %w", errors.Join(invalid, unknown)),
		ctx, secrets.WithPrincipal(ctx, "ann"), fmt.Sprint(key) + key.String() + fmt.Sprintf("%#v", key),
		fmt.Errorf("%v %s %w", key, all.File, os.ErrNotExist), s.All, //mcpsecrets:reason
		func() secrets.Secret { return key }, time.Now(),
	}, s.exports...), nil
}

func encodeGob(value any) (_ []byte, err error) {
	var out bytes.Buffer
	defer func() {
		if r := recover(); r != nil { // for what has no type to gob
			err = fmt.Errorf("%v", r)
		}
	}()
	err = gob.NewEncoder(&out).Encode(value)
	return out.Bytes(), err
}

// filled is a store that fails, and has what it was told in its errors, as none may.
type filled struct{}

func (filled) Place() string { return "nowhere" }
func (filled) Get(context.Context, store.Scope, string) (string, error) {
	return "", secrets.ErrNotSet
}
func (filled) Set(_ context.Context, _ store.Scope, _, value string) error {
	return errors.New("can't store " + value)
}
func (filled) Delete(context.Context, store.Scope, string) error        { return secrets.ErrNotSet }
func (filled) List(context.Context, store.Scope) ([]store.Entry, error) { return nil, nil }

// crash ends the process in the way that a server does by its author's mistake.
func (s *Subject) crash(ctx context.Context, arguments json.RawMessage) (string, error) {
	values, err := s.values(ctx)
	if err != nil {
		return "", err
	}
	var how struct{ Value int }
	if err := decode(arguments, &how); err != nil {
		return "", err
	}
	if how.Value < 0 {
		return fmt.Sprint(len(values)), nil
	}
	go work(values[how.Value], values)
	select {} // until the goroutine has ended the process
}

//go:noinline
func work(value any, _ []any) { panic(value) }

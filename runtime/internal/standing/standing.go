// Package standing has the permissions that a person gave beforehand, in a terminal, for when nobody can be asked. Begin at
// [Permission] and [Permission.Covers]. They are kept as one text, see [Decode], as an entry of the store or as a file, see
// [ReadFile].
package standing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Entry is the name under which a store keeps the permissions of a server, whichever account they are for. No secret has a name
// that begins so.
var Entry = store.Entry{Name: field.ReservedPrefix + "allowed__"}

const (
	// MaxFor is how long a permission can last.
	MaxFor = 365 * 24 * time.Hour
	// MaxSize is how many bytes the permissions may have that are kept in one place, and maxCount how many there may be.
	MaxSize  = 64 << 10
	maxCount = 200
	maxText  = 2000 // bytes of each text, such as a destination that names ten hosts
)

// A Subject is what a permission is for. Two that differ in anything are two permissions.
type Subject struct {
	Server    string `json:"server"`              // as the schema names it
	Principal string `json:"principal,omitempty"` // a caller whom the server verified; "" is who started the server, and nobody else
	Account   string `json:"account,omitempty"`   // whose value; "" is the default account
	Secret    string `json:"secret"`              // the secret's name
	Tool      string `json:"tool,omitempty"`      // the only tool; "" where it is for every tool
	EveryTool bool   `json:"every_tool,omitempty"`
	To        string `json:"to,omitempty"` // where the value goes, as a question names that; "" where the schema does not say
}

// A Permission is a person's word that a secret may be used without asking. It is not for one value: a rotation does not end it.
type Permission struct {
	Subject
	Made  time.Time `json:"made"`
	Until time.Time `json:"until"`
}

// A Use is one use of a secret.
type Use struct {
	Subject      // without EveryTool; Tool is who asks
	IsTool  bool // that is a tool, and no prompt, resource or work of the server's own
	OneTool bool // the schema wants each tool to be allowed by itself
}

// Covers reports whether p allows a use. A person said it of this very server, caller, account, secret and destination, and of this
// tool or of all.
func (p Permission) Covers(u Use) bool {
	s := p.Subject
	switch {
	case s.EveryTool && !u.OneTool:
		s.EveryTool, u.Tool = false, ""
	case s.EveryTool, !u.IsTool, s.Tool == "":
		return false
	}
	return s == u.Subject
}

// Date is how a person reads a time: the day, in UTC, as it is kept.
func Date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// ErrBroken: what is kept is no list of permissions. None of it counts.
var ErrBroken = errors.New("it is no list of permissions")

// Decode reads a JSON list of permissions; an empty text is an empty list. What it does not understand may be a bound that a later
// version knows, so then nothing counts: the error is [ErrBroken].
func Decode(text string) ([]Permission, error) {
	switch {
	case len(text) > MaxSize:
		return nil, fmt.Errorf("%w: it has more than %d bytes", ErrBroken, MaxSize)
	case !utf8.ValidString(text):
		return nil, fmt.Errorf("%w: it is no UTF-8", ErrBroken)
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var all []Permission
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&all); err != nil {
		return nil, fmt.Errorf("%w of this version: %w", ErrBroken, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows it", ErrBroken)
	}
	if len(all) > maxCount {
		return nil, fmt.Errorf("%w: there are more than %d", ErrBroken, maxCount)
	}
	for i, p := range all {
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("%w: no. %d %w", ErrBroken, i+1, err)
		}
	}
	return all, nil
}

// check returns why a subject says nothing, or two things.
func (s Subject) check() error {
	switch {
	case s.Server == "" || s.Secret == "":
		return errors.New("names no server, or no secret")
	case s.EveryTool == (s.Tool != ""):
		return errors.New("is for one tool, or for every tool")
	case !utf8.ValidString(s.Server + s.Principal + s.Account + s.Secret + s.Tool + s.To):
		return errors.New("has a text that is no UTF-8, of which JSON would make another")
	case max(len(s.Server), len(s.Principal), len(s.Account), len(s.Secret), len(s.Tool), len(s.To)) > maxText:
		return fmt.Errorf("has a text of more than %d bytes", maxText)
	}
	return nil
}

// Encode is the other direction of [Decode].
func Encode(all []Permission) (string, error) {
	for _, p := range all {
		if err := p.check(); err != nil {
			return "", fmt.Errorf("a permission %w", err)
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return "", err
	}
	if len(all) > maxCount || text.Len() > MaxSize {
		return "", fmt.Errorf("there is no room for more than %d permissions, or %d bytes of them: \"disallow\" makes room", maxCount, MaxSize)
	}
	return text.String(), nil
}

// With returns all with p, in place of an earlier one for the same, and without those that are over.
func With(all []Permission, p Permission) []Permission {
	all = slices.DeleteFunc(slices.Clone(all), func(other Permission) bool {
		return other.Subject == p.Subject || !p.Made.Before(other.Until)
	})
	return append(all, p)
}

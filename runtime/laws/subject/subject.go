// Package subject is what the two servers that the laws are tried on have in common: what their tools use, say and leak. It
// knows no SDK. Package subject/mcpgo is the server on mcp-go, and subject/gosdk that on the official SDK:
//
//	subject                                    serves on standard input and output
//	subject -http 127.0.0.1:8080               serves at http://127.0.0.1:8080/mcp; the bearer token is the principal
//
// With SUBJECT_BARE set, they serve without the runtime around the server, for a comparison.
package subject

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"log"
	"os"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/runtime/laws/subject/vault"
	"github.com/mcpsecrets/mcpsecrets/runtime/usercmd"
)

// A Subject is a server with secrets.
type Subject struct {
	*vault.Secrets
	Bare bool // serve it without the runtime

	exports []any // see Export
}

// Export has the tool show show what an adapter exports that may hold secrets.
func (s *Subject) Export(values ...any) { s.exports = values }

// Main is the main function of a subject. serve serves it over HTTP at an address, or on standard input and output if that is
// empty.
func Main(serve func(s *Subject, address string) error) {
	log.SetPrefix("subject: ")
	v, err := vault.OpenSecrets()
	if err != nil {
		log.Fatal(err)
	}
	if code, ok := usercmd.Run(v.Manager, os.Args[1:]); ok {
		os.Exit(code)
	}
	address := flag.String("http", "", "serve streamable HTTP at `ADDRESS`/mcp")
	flag.Parse()
	if err := serve(&Subject{Secrets: v, Bare: os.Getenv("SUBJECT_BARE") != ""}, *address); err != nil {
		log.Fatal(err)
	}
}

// A Tool is what a tool does that returns a text, whatever the SDK. Its arguments are JSON.
type Tool func(ctx context.Context, arguments json.RawMessage) (text string, err error)

// Tools are the tools that return a text, by name.
func (s *Subject) Tools() map[string]Tool {
	return map[string]Tool{
		"plain":   func(context.Context, json.RawMessage) (string, error) { return "no secret", nil },
		"use":     s.use,
		"collect": s.collect,
		"panic":   s.panic,
		"mask":    s.mask,
		"state":   state,
		"show":    s.show,
		"crash":   s.crash,
	}
}

func (s *Subject) use(ctx context.Context, _ json.RawMessage) (string, error) {
	key, err := s.Key(ctx, "Use the key")
	if err != nil {
		return "", err
	}
	return Fingerprints(key.Reveal()), nil
}

func (s *Subject) collect(ctx context.Context, _ json.RawMessage) (string, error) {
	key, err := s.Prefixed(ctx, "Use the other key")
	if err != nil {
		return "", err
	}
	return Fingerprints(key.Reveal()), nil
}

func (s *Subject) panic(ctx context.Context, _ json.RawMessage) (string, error) {
	key, err := s.Key(ctx, "Panic with the key")
	if err != nil {
		return "", err
	}
	panic(key.Reveal())
}

// Fingerprints says which values a tool got, and none of them.
func Fingerprints(values ...string) string {
	sums := make([]string, len(values))
	for i, value := range values {
		sum := sha256.Sum256([]byte(value))
		sums[i] = hex.EncodeToString(sum[:8])
	}
	return strings.Join(sums, " ")
}

// Words are what the tool say is told to return: a result, and the structure in it, as they stand in JSON.
type Words struct{ Result, Structure string }

// WordsOf reads the arguments of the tool say. Its result is to be decoded into the SDK's own.
func WordsOf(arguments json.RawMessage, result any) (Words, error) {
	var w Words
	err := decode(arguments, &w)
	return w, errors.Join(err, json.Unmarshal([]byte(w.Result), result))
}

// decode decodes arguments, of which there may be none.
func decode(arguments json.RawMessage, into any) error {
	if len(arguments) == 0 {
		return nil
	}
	return json.Unmarshal(arguments, into)
}

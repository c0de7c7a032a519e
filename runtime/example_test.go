package secrets_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// A test of a server gives it a store in memory and a user who answers by a script.
func Example_testing() {
	var t testing.TB = printer{} // in a test, its t

	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	user.Types("Petstore API key", "pets-0123456789abcdef").Answers(secrets.AllowSession)

	vault, err := petstore.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := vault.Manager.Background(context.Background()) // in a handler, its own context
	key, err := vault.APIKey(ctx, "Read one pet of your store")
	fmt.Println(key, err)
	for _, shown := range user.Shown() {
		fmt.Println("---")
		fmt.Println(shown.Text())
	}
	// Output:
	// [redacted] <nil>
	// ---
	// petstore: Petstore API key
	// The program petstore asks for: Petstore API key
	// Create one under Account, API keys.
	// The value must have at least 16 characters, must begin with pets-.
	// ---
	// petstore asks for permission
	// petstore wants to use: Petstore API key
	// Asked for by the server itself, not by a tool.
	// Reason: Read one pet of your store
	// Petstore API key goes to petstore.example
	//
	// "Allow for session" lets every tool of petstore use it until you restart petstore.
}

func ExampleManager_Reject() {
	vault, err := petstore.OpenSecrets(secrets.WithStore(runtimetest.NewStore()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = vault.Manager.Close() }()
	// When the upstream server answers 401:
	err = vault.Manager.Reject(context.Background(), petstore.KeyAPIKey(), "The pet store does not know this key.")
	fmt.Println(errors.Is(err, secrets.ErrRejected))
	fmt.Println(err)
	// Output:
	// true
	// api_key was rejected: The pet store does not know this key. Call again: the user is then asked for another value.
}

// printer stands in for the t of a test.
type printer struct{ testing.TB }

func (printer) Cleanup(func())                 {}
func (printer) Errorf(format string, a ...any) { fmt.Printf(format+"\n", a...) }

// Package runtimetest stands in for the keychain, the person and the API in tests of MCP servers that use mcpsecrets: [Store] keeps
// values in memory, [User] answers dialogs by a script and fails the test on a question that nobody expected, and [Serve] gets
// what generated clients send.
//
//	user := runtimetest.NewUser(t)
//	user.Types("Petstore API key", "pets-0123456789abcdef")
//	user.Answers(secrets.AllowOnce)
//	vault, err := OpenSecrets(secrets.WithStore(runtimetest.NewStore()), secrets.WithPrompter(user))
//
// A test that calls a getter itself, outside any request of a client, does so with the context of
// [secrets.Manager.Background].
package runtimetest

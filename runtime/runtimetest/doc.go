// Package runtimetest stands in for the keychain and the person in tests of MCP servers that use mcpsecrets: [Store] keeps
// values in memory, [User] answers dialogs by a script and fails the test on a question that nobody expected.
//
//	user := runtimetest.NewUser(t)
//	user.Types("Petstore API key", "pets-0123456789abcdef")
//	user.Answers(secrets.AllowOnce)
//	vault, err := OpenSecrets(secrets.WithStore(runtimetest.NewStore()), secrets.WithPrompter(user))
//
// Package desktop, below this one, gives tests a real keychain and real dialogs.
package runtimetest

// Package e2e tests the built pet store with MCP clients that nobody here wrote, a real keychain and real windows.
//
// CLIENTS.md says which clients, revisions of MCP and transports. It is made of the table in clients_linux_test.go, and
// journey_linux_test.go is what each of them goes through. The clients from npm are in testdata/clients, with locked versions.
package e2e

// Package consent decides who may use which secret. It asks each question once for all calls that want to know the answer,
// remembers what was allowed and refused, and has questions wait for their turn.
//
// Begin at [Desk.Permit]; a [Call] is one request of an MCP client. What a question says and how it is shown come from the
// caller, as [Words]: the package knows no stores, no dialogs and no MCP. It never has a value either, only fingerprints.
//
// The files, in the order in which a question walks through them:
//
//	desk.go      the Desk, and work that outlives a call
//	call.go      the Call: what was allowed for it alone, how long it may be held
//	question.go  Permit: joining a question, asking it, what follows from the answer
//	open.go      the single flight by which calls join what is open, and who wants to know it; intake uses it too
//	return.go    which calls are expected to come again, and what stays open for them
//	queue.go     one form or dialog at a time
//	grant.go     what was allowed for the session
//	backoff.go   what was refused lately
//	handle.go    questions put by input requests, and their single-use handles
//	bound.go     how the tables stay bounded
//	clock.go     what is over by the clock
//
// There are two kinds of lock, and their order is: Desk.mu, then Call.mu. Neither is held while somebody is asked or a
// store is read. A method whose name ends in Locked wants Desk.mu held.
package consent

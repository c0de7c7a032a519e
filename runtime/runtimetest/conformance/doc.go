// Package conformance tests what a server promises, whatever MCP SDK it is written with. Clients of the official SDK, of
// revisions 2026-07-28, 2025-11-25 and 2025-06-18, come to a server of an [Adapter]: on the stdio of another process, over
// HTTP, and in the same process.
//
//	func TestConformance(t *testing.T) {
//		conformance.TestAdapter(t, conformance.Adapter{New: newServer})
//	}
package conformance

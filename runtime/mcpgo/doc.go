// Package mcpgo connects a server on github.com/mark3labs/mcp-go with its secrets: it says of each request who sent it and how
// its client can be asked, turns failures into results that a model can read, and masks secrets in what leaves.
//
//	v, err := vault.OpenSecrets() // generated
//	srv := server.NewMCPServer("petstore", "1.0.0", mcpgo.Option(v.Manager))
//	srv.AddTool(whoami, mcpgo.Tool(v.Login, "Say who you are", s.whoami))
//	err = mcpgo.ServeStdio(v.Manager, srv)
//
// Begin with [Option]. A getter can also be called inside any handler of the server. Servers on the official SDK use package
// gosdk, which has the same names.
//
// # Whom a request belongs to
//
// A client on standard input, or in this process and started by its Start, is the process's own. Over HTTP a request belongs to
// the principal that [secrets.WithPrincipal] put into its context. Without one, a caller on this computer is served secrets by
// a native dialog for each use, if [HTTPHandler] or [ServeHTTP] serves. Everybody else is refused.
//
// # Forms that are withdrawn
//
// When a call is cancelled, so are its questions. mcp-go has no way to tell a client that it may close a form which is asked in
// place, so the form may stay on the screen; an answer to it allows nothing. The official SDK tells the client.
//
// # What is masked
//
// Where a function of this package serves, it masks all that leaves, such as results and notifications, once, as it is written.
// Hooks and middleware of the author's own see a result before that, and mcp-go's tracer sees errors as handlers return them.
// Anywhere else the middleware of [Option] masks results and errors, and so it does with a result that mcp-go keeps, such as
// that of a task.
//
// Notifications are not masked for a client that comes by another way, also by mcp-go's own transport in this process or in a
// handler. Nor, in a server with two managers, is what the other manager handed out. The log says so, once.
package mcpgo

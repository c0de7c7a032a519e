package gosdk

import (
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// ServeOn is ServeStdio on any input and output.
var ServeOn = serveStdio

// SmallHandler is HTTPHandler without a guard, for few sessions.
func SmallHandler(srv *mcp.Server, limit int) http.Handler {
	h := newHandler(srv)
	h.stateful.limit = limit
	return h
}

// VisitHeader is the header by which a request's visit is found.
const VisitHeader = visitHeader

// Visits returns how many requests our handlers are serving.
func Visits() (n int) {
	visits.Range(func(any, any) bool { n++; return true })
	return n
}

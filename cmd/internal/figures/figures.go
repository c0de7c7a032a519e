package main

const module = "github.com/mcpsecrets/mcpsecrets"

// A figure is a line of the table.
type figure struct {
	folder    string // of the benchmark
	benchmark string
	ours      string // what is measured
	floor     string // and against what
}

var figures = []figure{
	{"templates", "Generate/10", "generate code for 10 secrets", "`go/format` on the same code"},
	{"templates", "Generate/100", "for 100", "the same"},
	{"templates", "Generate/1000", "for 1,000", "the same"},
	{"templates", "Generate/10000", "for 10,000", "the same"},
	{"templates", "GenerateAlternatives/100", "for 100 secrets that say all that a schema can", "the same"},
	{"templates", "GenerateAlternatives/1000", "for 1,000 of them", "the same"},
	{"templates", "GenerateAlternatives/10000", "for 10,000 of them", "the same"},
	{"cmd/mcpsecrets-gen", "HundredPackages", "generate for a server of 100 packages, with its reasons", "`go list -deps -export` of it"},
	{"runtime/internal/keychain", "Get", "read a value from the keychain", "a bare search and read on one connection"},
	{"runtime/internal/keychain", "GetByMany", "64 calls that read it at once", "one bare search and read"},
	{"runtime/internal/keychain", "GetMany", "64 calls at once that read a value each", "64 bare searches and reads at once on one connection"},
	{"runtime/internal/keychain", "GetAgainstGoKeyring", "read a value from the keychain", "go-keyring's `Get`"},
	{"runtime/internal/keychain", "Set", "store a value, and read it back", "a bare `SetSecret`"},
	{"runtime/internal/store/files", "Get", "read a value from a mounted file", "`os.ReadFile` of it"},
	{"runtime/internal/store/age", "Get/X25519", "read a value from a file that age has encrypted", "a bare decryption of the file"},
	{"runtime/internal/store/age", "Get/hybrid", "by a key against quantum computers", "the same"},
	{"runtime/mcpgo", "ToolWithoutSecret", "call a tool that uses no secret, on mcp-go", "the same without the middleware"},
	{"runtime/mcpgo", "ToolWithGrantedSecret", "call a tool with a granted secret", "a tool that reads the keychain itself"},
	{"runtime/mcpgo", "ToolWithDestination", "with one that has `sent_to`", "a tool that makes one bare search and read"},
	{"runtime/mcpgo", "Gate", "with one from a store in memory", "a tool that reads that store itself"},
	{"runtime/mcpgo", "Result/clean", "return 1 MB over standard output, where a secret is known", "the same without mcpsecrets"},
	{"runtime/mcpgo", "Result/hit", "with one key in it", "the same"},
	{"runtime", "Request/HTTP1", "send a request over TLS with a granted secret", "read the keychain, and send the same by the base"},
	{"runtime", "Request/HTTP2", "over HTTP/2", "the same"},
	{"runtime", "RequestFromMemory", "with one from a store in memory", "read that store, and send the same by the base"},
	{"runtime/gosdk", "ToolWithoutSecret", "call a tool that uses no secret, on the official SDK", "the same without the middleware"},
	{"runtime/gosdk", "ToolWithGrantedSecret", "call a tool with a granted secret", "a tool that reads the keychain itself"},
	{"runtime/gosdk", "Result/clean", "return 1 MB over standard output, where a secret is known", "the same without mcpsecrets"},
	{"runtime/gosdk", "Result/hit", "with one key in it", "the same"},
	{"runtime/internal/guard", "JSON/prose", "guard a result of 1 MB: prose", "`json.Marshal` of the same result"},
	{"runtime/internal/guard", "JSON/code", "code", "the same"},
	{"runtime/internal/guard", "JSON/small-leaves", "structured content", "the same"},
	{"runtime/internal/guard", "JSON/JSON-in-text", "JSON in a text", "the same"},
	{"runtime/internal/guard", "JSON/escapes-in-text", "JSON in a text, all of it `\\uXXXX`", "the same"},
	{"runtime/internal/guard", "Hits/1", "a result of 1 MB with one key in it", "the same"},
	{"runtime/internal/guard", "Hits/1000", "with 1,000 keys in it", "the same"},
	{"runtime/internal/guard", "Hits/20000", "with 20,000 keys in it", "the same"},
	{"runtime/internal/guard", "Known/100", "a result of 1 MB, where 100 secrets are known", "the same"},
	{"runtime/internal/guard", "Known/1000", "where 1,000 are known", "the same"},
	{"runtime/internal/guard", "Long", "a result of 10 MB", "the same"},
	{"examples/petstore", "Start/mcp-go/time", "start the pet store on mcp-go, list its tools, end it", "the same without mcpsecrets"},
	{"examples/petstore", "Start/mcp-go/memory", "most memory of that", "the same"},
	{"examples/petstore", "Start/official/time", "start it on the official SDK, list its tools, end it", "the same without mcpsecrets"},
	{"examples/petstore", "Start/official/memory", "most memory of that", "the same"},
}

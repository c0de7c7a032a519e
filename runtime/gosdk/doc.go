// Package gosdk connects the secrets of a server to an MCP server of the official SDK,
// github.com/modelcontextprotocol/go-sdk. Begin with [Install] and one of [ServeStdio] and [ServeHTTP]:
//
//	v, err := vault.OpenSecrets() // generated from secrets.yaml
//	srv := mcp.NewServer(&mcp.Implementation{Name: "petstore", Version: "1.0.0"}, nil)
//	mcp.AddTool(srv, &mcp.Tool{Name: "whoami"}, gosdk.Tool(v.Login, "Say who you are", s.whoami))
//	mcp.AddTool(srv, &mcp.Tool{Name: "get_pet"}, func(ctx context.Context, req *mcp.CallToolRequest, in petID) (*mcp.CallToolResult, Pet, error) {
//		key, err := v.APIKey(ctx, "Read one pet of your store")
//		if err != nil {
//			return nil, Pet{}, err
//		}
//		... key.Reveal() ...
//	})
//	gosdk.Install(srv, v.Manager)
//	err = gosdk.ServeStdio(v.Manager, srv)
//
// # Whom a request belongs to
//
// A session of [ServeStdio] or [Connect] is the process's own. Over HTTP a request belongs to the UserID of its token: put
// auth.RequireBearerToken in front of [HTTPHandler]. A token without a UserID counts as none, and the log says so, once.
// Without a token, a caller on this computer is served secrets by a native dialog for each use. Everybody else is refused, and
// so is who comes by another handler or transport of the SDK, such as mcp.Server.Run, since nothing says with certainty who
// that is.
//
// # How the client is asked
//
// A client of revision 2026-07-28 is asked by input requests: tools, prompts and resources run again with the answer. An older
// one is asked in place, if it declared that it can show forms. Where neither can be done, a native dialog asks.
package gosdk

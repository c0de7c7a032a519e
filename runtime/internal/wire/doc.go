// Package wire sends HTTP requests with a credential to the hosts that it is for, and nowhere else.
//
// Begin with [New]. It knows neither the schema, nor who may use what, nor MCP: its [Config] has functions for that. One call of
// RoundTrip is one hop, since an http.Client calls it anew for each redirect:
//
//  1. Where does the request go? Its URL is put into one spelling, and compared with the [Place]. What goes elsewhere is
//     refused; a redirect that leads elsewhere goes on and carries nothing, and so does all that follows it. (place.go, below.go)
//  2. [Config.Get] hands out the [Credential], which may ask a person.
//  3. A copy of the request gets the credential, and that copy is sent by a transport of our own. (credential.go, base.go)
//  4. The answer is given back with the caller's request in it, and with the credential masked. (answer.go)
//
// [RPC] does the same for gRPC, which sends by itself: what is compared is what its connection has proved. (rpc.go)
//
// # What holds
//
//   - What was compared is what is sent: the copy's URL is the spelling that was compared, and its Host is that URL's.
//   - The copy, and the connections that it is written on, are where no field of what a caller holds leads: the values that a caller
//     gets, the round tripper and the bodies, have functions alone. A caller's trace hooks, and its context's values, are not
//     on the copy's context. Its hook for a proxy is shown a request that carries nothing.
//   - Names are resolved as the base has it: over TLS, the certificate says who answers. So a base is refused that does not check
//     it, or that writes keys down. In plain http, a name of this computer is dialled at this computer only, and a connection that is
//     none of package net is not written to.
//
// It is no boundary against the server's own code, which is in the same process and can read its memory.
package wire

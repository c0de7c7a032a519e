// Package nothttp shows how a server uses its secrets where nothing of it is an HTTP request: calls by gRPC, a library that takes a token
// source, and a database. Each function is one that a server would have; the tests run them against real libraries and servers.
//
// The user is asked by the same questions as for a getter, whenever a value is used. What is then logged in stays so: read what
// [OpenDB] and [OpenPool] say of that.
package nothttp

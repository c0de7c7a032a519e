// Package emit writes what a schema says in the formats in which MCP servers declare the same to others, and reads it back:
// begin with [Write] and [Read]. Each format is one file that has both directions. How a file of somebody else is changed in some
// places only is in package jsonc and in yaml.go, and entry.go has what all formats share.
//
// An emitted file is honest. With this module a value need not be in the configuration of a client at all: no secret is
// required there, each says that it may stay empty, and none has a default. The runtime reads environment variables
// only where whoever runs the server has chosen that, so by default nothing that is emitted hands a value to the server: where a
// format can't but name a variable, the text says that it is not read. [Options].Env is for a server that reads them.
//
// What a format can't say stands in the text that a person reads. What is written, read and written again has the same bytes.
package emit

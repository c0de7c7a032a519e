// Package schema reads secrets.yaml, in which the author of an MCP server says which secrets the server needs. Begin with
// [Parse]; it reports every mistake of a file in one run, each with its line and column.
//
// # The file
//
//	# yaml-language-server: $schema=./secrets.schema.json
//	version: 1
//	server: petstore                    # keychain service com.mcp.petstore
//	secrets:
//	  api_key:
//	    label: Petstore API key
//	    field_type: password
//	    required: true
//	    help_text: Create one under Account, API keys.
//	    min_length: 16
//	    remember: 8h
//	    sent_to: base_url
//	  base_url:
//	    label: API endpoint
//	    field_type: url
//	    schemes: [https, http]
//	    default: https://petstore.example/api/v3
//	    permission: none
//	  sort_order:
//	    field_type: choice
//	    choices: [name, {value: "-name", go_name: NameDescending}]
//	    default: name
//	groups:
//	  login: [api_key, base_url]
//	  listing: {secrets: [sort_order, base_url], go_name: ListOptions}
//
// YAML and JSON are read alike; a file that begins with "{" is JSON. Everything but version, server and secrets may be
// left out, and null or an empty text counts as left out. The name of a secret or group has 1 to 100 lower-case letters,
// digits, "_", "." and "-".
//
// # The keys of a secret
//
//	label         what a person calls it; shown in every dialog and question (the secret's name)
//	field_type    text, password, url, email, integer, boolean, choice, duration or multiline (password)
//	required      whether a person is asked for it when it is missing (false)
//	default       the value that serves until another is stored; with required, the value that is offered
//	help_text     where to find it and what it is for; may have several lines
//	placeholder   an example of how a value looks; never a value
//	permission    whose word a use needs: ask, dialog or none (ask)
//	remember      how long "Allow for session" lasts, such as 30m (until the server is restarted; over HTTP 8h)
//	scope         what "Allow for session" covers: server or tool (server)
//	sent_to       the name of the url secret that says where this one is sent
//	renamed_from  a former name, or a list of them, whose stored value is still found
//	deprecated    why it should no longer be used, and what to use instead
//	go_name       the name in Go, where the one made from the secret's name won't do
//
// Rules for values. They, and every default, are those of [field.Field]:
//
//	min_length    in characters; text, password and multiline, as the next three
//	max_length    in characters
//	pattern       an RE2 expression that must match the whole value
//	prefix        what every value begins with, such as sk_live_
//	schemes       the URL schemes that are accepted; url, as the next two (https, http)
//	hosts         the hosts that are accepted, such as api.example.com or *.example.com (all)
//	user_info     whether user:password@ may stand before the host (false)
//	min           the least value; integer
//	max           the greatest value; integer
//	choices       the values to choose from, each a text or {value: text, go_name: Name}; choice, which needs it
//
// A default must obey the rules, and password and multiline can't have one: it would be committed. Nor can they have
// permission none.
package schema

import _ "embed"

// JSONSchema describes the file format for editors, in draft 7, which the YAML extensions of editors know best.
//
//go:embed secrets.schema.json
var JSONSchema []byte

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
//	  ticket:    {field_type: password}
//	  token:     {required_when: {sort_order: name}}
//	  username:  {field_type: text}
//	  password:  {field_type: password}
//	  client_certificate: {field_type: multiline}
//	  client_key:         {field_type: multiline}
//	groups:
//	  login: [api_key, base_url]
//	  listing: {secrets: [sort_order, base_url], go_name: ListOptions}
//	one_of:
//	  sign_in:
//	    label: How do you sign in?
//	    ticket: {label: Single ticket, secrets: [ticket]}
//	    account: [username, password]
//	all_or_none:
//	  mtls: [client_certificate, client_key]
//
// YAML and JSON are read alike; a file that begins with "{" is JSON. Everything but version, server and secrets may be
// left out, and null or an empty text counts as left out. The name of a secret or group has 1 to 100 lower-case letters,
// digits, "_", "." and "-". The server's name is any of up to 64 characters that a person can read, without ":".
//
// # The keys of a secret
//
//	label         what a person calls it, in up to 40 columns; shown in every dialog and question (the secret's name)
//	field_type    text, password, url, email, integer, boolean, choice, duration or multiline (password)
//	required      whether a person is asked for it when it is missing (false)
//	required_when  settings on which it depends whether a person is asked for it: see below
//	default       the value that serves until another is stored; with required, the value that is offered
//	help_text     where to find it and what it is for, in up to 8 lines of 60 columns
//	placeholder   an example of how a value looks, in up to 100 columns; never a value
//	permission    whose word a use needs: ask, dialog or none (ask)
//	remember      how long "Allow for session" lasts, such as 30m (until the server is restarted; over HTTP 8h)
//	scope         what "Allow for session" covers: server or tool (server)
//	sent_to       the name of the url secret that says where this one is sent
//	renamed_from  a former name, or a list of them, whose stored value is still found; any text of one line
//	deprecated    why it should no longer be used, and what to use instead
//	go_name       the name in Go, in ASCII, where the one made from the secret's name won't do
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
// What people read is shown whole, so it is bounded: Latin, Greek and Cyrillic characters take a column, others two.
//
// Some value must be within the rules: a pattern that matches none is refused, with a prefix or a length that none has.
//
// A default must obey the rules, and password and multiline can't have one: it would be committed. Nor can they have
// permission none.
//
// # What depends on what
//
// With required_when: {auth_mode: cloud} a person is asked for a secret only while the choice auth_mode has the value cloud; of
// several settings all must hold, and of a list of values one. A setting is a choice, a boolean or a one_of, and one that is
// unset holds nothing. It is asked for first.
//
// An entry of one_of has alternatives, by name, each a list of secrets or {secrets: list, label: text, go_name: Name}; beside
// them a label for the dialog that offers them, a help_text, a go_name, and required, which is true unless the author says otherwise.
//
// One getter returns the members of the alternative that was chosen, and nothing of the others. Which one that is is stored
// under the name of the one_of, in one go with the values that were asked for. While nobody has chosen, it is the one alternative
// of which all members are stored. Who must enter a member again is offered the alternatives again.
//
// An entry of all_or_none is a list of secrets, or a mapping like that of a group. Once one of them is stored, the others are
// asked for; nobody is asked while none is.
//
// The members of both have no getter of their own, and are in no group and no other such entry. They say neither default nor
// required_when: whether they are asked for is said here.
//
// # What a person enters
//
// A dialog, a terminal and a file make the same of the same text. What surely is an accident of copying is taken off: the
// marks of a terminal's bracketed paste; a byte order mark, zero-width and no-break characters around the value; spaces and
// line ends around a value of one line. Of multiline, every line end becomes LF, and the spaces around it stay.
//
// What may be meant is refused, with its name and place: a zero-width space inside a key, say. Only where such a character
// spells a word or makes an emoji may text and multiline have it, and JSON in its strings. The rules above are looked at
// after that. A default must be what would be stored if it were entered.
//
// With user_info, a url has one @, which ends the user information; elsewhere it is written %40, and so are /, ?, #, : and %
// in a user name or password (RFC 3986, section 2.1). Readers would differ on the host of any other. Without user_info, an
// @ behind the host is accepted unless host and port look like a user name and a password that was cut.
//
// What another program has stored is never changed: it is handed out as it is, or asked for again if it breaks a rule.
package schema

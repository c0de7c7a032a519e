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
//	    sent_as: bearer
//	    revealed: false
//	  base_url:
//	    label: API endpoint
//	    field_type: url
//	    schemes: [https]
//	    default: https://petstore.example/api/v3
//	    permission: none
//	  sort_order:
//	    field_type: choice
//	    choices: [name, {value: "-name", label: Name from Z, go_name: NameDescending}]
//	    default: name
//	    permission: none
//	  ticket_office: {field_type: password, sent_to: base_url}
//	  ticket:    {field_type: password}
//	  token:     {required_when: {sort_order: name}}
//	  mail_user:     {field_type: text}
//	  mail_password: {field_type: password, sent_to: [mail.example.com, "localhost:8080"], reject_on: [401, 403]}
//	  username:  {field_type: text}
//	  password:  {field_type: password}
//	  client_certificate: {field_type: multiline}
//	  client_key:         {field_type: multiline}
//	groups:
//	  login: [ticket_office, base_url]
//	  mail: {secrets: [mail_user, mail_password], sent_as: basic}
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
//	field_type    text, password, url, email, integer, number, boolean, choice, duration, multiline or file (password)
//	confidential  whether values are hidden while typed, masked and never shown (true for password, multiline and file, else false)
//	required      whether a person is asked for it when it is missing (false)
//	required_when  settings on which it depends whether a person is asked for it: see below
//	default       the value that serves until another is stored; with required, the value that is offered
//	help_text     where to find it and what it is for, in up to 8 lines of 60 columns
//	docs          an https link to where it is explained; in dialogs, the client's form, the terminal and errors
//	placeholder   an example of how a value looks, in up to 100 columns; never a value
//	examples      a list of values, or of a list of items; the first is the placeholder where none is given, of a list all
//	permission    whose word a use needs: ask, dialog or none (ask)
//	remember      how long "Allow for session" lasts, such as 30m (until the server is restarted; over HTTP 8h)
//	scope         what "Allow for session" covers: server or tool (server)
//	standing      whether a person may allow a use beforehand, with the command "secrets allow" (true; with permission dialog false)
//	sent_to       the name of the url, or of the text of format host or host_port, that says where this one is sent (of a
//	              confidential url, its own host; of a list, all of its hosts, in up to 259 characters together); or a list
//	              of fixed hosts, such as [api.example.com, "*.example.com"]
//	sent_as       how the transport puts the value into a request: bearer, {header: X-API-Key, format: "Token {value}"} or
//	              {query: key}; text, password and email
//	revealed      whether the server's code can get the value; if not, only the transport uses it (true)
//	reject_on     statuses of an answer that say that the value is wrong ([401])
//	insecure      whether the transport sends the value in plain http too, beyond this computer (false)
//	renamed_from  a former name, or a list of them, whose stored value is still found; any text of one line
//	deprecated    why it should no longer be used, and what to use instead
//	go_name       the name in Go, in ASCII, where the one made from the secret's name won't do
//	env           the environment variable under which servers take it, or a list of them; read where MCP_SECRETS_STORE has env
//
// Rules for values. They, and every default, are those of [field.Field]:
//
//	min_length    in characters; text, password, multiline and file, as the next six
//	max_length    in characters
//	pattern       an RE2 expression that must match the whole value
//	pattern_help  what a person reads instead of the expression; it continues "The value must be"
//	prefix        what every value begins with, such as sk_live_, or a list of which it begins with one
//	format        what a text is: pem, json, yaml, jwt, base64, uuid, date, host, port, host_port or path: see below
//	keys          the keys that the object of format json must have, such as [client_email, private_key]
//	schemes       the URL schemes that are accepted; url, as the next two (https, http)
//	hosts         the hosts that are accepted, such as api.example.com or *.example.com (all)
//	user_info     whether user:password@ may stand before the host (false)
//	min           the least value, such as 1, 0.5 or 30s; integer, number and duration, as the next
//	max           the greatest value
//	choices       the values to choose from, each a text or {value: eu, label: Europe, go_name: EU}; choice, which needs it
//	open          whether another value than the choices is accepted too; choice (false)
//	list          whether there are several values, each by the rules for one (false); not for boolean, multiline and file
//	min_items     how many there must be; a list, as the next two (1)
//	max_items     how many there may be
//	unique        whether no two items may be the same value (false)
//	derived       of what others it is made, such as "Bearer {token}"; text, password and url. Beside it there is only label, field_type,
//	              confidential, help_text, deprecated and go_name
//
// What people read is shown whole, so it is bounded: Latin, Greek and Cyrillic characters take a column, others two.
//
// Some value must be within the rules: a pattern is refused that matches no value with the prefixes and of the length that are given.
//
// Of a choice, the value is stored and returned. A dialog lists the labels; in a terminal, a status and a problem the label
// stands behind the value, as in "eu (Europe)", and a person may type either. No two may be shown alike, nor one as another's
// value, nor as a row of the dialog's own; what begins with "-" is no row of a list, so such a value needs a label. All that
// holds for alternatives too.
//
// A format is checked, and says the Go type, of which a secrets.Confidential is made where it is confidential:
//
//   - pem (multiline and file): a secrets.PEM, of whole blocks, whose certificates are parsed
//   - json (text, password, multiline and file): a json.RawMessage
//   - yaml (multiline and file): a string; a mapping or list, which is looked at and not read, since the runtime has no reader of YAML
//   - jwt (text and password): a string; what it says, and who signed it, is for whoever takes it
//   - base64 (text, password, multiline and file): the []byte, of either alphabet, padded or not
//   - uuid (text and password): a string
//   - date (text, as the next four): a time.Time in UTC, such as 2026-12-31
//   - host: a string, a name or address as it is looked up
//   - port: a uint16; a default is a text, such as "5432"
//   - host_port: a secrets.HostPort, since a netip.AddrPort has no names
//   - path: a string, a full path; ~ is the user's home folder
//
// A multiline is a copy of a file, in the keychain. Of a file, the keychain has the path, and the content is read at each use, and
// checked then: it is a plain file of up to 256 KB, and a confidential one belongs to its user, or root, and nobody else can
// read it (on Windows that is not looked at). Rules and format are those of the content, and the default is a path, such as
// ~/.kube/config. A grant is for the file, whatever it has.
//
// A number may have a fraction, and is finite. A duration is more than 0s unless min says otherwise.
//
// A default must obey the rules. What is confidential has none, since it would be committed; only a file has one, which is its path.
// Nor has it permission none.
//
// What is confidential need not be a password: a url with a token in it, or an integer that is a PIN, keeps the rules of its
// type. Its value is a secrets.Confidential. A confidential url may have user information without user_info, and unless sent_to
// says otherwise, the question names its own host. With a scheme such as postgres, mongodb, redis or amqp it is a connection URL:
// of several hosts, none, or a socket, where drivers of the scheme take that, and a secrets.Secret, since drivers take the text.
// Its hosts stand in one place, before the path or in a parameter such as host of postgres.
//
// A url of another scheme than http, https, ws and wss is refused if programs read it differently: for a #, or, in a list of URLs,
// for a comma that is not between hosts. It is refused too if it sends them elsewhere, as by a parameter with a host, a port, a proxy or
// a service.
//
// A boolean or a choice can't be confidential, since its few values are known. A password can't be public: text is that. A multiline
// that is public, such as the certificate of an authority, is a string. Nothing public has a private key in it.
//
// An example must obey the rules too. One of password or multiline must plainly be nobody's: with the word "example" in it, or of
// one character for the most part, such as sk_live_xxxxxxxxxxxxxxxx. It is refused as a value.
//
// # How a value is sent
//
// With sent_as there is a transport, an http.RoundTripper for the server's API client, which puts the value into each request
// that goes to a host of sent_to, and into no other. With revealed: false there is nothing else: no getter, and no place in what
// groups and All return. Then no derived secret may be made of it, and only groups that are sent may have it. Only what is
// confidential can be so. While an optional one is unset, requests go without it.
//
// A fixed host is written as requests are compared: in lower case, in ASCII, without a dot at its end, and with a port where
// that is not the one of https, or http. "*.example.com" stands for the hosts below example.com, if somebody registered that:
// below github.io or co.uk anybody can have a name (https://publicsuffix.org), and so below s3.amazonaws.com, which
// *.amazonaws.com does not cover. That list does not have every service whose customers choose a name. An address is written as it is, and has no wildcard. There are up to 10, as many as a question
// can name.
//
// What sent_to names has one value then, and is no list.
//
// Requests go by https, and to this computer itself (localhost, 127.0.0.0/8, ::1) also in plain http. So the url that sent_to names
// accepts the scheme https alone, unless its hosts are this computer, or unless the author says insecure: true, which questions
// then say.
//
// A header is none that the HTTP client writes itself (such as Host, Content-Length and Connection), none that goes to a proxy,
// and none that others take for nothing confidential (such as User-Agent and Referer). Cookie is none either, since a cookie jar
// writes it too, keeps what it gets, and asks nobody. A format has {value} once. Addresses, and with them their queries, are logged
// in many places: a header is better where the host takes one.
//
// A group can be sent as a whole, which {secrets: list, sent_as: form, go_name: Name} says. Its form is one of:
//
//   - basic: the two members are the user name and the password (RFC 7617)
//   - {sigv4: {id: NAME, secret: NAME, region: NAME, token: NAME, service: s3}}: the members sign each request (AWS Signature
//     Version 4), token may be left out, and service is its name in signatures
//
// The members have the same sent_to and insecure; one that may be shown can leave them out. A group with a member that is not
// revealed has no getter. An answer with a status of reject_on, which a secret or a member of such a group can have, rejects the
// value: the next use asks the person for another.
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
// What is derived of members of an alternative is a member of it too, beside them: it is set whenever they are, and nobody is
// asked for it.
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
// A list is entered with commas between its items, or each on a line of its own, which is the same in a dialog, a terminal, a
// file and the store. Spaces around an item are none of it. Where an item has a comma, the list is a JSON array of texts, such as
// ["a, b", "c"]; so is what else begins and ends with brackets. It is stored as "a, b, c", or as an array where that would be
// read otherwise. Of a list of choices, a dialog has a person tick some. Its default is a list of the file. There is one item at
// least: who leaves it empty leaves it unset. Of what is confidential, each item is so by itself, as a secrets.Confidential.
// There are no maps: a secret for each key has a name, a label and a permission of its own.
//
// # What is made of others
//
// A secret with derived is made of others whenever it is used, and never stored: their names stand in braces, and a brace that is
// meant is written twice. It is a text, a password or a url. In a text the parts are joined as they are. In a url such as
// postgres://{user}:{password}@{host}:{port}/{database}?sslmode={mode} each is escaped by its place (RFC 3986): in user, password,
// path, query and fragment all but unreserved characters are percent-encoded, so that a part is one segment of a path; as a host
// it is a name or an address, which gets its brackets, or the path of a socket where the drivers of the scheme take one; as a port
// a number. There is no part in the scheme, where none can be escaped, and no confidential one in the host or in what
// names it, such as a parameter. A part is one value of one line; it may be derived itself.
//
// It is confidential if a part is, and unset while a part is. A question for its use is one for the parts, and says where a
// url goes that is made of them. To reject it is to reject its confidential parts; who wants another sets a part.
//
// With user_info, a url has one @, which ends the user information; elsewhere it is written %40, and so are /, ?, #, : and %
// in a user name or password (RFC 3986, section 2.1). Readers would differ on the host of any other. Without user_info, an
// @ behind the host is accepted unless host and port look like a user name and a password that was cut.
//
// What another program has stored is never changed: it is handed out as it is, or asked for again if it breaks a rule.
package schema

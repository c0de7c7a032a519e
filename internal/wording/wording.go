// Package wording holds every sentence that a user can be shown or a model be told, and puts them together.
//
// The generator writes [English] into the manifest beside the generated code; the generated code embeds the manifest and
// the runtime reads its sentences from there. So what a reviewer read in the pull request is what is shown. Both sides put
// sentences together with the functions of this package: the generator with the holes left open, the runtime with them
// filled.
package wording

import (
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// Sentences are the sentences of one server. A word in braces is a hole: see [Holes].
type Sentences struct {
	Dialog   Dialog                `json:"dialog"`
	Form     Form                  `json:"form"`
	Question Question              `json:"question"`
	Failures map[Failure]string    `json:"failures"` // told to the model and written to logs
	Terminal map[Failure]string    `json:"terminal"` // added to a failure where the program has the terminal command
	Problems map[field.Kind]string `json:"problems"` // continue "The value ..."
	Notices  Notices               `json:"notices"`  // written to stderr
}

// Dialog has the sentences of the native dialog that asks for a value.
type Dialog struct {
	Title    string `json:"title"`
	Ask      string `json:"ask"`
	Docs     string `json:"docs"`      // where the field has a link
	Example  string `json:"example"`   // where the field has a placeholder
	Rules    string `json:"rules"`     // where the schema has rules for the value, or its format can't be guessed
	Content  string `json:"content"`   // instead of rules, where the value is the path of a file
	List     string `json:"list"`      // where the value is a list that is typed
	EachItem string `json:"each_item"` // instead of rules, of the items of a list
	InItem   string `json:"in_item"`   // in place of {problem}, where it is about one item of a list
	Optional string `json:"optional"`  // where the field may be left empty
	File     string `json:"file"`      // where the value is read from a file
	Path     string `json:"path"`      // where the value is the path of a file
	Step     string `json:"step"`      // where several values are asked for
	Again    string `json:"again"`     // after a value that broke a rule
	Wrong    string `json:"wrong"`     // after values that the server's own check found to be wrong
	WrongFor string `json:"wrong_for"` // instead of wrong, where the check says why
	Stale    string `json:"stale"`     // where the stored value breaks a rule
	Default  string `json:"default"`   // instead of stale, where nothing is stored and the default can't be used
	Rejected string `json:"rejected"`  // where the server found the value to be wrong
	Answered string `json:"answered"`  // why, where the transport saw that by a status
	OtherWay string `json:"other_way"` // where a value is asked for again of which there are alternatives
	Code     string `json:"code"`      // where an MCP client shows the same code
	CodeAny  string `json:"code_any"`  // instead of code, where the client has no name

	UnlockTitle string `json:"unlock_title"` // of the dialog that asks for the passphrase of a file of values, which also a terminal asks for
	Unlock      string `json:"unlock"`
	UnlockAgain string `json:"unlock_again"` // before it, after a wrong one
}

// Form has the sentences of the form that the MCP client shows while the dialog is open. It carries no secret.
type Form struct {
	Text    string `json:"text"`
	Match   string `json:"match"`
	Differ  string `json:"differ"`
	Docs    string `json:"docs"`    // for each label that has a link
	Waiting string `json:"waiting"` // progress, while a call is held
}

// Question has the sentences that ask for permission.
type Question struct {
	Title        string `json:"title"`
	Use          string `json:"use"`
	UseAll       string `json:"use_all"`       // instead of use, for several secrets, which are then listed
	Forget       string `json:"forget"`        // instead of use, by the tool secrets_forget
	By           string `json:"by"`            // where the server's code verified who calls
	ByUnverified string `json:"by_unverified"` // where nobody verified who calls
	Account      string `json:"account"`       // where the secret is of an account with a name; in dialogs and forms too
	Tool         string `json:"tool"`          // inside a tool call
	Outside      string `json:"outside"`       // outside any call
	Reason       string `json:"reason"`
	NoReason     string `json:"no_reason"`
	Unreviewed   string `json:"unreviewed"` // instead of reason, for one that the manifest does not have
	SentTo       string `json:"sent_to"`    // where the schema says where the value goes
	SentPlain    string `json:"sent_plain"` // instead of sent_to, where others may read along
	Item         string `json:"item"`       // of a list
	CoversServer string `json:"covers_server"`
	CoversTool   string `json:"covers_tool"`
	It           string `json:"it"`        // what {them} is for one secret
	Them         string `json:"them"`      // what {them} is for several
	UntilEnd     string `json:"until_end"` // what {until} is without a remember
	UntilElapsed string `json:"until_elapsed"`
	Allow        string `json:"allow"`
	AllowSession string `json:"allow_session"`
	Deny         string `json:"deny"`
	OnlyOnce     string `json:"only_once"` // where no grant can outlast the call
}

// Notices say what has happened: to who runs the server, on stderr, and to the model.
type Notices struct {
	Bypass    string `json:"bypass"`
	Instead   string `json:"instead"` // added to bypass where the program has the terminal command
	Cleared   string `json:"cleared"`
	Stored    string `json:"stored"`    // by the tool secrets_set
	Forgotten string `json:"forgotten"` // by the tool secrets_forget
	Account   string `json:"account"`   // added to what is told of secrets of an account with a name
	Docs      string `json:"docs"`      // added to a failure for want of a value, for each secret that has a link
	Elsewhere string `json:"elsewhere"` // added to a failure of the keychain, where another store can be chosen
}

// A Failure names a way in which a getter can fail.
type Failure string

// The failures, each with a sentence in [Sentences.Failures] that says the way out.
const (
	Denied         Failure = "denied"
	CodesDiffer    Failure = "codes_differ"
	Dismissed      Failure = "dismissed"
	Rejected       Failure = "rejected"
	NoDisplay      Failure = "no_display"
	NoDialog       Failure = "no_dialog"
	NobodyToAsk    Failure = "nobody_to_ask"
	DialogFailed   Failure = "dialog_failed"
	NoStore        Failure = "no_store"
	NoBus          Failure = "no_bus"
	NoKeyring      Failure = "no_keyring"
	StoreLocked    Failure = "store_locked"
	NotUnlocked    Failure = "not_unlocked"
	StoreTimeout   Failure = "store_timeout"
	StoreFailed    Failure = "store_failed"
	StoreMissing   Failure = "store_missing"
	Unsafe         Failure = "unsafe"
	ReadOnly       Failure = "read_only"
	ReadOnlySet    Failure = "read_only_set"
	TooBig         Failure = "too_big"
	Invalid        Failure = "invalid"
	NotSet         Failure = "not_set"
	Pending        Failure = "pending"
	UnknownKey     Failure = "unknown_key"
	OutsideCall    Failure = "outside_call"
	UnknownCaller  Failure = "unknown_caller"
	Unshown        Failure = "unshown"
	Closed         Failure = "closed"
	SentOnly       Failure = "sent_only"
	NotSent        Failure = "not_sent"
	NotRun         Failure = "not_run"
	UnknownAccount Failure = "unknown_account"
	CheckBroken    Failure = "check_broken"
)

// English returns the sentences that the generator writes into a manifest.
func English() Sentences {
	return Sentences{
		Dialog: Dialog{
			Title:    "{server}: {label}",
			Ask:      "The program {server} asks for: {label}",
			Docs:     "See {docs}",
			Example:  "Example: {placeholder}",
			Rules:    "The value {rules}.",
			Content:  "The content of the file {rules}.",
			List:     "It is a list: write commas between its items.",
			EachItem: "Each item {rules}.",
			InItem:   field.InItem,
			Optional: "You may leave it empty.",
			File:     "Choose the file that holds it.",
			Path:     "It is a file, which stays where it is and is read at each use.",
			Step:     "Value {number} of {total}",
			Again:    "Please try again: the value {problem}.",
			Wrong:    "Please try again: the server has checked what was typed, and it is wrong.",
			WrongFor: "Please try again: the server has checked what was typed, and it is wrong: {why}",
			Stale:    "The value that is stored can't be used any more: it {problem}.",
			Default:  "The default can't be used: it {problem}.",
			Rejected: "The value that is stored was rejected: {why}",
			Answered: "it was answered with {status}.",
			OtherWay: "The value for {member} is asked for next, unless you choose another way.",
			Code:     "Code {code}: compare first, go on only if \"{client}\", as it calls itself, shows the same.",
			CodeAny:  "Code {code}: compare first, go on only if the program that you chat in shows the same.",

			UnlockTitle: "{server} asks for a passphrase",
			Unlock:      "The program {server} asks for the passphrase of {place}, in which its secrets are.",
			UnlockAgain: "That was not the passphrase. Please try again.",
		},
		Form: Form{
			Text:    "{server} has opened a window on its computer that asks for: {labels}. The window shows the code {code}. Never type a secret here.",
			Match:   "The codes match",
			Differ:  "They differ",
			Docs:    "{label}: {docs}",
			Waiting: "Waiting for the user",
		},
		Question: Question{
			Title:        "{server} asks for permission",
			Use:          "{server} wants to use: {label}",
			UseAll:       "{server} wants to use: {number} secrets, listed below",
			Forget:       "{server} wants to remove the stored value of: {label}",
			By:           "Asked for by {principal}",
			ByUnverified: "Asked for by an unverified program on this computer.",
			Account:      "Account: {account}",
			Tool:         "Tool: {tool}",
			Outside:      "Asked for by the server itself, not by a tool.",
			Reason:       "Reason: {reason}",
			NoReason:     "The server gives no reason.",
			Unreviewed:   "The server gives a reason that was not reviewed.",
			SentTo:       "{label} goes to {host}",
			SentPlain:    "{label} can go to {host} without encryption, so that others on the way can read it",
			Item:         "- {item}",
			CoversServer: "\"Allow for session\" lets every tool of {server} use {them} {until}.",
			CoversTool:   "\"Allow for session\" lets the tool {tool} use {them} {until}.",
			It:           "it",
			Them:         "them",
			UntilEnd:     "until you restart {server}",
			UntilElapsed: "for {duration}",
			Allow:        "Allow",
			AllowSession: "Allow for session",
			Deny:         "Deny",
			OnlyOnce:     "\"Allow\" covers this one use.",
		},
		Failures: map[Failure]string{
			Denied:         "The user did not allow the use of {secrets}. Go on without it, and call again only if the user asks for it.",
			CodesDiffer:    "The user did not allow the use of {secrets}: the window that asked for it showed another verification code, so another program may have drawn that window. Nothing that was typed is used. Ask the user to close such windows, and to replace what was typed into one of them where it was issued; call again only if the user asks for it.",
			Dismissed:      "The user closed the window that asked for {secrets}. Go on without it, and call again only if the user asks for it.",
			Rejected:       "{secrets} was rejected: {why} Call again: the user is then asked for another value.",
			NoDisplay:      "{secrets} can't be asked for, since the server has no screen. If its computer has one, ask the user to start {server} with DISPLAY, or WAYLAND_DISPLAY, such as by the env of {server} in the MCP client's configuration.",
			NoDialog:       "{secrets} can't be asked for, since no dialog program was found. Ask the user to install zenity.",
			NobodyToAsk:    "Nobody can be asked for permission to use {secrets}: the server has no screen with a dialog program. Ask the user to start {server} on a desktop with zenity; if it is, with DISPLAY, or WAYLAND_DISPLAY, such as by the env of {server} in the MCP client's configuration.",
			DialogFailed:   "No window that asks for {secrets} could be shown and answered: {trouble}. Ask the user to put this right.",
			NoStore:        "No keychain answers on the server's computer, so {secrets} can't be kept. Ask the user to start a Secret Service such as gnome-keyring in the session that starts {server}.",
			NoBus:          "The server finds no keychain to keep {secrets} in: {trouble}. Ask the user to add {config} to {server} in the MCP client's configuration, or to its environment where no client starts it, with what the variable is in a terminal on their desktop; where there is no desktop, {server} needs a session with a bus and a Secret Service such as gnome-keyring.",
			NoKeyring:      "The keychain has no keyring yet to keep {secrets} in, and nobody answered its window, or could see it, that asks for the password of a new one. Ask the user to call again and answer that window, or to make a keyring where they have a screen.",
			StoreLocked:    "{secrets} can't be used: {place} is locked. Ask the user to unlock it, then call again.",
			NotUnlocked:    "{secrets} can't be used: {place} is locked, and the user closed the window that asks for its password. Go on without it, and call again only if the user asks for it; they can unlock {place} themselves.",
			StoreTimeout:   "{secrets} can't be used: {place} did not answer in time. Ask the user to look for its window or to restart it, then call again.",
			StoreFailed:    "{secrets} can't be used: {place} reported an error. The server's log says more.",
			StoreMissing:   "{secrets} can't be used: {place} is not there. Ask the user to make it, or to start {server} with another store.",
			Unsafe:         "{secrets} can't be used: others can read or change what is in {place}. The server's log says what, and the way out.",
			ReadOnly:       "{secrets} is not set, and {place} is only read here. Ask the user to {guide}.",
			ReadOnlySet:    "{secrets} is in {place}, which is only read here. To change it, ask the user to {guide}.",
			TooBig:         "The value of {secrets} is larger than {place} takes.",
			Invalid:        "The value of {secrets} can't be used: it {problem}. Ask the user to set another.",
			NotSet:         "{secrets} is not set. Ask the user to set it.",
			Pending:        "The user has not answered for {secrets} yet. Ask the user to answer the window or question that is open or opens next, and call again.",
			UnknownKey:     "The server asked for a secret that its schema does not have. This is a mistake in the server.",
			OutsideCall:    "{secrets} can't be used outside a tool call, since nobody can be asked here.",
			UnknownCaller:  "{secrets} can't be used here, since nothing says who calls, and nobody can be asked. The server's log says more.",
			Unshown:        "Nobody was asked for {secrets}: no window on the screen has room for all that it would have to say. Ask the user for a larger screen or smaller letters, or the server's author for shorter texts.",
			Closed:         "The server is shutting down, and hands out {secrets} no more.",
			SentOnly:       "{secrets} is only ever sent to the hosts that it is for: nothing in the server can read it. This is a mistake in the server.",
			NotSent:        "The request was not sent, since it was to carry {secrets}: {trouble}.",
			NotRun:         "The program was not started, since it was to get {secrets}: {trouble}.",
			UnknownAccount: "There is no such account of {server}. Those with a name: {accounts}. Call again with one of them, or without an account for the one that has no name; only the user can make another.",
			CheckBroken:    "{secrets} was typed, and is not stored: the server's own check of it is broken. This is a mistake in the server, of which its log says more.",
		},
		Terminal: map[Failure]string{
			NoDisplay:    "Or ask them to run \"{command} secrets set {secret}{option}\" in a terminal on the server's computer.",
			NoDialog:     "Or ask them to run \"{command} secrets set {secret}{option}\" in a terminal on the server's computer.",
			NobodyToAsk:  "Or ask them to run \"{command} secrets allow {secret} --tool TOOL --for 30d{option}\" in a terminal on the server's computer, with the name of the tool that you called.",
			DialogFailed: "\"{command} secrets doctor\" says more.",
			NoStore:      "\"{command} secrets doctor\" says more.",
			NoKeyring:    "\"{command} secrets doctor\" says how to make one without a screen.",
			NoBus:        "\"{command} secrets doctor\", there, says more.",
			StoreLocked:  "\"{command} secrets doctor\" says more.",
			StoreMissing: "\"{command} secrets doctor\" says more.",
			Unsafe:       "\"{command} secrets doctor\" says more.",
		},
		Problems: field.Problems(),
		Notices: Notices{
			Bypass:    "warning: MCP_BYPASS_SECRET_USE_CONFIRM is set: {server} uses secrets without asking",
			Instead:   "\"{command} secrets allow NAME --tool TOOL --for 30d\", in a terminal, allows one use instead of all",
			Cleared:   "SECRETS_STORAGE_CLEAR is set: the secrets of {server} were removed from {place}",
			Stored:    "The user has stored a new value of {secret}.",
			Forgotten: "The value of {secret} is removed.",
			Account:   "This is about the account {account}.",
			Docs:      "About {secret}: {docs}",
			Elsewhere: "Where there is no desktop, they can start it with the environment variable MCP_SECRETS_STORE, which says where its secrets are: {stores}.",
		},
	}
}

// Holes returns the name of every hole with what can fill it.
func Holes() map[string]string {
	return map[string]string{
		"account":     "the name that a person gave one of several sets of values: a-z, 0-9, \"_\" and \"-\", at most 32",
		"accounts":    "the names of the accounts that have values, joined by commas, or none",
		"code":        "eight random characters, such as K7QM-2XWD",
		"command":     "the server's program, as it was started",
		"config":      "what to write, such as \"env\": {\"DBUS_SESSION_BUS_ADDRESS\": \"unix:path=/run/user/1000/bus\"}",
		"docs":        "the schema's docs of the secret, a link",
		"duration":    "the schema's remember, such as 30m; for a caller over HTTP 8h, where it has none",
		"found":       "name, number and place of a character that nobody sees, such as a zero-width space (U+200B) after the 5th character",
		"guide":       "what a person does where values are only read, such as write it to /run/secrets/api_key",
		"host":        "the host that the secret has which sent_to names, or the hosts that sent_to lists; of a confidential url, its own; of a connection URL or a list, all of its hosts",
		"item":        "label, sent_to or sent_plain",
		"label":       "the schema's label of the secret",
		"labels":      "the schema's labels of the secrets, joined by commas",
		"client":      "the MCP client's own name for itself, shortened in the middle beyond 24 columns",
		"nth":         "the place of an item in a list, such as 3rd",
		"member":      "the schema's label of a secret that belongs to an alternative",
		"number":      "a number from 1",
		"option":      "of an account with a name, \" --account \" and that; else nothing",
		"place":       "where the values are kept, such as the keychain, or the folder /run/secrets",
		"placeholder": "the schema's placeholder of the secret",
		"principal":   "the caller's name in quotes, as the server's code verified it; with characters beyond ASCII, once more with those spelled out",
		"problem":     "a sentence of problems",
		"reason":      "one of the reasons of this manifest, which are constants in the server's source",
		"rules":       "sentences of problems, joined by commas",
		"secret":      "the schema's name of the secret",
		"secrets":     "the schema's names of the secrets, joined by commas",
		"server":      "the schema's server",
		"stores":      "the stores that the server's author allows besides the keychain, such as files:DIR, env or age:FILE",
		"status":      "a status of the schema's reject_on with its name in RFC 9110, such as 401 Unauthorized",
		"them":        "it or them, for the secrets that the question is about",
		"tool":        "the name of the tool, prompt or resource, as the server registered it, shortened in the middle beyond 120 columns",
		"total":       "a number from 1",
		"trouble":     "what kept the window from opening or from being answered, or the keychain from being found, and where, such as the path of a file; of not_sent and not_run, what is wrong with the request or the program",
		"until":       "until_end or until_elapsed",
		"want":        "what the schema's rule says",
		"why":         "one of the rejections of this manifest, which are constants in the server's source; or unreviewed, or answered; of wrong_for also what the server's own check says, masked, in one line of up to 100 columns",
	}
}

// Values fill holes, by name.
type Values map[string]string

// Fill returns text with the holes that values has filled, in one pass: what fills a hole is never looked at again, so a
// value with braces stays as it is. Other holes stay open.
func Fill(text string, values Values) string {
	if !strings.Contains(text, "{") {
		return text
	}
	var b strings.Builder
	for {
		before, hole, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, rest, _ := strings.Cut(hole, "}")
		if value, ok := values[name]; ok && len(name) < len(hole) {
			b.WriteString(value)
			text = rest
		} else {
			b.WriteByte('{')
			text = hole
		}
	}
}

package field

import (
	"errors"
	"strings"
)

// A Kind names a way in which a text can fail to be a value.
type Kind string

// The kinds of problems, each with the sentence that [Problems] has for it.
const (
	Empty       Kind = "empty"
	TooShort    Kind = "too_short"
	TooLong     Kind = "too_long"
	NoMatch     Kind = "no_match"
	OtherShape  Kind = "other_shape" // NoMatch, where the schema has words for the pattern
	NoPrefix    Kind = "no_prefix"
	NotURL      Kind = "not_url"
	OtherScheme Kind = "other_scheme"
	OtherHost   Kind = "other_host"
	HasUserInfo Kind = "has_user_info"
	NotEmail    Kind = "not_email"
	NotInteger  Kind = "not_integer"
	TooSmall    Kind = "too_small"
	TooLarge    Kind = "too_large"
	NotBoolean  Kind = "not_boolean"
	NotChoice   Kind = "not_choice"
	NotDuration Kind = "not_duration"
	NotOneLine  Kind = "not_one_line"
	NotText     Kind = "not_text"
	TooBig      Kind = "too_big"
	Unseen      Kind = "unseen"
	NotEncoded  Kind = "not_encoded"
	IsExample   Kind = "is_example"

	NotPEM      Kind = "not_pem"
	NotJSON     Kind = "not_json"
	NoKeys      Kind = "no_keys"
	NotYAML     Kind = "not_yaml"
	NotJWT      Kind = "not_jwt"
	NotBase64   Kind = "not_base64"
	NotUUID     Kind = "not_uuid"
	NotDate     Kind = "not_date"
	NotHost     Kind = "not_host"
	NotPort     Kind = "not_port"
	NotHostPort Kind = "not_host_port"
	NotPath     Kind = "not_path"
	NoFile      Kind = "no_file"
	OpenFile    Kind = "open_file"
	LargeFile   Kind = "large_file"
	NotNumber   Kind = "not_number"
	NotPositive Kind = "not_positive"
	HasDots     Kind = "has_dots"
	MadeOf      Kind = "made_of"
	NotList     Kind = "not_list"
	TooFew      Kind = "too_few"
	TooMany     Kind = "too_many"
	Repeated    Kind = "repeated"

	NotConnection Kind = "not_connection"
	NoHost        Kind = "no_host"
	OneHost       Kind = "one_host"
	HostElsewhere Kind = "host_elsewhere"
	LongHosts     Kind = "long_hosts"
	Ambiguous     Kind = "ambiguous"
	PrivateKey    Kind = "private_key"
)

// Problems returns the sentence for each kind. It continues "the value ...". Its hole {want} is filled with what the rule
// says, and {found} with the name and place of a character that nobody sees; neither is ever filled with the value.
func Problems() map[Kind]string {
	return map[Kind]string{
		Empty:       "must not be empty",
		TooShort:    "must have at least {want} characters",
		TooLong:     "must have at most {want} characters",
		NoMatch:     "must match the pattern {want}",
		OtherShape:  "must be {want}",
		NoPrefix:    "must begin with {want}",
		NotURL:      "must be an absolute URL with a host in ASCII, such as https://api.example.com",
		OtherScheme: "must be a URL that begins with {want}",
		OtherHost:   "must be a URL on the host {want}",
		HasUserInfo: "must be a URL without a user name or password before its host; an @ behind the host can be written %40",
		NotEmail:    "must be one bare address, such as name@example.com",
		NotInteger:  "must be a whole number",
		TooSmall:    "must be {want} or more",
		TooLarge:    "must be {want} or less",
		NotBoolean:  "must be true or false",
		NotChoice:   "must be one of {want}",
		NotDuration: "must be a duration, such as 30s or 1h30m",
		NotOneLine:  "must be one line without control characters",
		NotText:     "must be text in UTF-8 without NUL characters",
		TooBig:      "must have at most {want} bytes",
		Unseen:      "must not have {found}",
		IsExample:   "must be one of your own, not the example",
		NotEncoded: "must percent-encode reserved characters in its user name and password (%40 for @, %2F for /, %3F for ?, " +
			"%23 for #, %3A for :, %25 for %), and write any other @ as %40",
		NotPEM:        "must be whole PEM blocks, with certificates that can be read",
		NotJSON:       "must be JSON",
		NoKeys:        "must be a JSON object with the keys {want}",
		NotYAML:       "must be YAML, a mapping or a list, indented by spaces",
		NotJWT:        "must be a JSON Web Token, three parts with dots between them",
		NotBase64:     "must be base64",
		NotUUID:       "must be a UUID, such as 123e4567-e89b-12d3-a456-426614174000",
		NotDate:       "must be a date that exists, such as 2026-12-31",
		NotHost:       "must be a host in ASCII without a port, such as db.example.com",
		NotPort:       "must be a port, a number from 1 to 65535",
		NotHostPort:   "must be a host and a port, such as db.example.com:5432",
		NotPath:       "must be a full path, such as /home/ann/notes or ~/notes",
		NoFile:        "must be the path of a file that is there and that can be read",
		OpenFile:      "must be the path of a file of yours that nobody else can read: chmod 600 makes it one",
		LargeFile:     "must be the path of a file of at most {want} bytes that is not empty",
		NotNumber:     "must be a number, such as 0.7",
		NotPositive:   "must be longer than 0s",
		HasDots:       "must not be made of a . or .. alone between two slashes, which would be another path",
		MadeOf:        "must not be changed itself: it is made of {want}",
		NotList:       "must be a list with commas between its items, or a JSON array of texts",
		TooFew:        "must have at least {want} items",
		TooMany:       "must have at most {want} items",
		Repeated:      "must not be there twice",
		NotConnection: "must be a connection URL, such as {want}://user:password@host:5432/name, with hosts in ASCII and their ports",
		NoHost:        "must name a host, which a URL of {want} needs",
		OneHost:       "must name one host, since a URL of {want} has no more",
		HostElsewhere: "must name its hosts and ports in one place, and no proxy, service or file that leads to others",
		Ambiguous:     "must percent-encode each #, and commas that are not between its hosts (%23, %2C): programs differ on what these end",
		PrivateKey:    "must not have a private key in it, since it is no secret and is shown",
		LongHosts:     "must name hosts of at most {want} characters together",
	}
}

// A Problem is why a text is not a value of a field. It names the rule and never holds the text.
type Problem struct {
	Kind  Kind
	Want  string // what the rule says; "" where the sentence has no hole for it
	Item  int    // of a list, the place of the item that the problem is about, from 1; 0 is the whole, [AnyItem] any
	Found string // of [Unseen], the character's name and place, such as "a word joiner (U+2060) after the 5th character"
}

// Error returns the sentence for p, such as "must have at least 16 characters".
func (p *Problem) Error() string {
	sentence := strings.NewReplacer("{want}", p.Want, "{found}", p.Found).Replace(Problems()[p.Kind])
	if p.Item == 0 {
		return sentence
	}
	return strings.NewReplacer("{nth}", p.Nth(), "{problem}", sentence).Replace(InItem)
}

// InItem is the sentence for a problem of one item of a list, and continues "the value" too.
const InItem = "is a list whose {nth} item {problem}"

// Nth is the place of the item that p is about, such as "3rd"; of [AnyItem], it is the hole that waits for one.
func (p *Problem) Nth() string {
	if p.Item == AnyItem {
		return "{nth}"
	}
	return ordinal(p.Item)
}

// Broken are all the rules that a text breaks, the first of them first. There is one at least.
type Broken []*Problem

// Error returns the sentences, joined.
func (b Broken) Error() string {
	sentences := make([]string, len(b))
	for i, p := range b {
		sentences[i] = p.Error()
	}
	return strings.Join(sentences, ", ")
}

// Unwrap returns the problems, so that [errors.As] finds the first.
func (b Broken) Unwrap() []error {
	errs := make([]error, len(b))
	for i, p := range b {
		errs[i] = p
	}
	return errs
}

// All returns the problems of which err tells: those of a [Broken], or err alone, or none if it is nil.
func All(err error) []error {
	var all Broken
	switch {
	case errors.As(err, &all):
		return all.Unwrap()
	case err != nil:
		return []error{err}
	}
	return nil
}

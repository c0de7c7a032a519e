package wire

import "errors"

// ErrNotSent is every [Refusal].
var ErrNotSent = errors.New("secrets: the request was not sent")

// A Refusal is why a request was not sent with its credential. Its text continues "the request was not sent: ", and has nothing of the
// request.
type Refusal struct {
	Name string // as the log and the manifest know it
	Text string
}

// Error returns the whole sentence.
func (r *Refusal) Error() string { return ErrNotSent.Error() + ": " + r.Text }

// Unwrap returns [ErrNotSent].
func (r *Refusal) Unwrap() error { return ErrNotSent }

// The refusals.
var (
	ErrElsewhere = &Refusal{"sent_elsewhere", "its address is none that the secret is for"}
	ErrPlain     = &Refusal{"sent_plain", "in plain http, others can read along"}
	ErrUserInfo  = &Refusal{"sent_user_info", "its address names a user, which would be sent as well"}
	ErrHost      = &Refusal{"sent_host", "its Host is another one than that of its address"}
	ErrMethod    = &Refusal{"sent_method", "its method is CONNECT or TRACE, which hand on or send back what they carry"}
	ErrTaken     = &Refusal{"sent_taken", "it has a header or parameter already in which the secret is sent: leave that out"}
	ErrUnfit     = &Refusal{"sent_unfit", "the value can't be sent in this way: it has a character that does not fit there"}
	ErrTooLong   = &Refusal{"sent_too_long", "its body is too long to be signed, and can't be read twice: set GetBody, or X-Amz-Content-Sha256"}
	ErrProxy     = &Refusal{"sent_proxy", "a proxy would read it, since it is in plain http"}
	ErrRebound   = &Refusal{"sent_rebound", "a name of this computer led to another one"}
	ErrBase      = &Refusal{"sent_base", "the transport below does not check who answers, or lets others read along: it skips verification, " +
		"has a TLS dialer, a key log, a source of chance, a server name or an HTTP/2 of its own"}
)

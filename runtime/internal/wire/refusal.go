package wire

import "errors"

// ErrNotSent is every [Refusal].
var ErrNotSent = errors.New("secrets: the request was not sent")

// A Refusal is why a request was not sent with its credential. It has nothing of the request.
type Refusal struct{ trouble string }

// Error returns the whole sentence.
func (r *Refusal) Error() string { return ErrNotSent.Error() + ": " + r.trouble }

// Trouble continues "the request was not sent: ".
func (r *Refusal) Trouble() string { return r.trouble }

// Unwrap returns [ErrNotSent].
func (r *Refusal) Unwrap() error { return ErrNotSent }

// The refusals.
var (
	ErrElsewhere = &Refusal{"its address is none that the secret is for"}
	ErrPlain     = &Refusal{"in plain http, others can read along"}
	ErrUserInfo  = &Refusal{"its address names a user, which would be sent as well"}
	ErrHost      = &Refusal{"its Host is another one than that of its address"}
	ErrFraming   = &Refusal{"it has a header that says where it ends or to which host it goes, in a spelling that the HTTP client does not heed"}
	ErrMethod    = &Refusal{"its method is CONNECT or TRACE, which hand on or send back what they carry"}
	ErrTaken     = &Refusal{"it has a header or parameter already in which the secret is sent: leave that out"}
	ErrUnfit     = &Refusal{"the value can't be sent in this way: it has a character that does not fit there"}
	ErrTooLong   = &Refusal{"its body is too long to be signed, and can't be read twice: set GetBody, or " +
		"X-Amz-Content-Sha256"}
	ErrProxy    = &Refusal{"a proxy would read it, since it is in plain http"}
	ErrForm     = &Refusal{"the schema's sent_as is none for gRPC: it takes bearer, or a header that is no -bin and no grpc- one"}
	ErrUnproved = &Refusal{"who answers has proved nothing: it takes TLS that verifies a certificate for the host"}
	ErrRebound  = &Refusal{"a name of this computer led to another one"}
	ErrDialer   = &Refusal{"in plain http, the connections of the transport below are its own, and would be shown what is sent"}
	ErrBase     = &Refusal{"the transport below does not check who answers, or lets others read along: it skips verification, " +
		"has a TLS dialer, a key log, a source of chance, a server name or an HTTP/2 of its own"}
)

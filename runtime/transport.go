package secrets

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/wire"
)

// This file is how a value is used without being seen. What is put where is decided here, by the gate that getters have too; how a
// request is sent, and what is kept from a caller, in package wire.

// A TransportOption changes how [Transport] makes a round tripper. It is no function type: code of the server's could then write one
// itself, and see by it what requests carry.
type TransportOption struct{ change func(*wire.Config) }

// WithBase sends requests as base does, instead of by a transport with the usual limits of time. Base is cloned: what is done to it later
// changes nothing. Requests are refused, with [ErrNotSent], if it has a TLS dialer, an HTTP/2, a server name, a source of chance or a key
// log of its own, or skips verification: it would send the value to who knows whom. A proxy of it serves https alone, and so does a dialer
// whose connections are no [*net.TCPConn] or [*net.UnixConn]: in plain http they would be shown the value.
func WithBase(base *http.Transport) TransportOption {
	return TransportOption{func(c *wire.Config) { c.Base = base }}
}

// WithRetry sends a request once more after an answer that rejects the value, with the one that the user then enters. That needs a body
// that can be sent again, as [http.NewRequest] makes of texts in memory; others are answered as without this option.
func WithRetry() TransportOption { return TransportOption{func(c *wire.Config) { c.Retry = true }} }

// Transport returns a round tripper that sends the values of keys with each request, in the form that the schema says, to the hosts that it
// says, and nowhere else. Generated code calls it. Nothing is asked before the first request; each one takes its call from its context,
// or from [InCall], and is subject to the gate of [Get].
//
// A request is refused with [ErrNotSent], and nobody is asked, if it goes elsewhere ([ErrElsewhere]); if it is plain http to another
// computer or through a proxy; if it has a Host that is not its URL's, user-info, or already the header or parameter in which the
// value is sent; or if its Header has a Content-Length, a Host or the like under a key that is not canonical, which net/http would send
// beside its own. A redirect that leads elsewhere, or from https to http, goes on: it carries nothing, and nor does what follows it.
//
// Where a stored url says where the value goes, https://NAME.invalid stands for that URL: NAME is the url's name in the schema. Requests
// stay below its path.
//
// The answer has the caller's request in it, and no value in its headers and trailers; trace hooks of package net/http/httptrace are
// not called. A status of the schema's reject_on is what [Manager.Reject] says, of the value that was sent.
//
// Otherwise the errors are those of [Get] and of the network. An optional key that is not set leaves requests as they are.
func Transport(m *Manager, sent field.SentAs, reason Reason, keys []AnyKey, options ...TransportOption) http.RoundTripper {
	s := newSender(m, sent, reason, keys)
	config := wire.Config{
		As: sent, Fixed: s.fixed(), Get: s.get, Reject: s.reject, RejectOn: s.rejectOn(),
		Mask: func(text string) string { return m.guard().Text(text) },
		Fail: s.fail,
	}
	for _, option := range options {
		if option.change != nil { // a zero option changes nothing
			option.change(&config)
		}
	}
	return wire.New(config)
}

// Client returns a client for a round tripper of [Transport]. It has no limit for a whole request, which would cut an answer that is
// streamed: the round tripper has limits for connecting (30 seconds), for TLS (10 seconds) and for the headers of an answer (one
// minute), and the call's context ends the rest.
func Client(transport http.RoundTripper) *http.Client { return &http.Client{Transport: transport} }

// A sender says what requests carry.
type sender struct {
	manager *Manager
	as      field.SentAs
	reason  Reason
	defs    []*definition // in the order of [field.Form.Roles]

	bindings []Binding // of the same
	isFit    bool      // they go with the form
	isGiven  bool      // the server's code gets the values
}

func newSender(m *Manager, sent field.SentAs, reason Reason, keys []AnyKey) *sender {
	s := &sender{manager: m, as: sent, reason: reason}
	for _, key := range keys {
		s.defs = append(s.defs, key.definition())
		s.bindings = append(s.bindings, Binding{def: key.definition(), optional: true})
	}
	s.isFit = s.fits()
	return s
}

// fail makes the error of a request that is not sent, and logs that.
func (s *sender) fail(ctx context.Context, err error) error {
	return s.manager.refuse(ctx, s.reason, s.known(), err)
}

// known returns what errors can name.
func (s *sender) known() []*definition {
	return slices.DeleteFunc(slices.Clone(s.defs), func(def *definition) bool { return def == nil })
}

// fits reports whether as many keys are there as the form takes, and the schema has the same form.
func (s *sender) fits() bool {
	roles := len(s.as.Form.Roles())
	switch {
	case s.as.Check() != nil || slices.Contains(s.defs, nil):
		return false
	case roles == 0:
		return len(s.defs) == 1 && s.defs[0].SentAs == s.as
	}
	return len(s.defs) == roles || s.as.Form == field.SigV4 && len(s.defs) == roles-1 // without a token
}

// fixed returns where all values go, if that is known before any is read.
func (s *sender) fixed() *wire.Place {
	var fixed *wire.Place
	for _, def := range s.known() {
		switch place := (wire.Place{Hosts: def.SentHosts, Insecure: def.Insecure}); {
		case !def.Confidential() && !def.IsSent():
		case def.SentTo != "" || !def.IsSent():
			return nil
		case fixed == nil:
			fixed = &place
		case !slices.Equal(fixed.Hosts, place.Hosts) || fixed.Insecure != place.Insecure:
			return nil
		}
	}
	return fixed
}

// rejectOn returns the statuses that reject what any of the keys has.
func (s *sender) rejectOn() (statuses []int) {
	for _, def := range s.known() {
		statuses = append(statuses, def.RejectOn...)
	}
	return statuses
}

// errUnset ends the way to values of which one is missing that may be.
var errUnset = errors.New("it is not set")

// get returns what a request carries once it may be used.
func (s *sender) get(ctx context.Context, goes func(wire.Place) error) (wire.Credential, error) {
	if !s.isFit {
		return wire.Credential{}, s.manager.fail(ctx, ErrUnknownKey)
	}
	found, err := s.manager.get(ctx, wanted{
		reason: s.reason, bindings: s.bindings, isSent: !s.isGiven, check: func(found []finding) error { return s.check(found, goes) },
	})
	if err != nil {
		if errors.Is(err, errUnset) {
			err = nil
		}
		return wire.Credential{}, err
	}
	c := wire.Credential{As: s.as, Texts: make([]string, len(found))}
	for i, f := range found {
		c.Texts[i] = f.text.Reveal()
	}
	return c, nil
}

// check says, before anybody is asked, whether the values go where a request does: among found are their destinations too.
func (s *sender) check(found []finding, goes func(wire.Place) error) error {
	for _, def := range s.defs {
		if def.Confidential() || def.IsSent() {
			if err := goes(s.placeOf(def, found)); err != nil {
				return err
			}
		}
	}
	for i, f := range found[:len(s.defs)] {
		if f.value == nil && !s.isToken(i) {
			return errUnset
		}
	}
	return nil
}

// isToken reports whether the value at i may be missing where the others are set.
func (s *sender) isToken(i int) bool {
	return s.as.Form == field.SigV4 && i == len(field.SigV4.Roles())-1
}

// placeOf returns where a value may go; the zero place, which is nowhere, if that is not known. The guard learns it where it is
// confidential: a redirect of the server names it.
func (s *sender) placeOf(def *definition, found []finding) wire.Place {
	if def.SentTo == "" {
		return wire.Place{Hosts: def.SentHosts, Insecure: def.Insecure}
	}
	for _, to := range found {
		if to.def.Name != def.SentTo || to.value == nil {
			continue
		}
		if to.def.Confidential() {
			learn(s.manager.guard(), to.def, to.text.Reveal(), to.value)
		}
		base, ok := to.value.(*url.URL)
		if !ok {
			base = &url.URL{Scheme: "https", Host: to.def.Destination(to.text.Reveal(), to.value)} // a text of format host or host_port
		}
		return wire.Place{Base: base, Name: def.SentTo, Insecure: def.Insecure}
	}
	return wire.Place{}
}

// reject notes that an upstream server rejected what a request carried. Of a user and a password it is not known which is wrong.
func (s *sender) reject(ctx context.Context, c wire.Credential, status int) {
	why := wording.Fill(s.manager.sentences.Dialog.Answered, wording.Values{"status": strconv.Itoa(status) + " " + http.StatusText(status)})
	for i, def := range s.defs {
		if isRegion := s.as.Form == field.SigV4 && i == 2; !isRegion && c.Texts[i] != "" {
			s.manager.rejectIn(ctx, s.manager.values.entry(ctx, def), NewSecret(c.Texts[i]), true, why)
		}
	}
}

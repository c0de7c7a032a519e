package templates

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// A Sender puts values into requests: a secret, or a group, for which a transport and a client are generated.
type Sender struct {
	GoName    string // that of the secret or group
	SentAs    field.SentAs
	Keys      []*Secret // in the order of the form's roles
	Doc       []string  // the transport's comment
	ClientDoc []string
}

// TransportName is the method that returns the transport.
func (s *Sender) TransportName() string { return s.GoName + "Transport" }

// ClientName is the method that returns a client with it.
func (s *Sender) ClientName() string { return s.GoName + "Client" }

// sender returns what sends s by itself, or nil.
func (s *Secret) sender() *Sender {
	if s.SentAs == (field.SentAs{}) {
		return nil
	}
	return newSender(s.GoName, s.SentAs, []*Secret{s}, what(s), s.Help)
}

// sender returns what sends the group, or nil.
func (g *Group) sender() *Sender {
	if g.SentAs == (field.SentAs{}) {
		return nil
	}
	return newSender(g.GoName, g.SentAs, g.Sent, "the group "+g.Name, "")
}

// newSender makes a sender, with comments that begin with what it sends.
func newSender(goName string, sent field.SentAs, keys []*Secret, what, help string) *Sender {
	s := &Sender{GoName: goName, SentAs: sent, Keys: keys}
	doc := paragraph(nil, s.TransportName()+" sends "+sentence(what), help)
	if len(keys) == 1 && keys[0].Docs != "" {
		doc = paragraph(doc, "See "+keys[0].Docs)
	}
	it := itOrThem(keys)
	doc = paragraph(doc, fmt.Sprintf("Requests to %s carry %s, %s. No other host gets %s.", destinations(keys), it, inRequest(sent), it),
		presenceInRequests(keys), consentInRequests(keys), rejection(keys))
	s.Doc = doc
	s.ClientDoc = paragraph(nil, fmt.Sprintf("%s returns a client with %s, whose limits of time cut no stream.", s.ClientName(), s.TransportName()))
	if len(keys) == 1 {
		s.Doc, s.ClientDoc = deprecation(s.Doc, keys[0]), deprecation(s.ClientDoc, keys[0])
	}
	return s
}

func itOrThem(keys []*Secret) string {
	if len(keys) == 1 {
		return "it"
	}
	return "them"
}

// destinations says to which hosts keys are sent: of members, those that say it say the same.
func destinations(keys []*Secret) string {
	i := slices.IndexFunc(keys, func(s *Secret) bool { return s.IsSent() })
	if i < 0 {
		return "no host" // schema.Parse accepts no such secret
	}
	return hostsOf(keys[i].Field)
}

// hostsOf says to which hosts f is sent: "the host of base_url", or the fixed ones.
func hostsOf(f field.Field) string {
	hosts := f.FixedHosts()
	if f.SentTo != "" {
		hosts = "the host of " + f.SentTo
	}
	if f.Insecure {
		hosts += " (also without encryption)"
	}
	return hosts
}

// inRequest says where a request has what is sent.
func inRequest(sent field.SentAs) string {
	switch sent.Form {
	case field.Bearer:
		return "as Authorization: Bearer"
	case field.Header:
		if sent.Format == field.Hole {
			return "in the header " + sent.Name
		}
		return fmt.Sprintf("in the header %s, as %s", sent.Name, strings.Replace(sent.Format, field.Hole, "VALUE", 1))
	case field.Query:
		return fmt.Sprintf("in the parameter %s of the query", sent.Name)
	case field.Basic:
		return "as Authorization: Basic"
	default:
		return fmt.Sprintf("as an AWS signature (Version 4) for %s", sent.Service)
	}
}

// presenceInRequests says what happens where nothing is stored.
func presenceInRequests(keys []*Secret) string {
	var says []string
	if slices.ContainsFunc(keys, func(s *Secret) bool { return s.Required }) {
		says = append(says, "The user is asked for what is missing at the first request, and not before.")
	}
	for i, s := range keys {
		switch isToken := i == len(field.SigV4.Roles())-1; {
		case isToken && s.Optional():
			says = append(says, fmt.Sprintf("While %s is unset, they are signed without it.", s.Name))
		case s.Optional():
			says = append(says, fmt.Sprintf("While %s is unset, requests go without %s.", s.Name, itOrThem(keys)))
		}
	}
	return strings.Join(says, " ")
}

// consentInRequests says whose word a request needs.
func consentInRequests(keys []*Secret) string {
	switch {
	case !asksAny(keys):
		return "Nobody is asked for permission."
	case len(keys) == 1:
		return consent(keys[0].Field)
	}
	return "There is one question for permission for all of them; a refusal is an error, such as secrets.ErrDenied."
}

// rejection says which answers reject a value.
func rejection(keys []*Secret) string {
	var statuses []string
	for _, s := range keys {
		for _, status := range s.RejectOn {
			if text := fmt.Sprint(status); !slices.Contains(statuses, text) {
				statuses = append(statuses, text)
			}
		}
	}
	if len(statuses) == 0 {
		return ""
	}
	return fmt.Sprintf("An answer with status %s rejects %s: the next use asks the user again.", field.List(statuses, "or"), itOrThem(keys))
}

// emitSender emits:
//
//	// APIKeyTransport sends api_key: ...
//	func (s *Secrets) APIKeyTransport(reason secrets.Reason, options ...secrets.TransportOption) http.RoundTripper {
//		return secrets.Transport(s.Manager, secrets.SentAs("bearer"), reason, []secrets.AnyKey{keyAPIKey}, options...)
//	}
//
//	// APIKeyClient returns a client with APIKeyTransport ...
//	func (s *Secrets) APIKeyClient(reason secrets.Reason, options ...secrets.TransportOption) *http.Client {
//		return secrets.Client(s.APIKeyTransport(reason, options...))
//	}
//
// Where nobody is asked, there is no reason either.
func emitSender(f *jen.File, s *Sender) {
	asks := asksAny(s.Keys)
	reason, arguments := jen.Lit(""), []jen.Code{jen.Id("options").Op("...")}
	if asks {
		reason, arguments = jen.Id("reason"), []jen.Code{jen.Id("reason"), jen.Id("options").Op("...")}
	}
	comment(f, s.Doc...)
	senderMethod(f, s.TransportName(), asks, jen.Qual("net/http", "RoundTripper")).Block(
		jen.Return(ours("Transport").Call(jen.Id("s").Dot("Manager"), sentAsCode(s.SentAs), reason, jen.Index().Add(ours("AnyKey")).ValuesFunc(func(g *jen.Group) {
			for _, key := range s.Keys {
				g.Id(key.keyVariable())
			}
		}), jen.Id("options").Op("..."))),
	)
	f.Line()
	comment(f, s.ClientDoc...)
	senderMethod(f, s.ClientName(), asks, jen.Op("*").Qual("net/http", "Client")).Block(
		jen.Return(ours("Client").Call(jen.Id("s").Dot(s.TransportName()).Call(arguments...))),
	)
	f.Line()
}

// senderMethod emits the signature of a transport or a client.
func senderMethod(f *jen.File, name string, asks bool, result jen.Code) *jen.Statement {
	var params []jen.Code
	if asks {
		params = append(params, jen.Id("reason").Add(ours("Reason")))
	}
	params = append(params, jen.Id("options").Op("...").Add(ours("TransportOption")))
	return f.Func().Params(jen.Id("s").Op("*").Id("Secrets")).Id(name).Params(params...).Add(result)
}

// sentAsCode emits secrets.SentAs("header", "X-API-Key", "Token {value}").
func sentAsCode(sent field.SentAs) *jen.Statement {
	words := []jen.Code{jen.Lit(string(sent.Form))}
	switch sent.Form {
	case field.Header:
		words = append(words, jen.Lit(sent.Name), jen.Lit(sent.Format))
	case field.Query:
		words = append(words, jen.Lit(sent.Name))
	case field.SigV4:
		words = append(words, jen.Lit(sent.Service))
	}
	return ours("SentAs").Call(words...)
}

package templates

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// An unrevealed is written as a schema writes it: revealed false.
type unrevealed bool

// MarshalJSON implements [json.Marshaler].
func (u unrevealed) MarshalJSON() ([]byte, error) { return json.Marshal(!bool(u)) }

// UnmarshalJSON implements [json.Unmarshaler].
func (u *unrevealed) UnmarshalJSON(text []byte) error {
	var revealed bool
	err := json.Unmarshal(text, &revealed)
	*u = unrevealed(!revealed)
	return err
}

// sentAsText says how a group is sent: "basic: user username, password password", or "" where it is not.
func (g *Group) sentAsText() string {
	if g.SentAs == (field.SentAs{}) {
		return ""
	}
	parts := make([]string, len(g.Sent))
	for i, s := range g.Sent {
		parts[i] = g.SentAs.Form.Roles()[i] + " " + s.Name
	}
	return g.SentAs.String() + ": " + strings.Join(parts, ", ")
}

// senders fills in what belongs to transports: their signatures, and where each value goes.
func (m *Manifest) senders(p *Package) {
	ways := map[string][]string{} // by secret: in which ways it is sent
	for i, s := range p.Secrets {
		if sender := s.sender(); sender != nil {
			m.Secrets[i].Transport = sender.signature()
			ways[s.Name] = append(ways[s.Name], inRequest(s.SentAs))
		}
	}
	for i, g := range p.Groups {
		sender := g.sender()
		if sender == nil {
			continue
		}
		m.Groups[i].Transport = sender.signature()
		for _, s := range g.Sent {
			ways[s.Name] = append(ways[s.Name], fmt.Sprintf("%s, with the group %s", inRequest(g.SentAs), g.Name))
		}
	}
	for i, s := range p.Secrets {
		if len(ways[s.Name]) > 0 {
			m.Secrets[i].Sent = sentText(s, destinationOf(s, p), ways[s.Name])
		}
	}
}

// destinationOf says where s is sent: what does not say it goes with the others of its group.
func destinationOf(s *Secret, p *Package) string {
	if s.IsSent() {
		return hostsOf(s.Field)
	}
	i := slices.IndexFunc(p.Groups, func(g *Group) bool { return slices.Contains(g.Sent, s) })
	return destinations(p.Groups[i].Sent)
}

// sentText says where the values of s go: what is not revealed goes nowhere else.
func sentText(s *Secret, hosts string, ways []string) string {
	how := strings.Join(ways, "; ")
	if s.Unrevealed {
		return fmt.Sprintf("is only ever sent to %s, %s", hosts, how)
	}
	return fmt.Sprintf("is sent to %s, %s; the server's code can also get it", hosts, how)
}

// signature is the transport's as the manifest writes it.
func (s *Sender) signature() string {
	if asksAny(s.Keys) {
		return s.TransportName() + "(reason, options...) http.RoundTripper"
	}
	return s.TransportName() + "(options...) http.RoundTripper"
}

package field

import (
	"net/url"
	"slices"
	"strings"
)

// Drivers of databases and the like read more from a URL than a web browser does: parameters that name other hosts or a proxy,
// a # that does not end the query, and lists of whole URLs. A question shows the host before the path. So a URL of any other scheme
// than those of the web has nothing from which some driver would take another host, unless package field reads it too.

// elsewhere are parameters by which some driver goes to another host than the one before the path, or to that by way of another
// one, in small letters and without signs: few drivers tell these apart.
var elsewhere = []string{
	"host", "hosts", "hostname", "hostaddr", "server", "servers", "addr", "addrs", "address", "addresses", "networkaddress", "port", "ports",
	"endpoint", "endpoints", "nodes", "seeds", "brokers", "bootstrapservers", "althosts", "failoverhost", "failoverpartner", "failoverport",
	"socket", "unixsocket", "pipe", "service", "servicefile", "connstr", "datasource", "oauthissuer",
	"proxy", "proxies", "proxyhost", "proxyurl", "proxyaddr", "proxyserver", "httpproxy", "httpsproxy", "socksproxy", "socksproxyhost",
}

// web are the schemes whose URLs every program reads as RFC 3986 has them.
var web = []string{"https", "http", "wss", "ws"}

var withoutSigns = strings.NewReplacer("_", "", "-", "", ".", "", " ", "", "+", "")

// checkElsewhere refuses a URL from which some driver would take another host than what is before the path. A parameter is all
// right if package field reads it too.
func checkElsewhere(text string, reads func(parameter string) bool) *Problem {
	scheme, hosts, rest := splitAddress(text)
	if slices.Contains(web, scheme) {
		return nil
	}
	rest, _, hasFragment := strings.Cut(rest, "#")
	if hasFragment && !drivers[scheme].fragment || drivers[scheme].urls && strings.Count(text, ",") > strings.Count(hosts, ",") {
		return &Problem{Kind: Ambiguous}
	}
	_, query, _ := strings.Cut(rest, "?")
	for pair := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) { // MongoDB's takes both
		name, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return &Problem{Kind: Ambiguous}
		}
		if !reads(name) && slices.Contains(elsewhere, withoutSigns.Replace(strings.ToLower(name))) {
			return &Problem{Kind: HostElsewhere}
		}
	}
	return nil
}

// elsewhereProblems are those of checkElsewhere, for a url of another scheme than those of the web.
func (f Field) elsewhereProblems() []*Problem {
	if !slices.ContainsFunc(f.AcceptedSchemes(), func(scheme string) bool { return !slices.Contains(web, scheme) }) {
		return nil
	}
	return []*Problem{{Kind: Ambiguous}, {Kind: HostElsewhere}}
}

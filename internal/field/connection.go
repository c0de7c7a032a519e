package field

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Connection URLs (DSNs) are URLs but for their hosts: some drivers take several, or none, or the path of a socket. Package
// net/url reads none of these, and drivers take the text. So where a confidential url accepts one of these schemes, its value
// is the text as it was entered, checked here.

// A driver is what the URLs of a scheme can have for a host.
type driver struct {
	several  bool     // h1:5432,h2
	none     bool     // no host: the driver's own default, which is on this computer
	socket   bool     // the path of a socket: %2Frun%2Fapp.sock, or behind an empty host in path
	path     bool     // the path is that of the socket
	srv      bool     // one name, whose DNS records have hosts and ports
	urls     bool     // a list of whole URLs, which a comma ends wherever it stands
	fragment bool     // something else than a host behind a #
	ports    bool     // the parameter port has the ports of the hosts
	instead  []string // parameters that name the hosts, instead of what is before the path
	beside   []string // parameters that name more hosts
}

var (
	// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
	postgres = driver{several: true, none: true, socket: true, ports: true, instead: []string{"host"}}
	// https://dev.mysql.com/doc/refman/8.4/en/connecting-using-uri-or-key-value-pairs.html
	mysql = driver{several: true, socket: true, instead: []string{"socket", "unix_socket"}}
	// https://www.iana.org/assignments/uri-schemes/prov/redis: without a host it is localhost. go-redis has addr for a cluster.
	redis = driver{none: true, beside: []string{"addr"}}
	// https://github.com/redis/lettuce/wiki/Redis-URI-and-connection-details
	redisSentinel = driver{several: true, fragment: true}
	redisSocket   = driver{path: true}
	// https://www.rabbitmq.com/docs/uri-spec: without a host it is localhost.
	amqp = driver{none: true}
	list = driver{several: true, urls: true}
)

// reads reports whether [connection.parameters] takes a parameter for what the driver takes it.
func (d driver) reads(parameter string) bool {
	return d.ports && parameter == "port" || slices.Contains(d.instead, parameter) || slices.Contains(d.beside, parameter)
}

// drivers are those of the schemes of connection URLs.
var drivers = map[string]driver{
	"postgres": postgres, "postgresql": postgres, "cockroachdb": postgres,
	"mysql": mysql, "mariadb": mysql, "mysqlx": mysql,
	"mongodb":     {several: true, socket: true}, // https://www.mongodb.com/docs/manual/reference/connection-string/
	"mongodb+srv": {srv: true},                   // likewise
	"redis":       redis, "rediss": redis, "valkey": redis, "valkeys": redis,
	"redis-sentinel": redisSentinel, "rediss-sentinel": redisSentinel,
	"redis-socket": redisSocket, "redis+socket": redisSocket, "redis+unix": redisSocket,
	"amqp": amqp, "amqps": amqp,
	"kafka":      list,                     // https://kafka.apache.org/documentation/#brokerconfigs_listeners, of several brokers
	"clickhouse": {several: true},          // https://github.com/ClickHouse/clickhouse-go#dsn
	"couchbase":  list, "couchbases": list, // https://docs.couchbase.com/server/current/guides/connect.html
	"nats": list, "tls": list, // https://docs.nats.io/using-nats/developer/connecting/cluster
	"ldap": {none: true}, "ldaps": {none: true}, "ldapi": {socket: true}, // RFC 4516; ldapi as OpenLDAP has it
	"unix": {path: true},
}

// MaxHosts is how many characters the hosts of a connection URL may have together: as many as one host with a port, since a
// question names them all.
const MaxHosts = 253 + len(":65535")

// IsConnection reports whether values of f can be connection URLs: a confidential url with such a scheme, whose value is a text.
func (f Field) IsConnection() bool {
	return f.Type == URL && f.Confidential() && slices.ContainsFunc(f.Schemes, func(scheme string) bool {
		_, ok := drivers[scheme]
		return ok
	})
}

// GoesToItself reports whether values of f name the hosts that they are sent to: confidential urls do, unless the schema says
// where they go.
func (f Field) GoesToItself() bool { return f.Type == URL && f.Confidential() && !f.IsSent() }

// A connection is a connection URL.
type connection struct {
	scheme string
	driver driver
	hosts  []string // as they are written, or the paths of sockets
	ports  string   // the parameter that has them
}

// splitAddress cuts a URL: the scheme in lower case, what is between the user and the path, and what follows that.
func splitAddress(text string) (scheme, hosts, rest string) {
	scheme, after, _ := strings.Cut(text, "://")
	end := strings.IndexAny(after, "/?#")
	if end < 0 {
		end = len(after)
	}
	authority := after[:end]
	return strings.ToLower(scheme), authority[strings.LastIndexByte(authority, '@')+1:], after[end:]
}

// parseConnection checks a connection URL, and returns its text.
func (f Field) parseConnection(text string) (any, *Problem) {
	_, problem := f.connection(text)
	if problem != nil {
		return nil, problem
	}
	return text, nil
}

func (f Field) connection(text string) (connection, *Problem) {
	if problem := f.checkUserInfo(text); problem != nil {
		return connection{}, problem
	}
	scheme, hosts, rest := splitAddress(text)
	if !strings.Contains(text, "://") || strings.ContainsAny(text, " \\") {
		return connection{}, f.noConnection()
	}
	if !slices.Contains(f.AcceptedSchemes(), scheme) {
		return connection{}, &Problem{Kind: OtherScheme, Want: schemeList(f.AcceptedSchemes())}
	}
	if problem := checkElsewhere(text, drivers[scheme].reads); problem != nil {
		return connection{}, problem
	}
	c := connection{scheme: scheme, driver: drivers[scheme]}
	if hosts != "" {
		c.hosts = c.authority(hosts)
	}
	rest, _, _ = strings.Cut(rest, "#")
	path, query, _ := strings.Cut(rest, "?")
	path, err := url.PathUnescape(path)
	if err != nil {
		return connection{}, f.noConnection()
	}
	if problem := c.parameters(f, query); problem != nil {
		return connection{}, problem
	}
	if c.driver.path && len(c.hosts) == 0 {
		c.hosts = []string{path}
	}
	if problem := c.addPorts(); problem != nil {
		return connection{}, problem
	}
	return c, c.checkHosts(f)
}

func (f Field) noConnection() *Problem {
	return &Problem{Kind: NotConnection, Want: f.AcceptedSchemes()[0]}
}

// connectionProblems are those of a connection URL.
func (f Field) connectionProblems() []*Problem {
	schemes := orList(f.AcceptedSchemes())
	problems := []*Problem{
		f.noConnection(), {Kind: OtherScheme, Want: schemeList(f.AcceptedSchemes())},
		{Kind: NoHost, Want: schemes}, {Kind: OneHost, Want: schemes}, {Kind: LongHosts, Want: strconv.Itoa(MaxHosts)},
	}
	problems = append(problems, f.elsewhereProblems()...)
	if len(f.Hosts) > 0 {
		problems = append(problems, &Problem{Kind: OtherHost, Want: orList(f.Hosts)})
	}
	return problems
}

// parameters reads the hosts that are parameters.
func (c *connection) parameters(f Field, query string) *Problem {
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, errName := url.QueryUnescape(name)
		value, errValue := url.QueryUnescape(value)
		switch {
		case errName != nil || errValue != nil:
			return f.noConnection()
		case c.driver.ports && name == "port" && c.ports == "":
			c.ports = value
		case c.driver.ports && name == "port":
			return &Problem{Kind: HostElsewhere}
		case slices.Contains(c.driver.beside, name) && len(c.hosts) > 0:
			c.hosts = append(c.hosts, strings.Split(value, ",")...)
		case slices.Contains(c.driver.instead, name) && len(c.hosts) == 0:
			c.hosts = strings.Split(value, ",")
		case slices.Contains(slices.Concat(c.driver.beside, c.driver.instead), name):
			return &Problem{Kind: HostElsewhere}
		}
	}
	return nil
}

// addPorts writes the ports behind the hosts that they are for: one for all, or one for each. A host that has one already would
// have two.
func (c *connection) addPorts() *Problem {
	if c.ports == "" {
		return nil
	}
	ports := strings.Split(c.ports, ",")
	for i, host := range c.hosts {
		if c.isSocket(host) && len(ports) == 1 {
			continue // of which the port is a part of the name
		}
		if strings.HasSuffix(host, "]") || !strings.Contains(host, ":") {
			c.hosts[i] += ":" + ports[min(i, len(ports)-1)]
			continue
		}
		return &Problem{Kind: HostElsewhere}
	}
	if len(ports) > 1 && len(ports) != len(c.hosts) {
		return &Problem{Kind: HostElsewhere}
	}
	return nil
}

// checkHosts checks each host, and that the driver takes so many.
func (c *connection) checkHosts(f Field) *Problem {
	switch n := len(c.hosts); {
	case n == 0 && !c.driver.none:
		return &Problem{Kind: NoHost, Want: c.scheme}
	case n == 0 && len(f.Hosts) > 0:
		return &Problem{Kind: OtherHost, Want: orList(f.Hosts)}
	case n > 1 && !c.driver.several && len(c.driver.beside) == 0:
		return &Problem{Kind: OneHost, Want: c.scheme}
	}
	for _, host := range c.hosts {
		if !c.isSocket(host) && !c.isHost(host) {
			return f.noConnection()
		}
		name := (&url.URL{Host: host}).Hostname()
		if len(f.Hosts) > 0 && !slices.ContainsFunc(f.Hosts, func(want string) bool { return hostMatches(want, name) }) {
			return &Problem{Kind: OtherHost, Want: orList(f.Hosts)}
		}
	}
	if len(strings.Join(c.hosts, ",")) > MaxHosts {
		return &Problem{Kind: LongHosts, Want: strconv.Itoa(MaxHosts)}
	}
	return nil
}

// authority returns the hosts before the path, where the path of a socket is percent-encoded.
func (c *connection) authority(text string) []string {
	hosts := strings.Split(text, ",")
	for i, host := range hosts {
		if path, err := url.PathUnescape(host); err == nil && c.driver.socket && strings.HasPrefix(path, "/") {
			hosts[i] = path
		}
	}
	return hosts
}

// isSocket reports whether the path of a socket stands in place of a host. It has only characters of which every driver makes the
// same: a + is a space to some.
func (c *connection) isSocket(host string) bool {
	return (c.driver.socket || c.driver.path) && strings.HasPrefix(host, "/") && host != "/" && strings.Trim(host, socketCharacters) == ""
}

const socketCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/:"

// isHost reports whether host is one that is looked up, with a port that exists, if with any.
func (c *connection) isHost(host string) bool {
	if c.driver.path || c.driver.srv && strings.Contains(host, ":") {
		return false
	}
	return host != "" && validHost(&url.URL{Host: host})
}

// IsDestination reports whether values of f say where others go: sent_to can name f.
// The host of a url is public, even if the url is confidential.
func (f Field) IsDestination() bool {
	return !f.List && (f.Type == URL || (f.Format == HostFormat || f.Format == HostPortFormat) && !f.Confidential())
}

// Destination says where a value goes that is sent to one of f: to its host, and before it the scheme where others can read
// along. The value is what [Field.Parse] made of text. Of a connection URL, it names all hosts, and the driver's default where
// there is none; and of a list, the hosts of all.
func (f Field) Destination(text string, value any) string {
	switch address := value.(type) {
	case []Item:
		return f.destinations(address)
	case *url.URL:
		return withScheme(address.Scheme, address.Host)
	case HostPort:
		return address.String()
	}
	if f.Format == HostFormat {
		return text
	}
	c, problem := f.connection(strings.TrimSpace(text))
	if problem != nil {
		return ""
	}
	if len(c.hosts) == 0 {
		c.hosts = []string{"localhost"}
	}
	return withScheme(c.scheme, strings.Join(c.hosts, ","))
}

func withScheme(scheme, host string) string {
	if scheme == "https" {
		return host
	}
	return scheme + "://" + host
}

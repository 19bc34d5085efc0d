//go:build !js

package native

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/twinsocket/websocket/testserver/proxy"
)

// throughProxy are Options with one proxy.
func throughProxy(address string) Options {
	return Options{Proxy: func(*url.URL) (*url.URL, error) { return url.Parse(address) }}
}

// startProxy starts a proxy for the length of a test.
func startProxy(t *testing.T, kind func(proxy.Config) (*proxy.Proxy, error), c proxy.Config) *proxy.Proxy {
	t.Helper()
	p, err := kind(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// startServer starts byeServer, with TLS for wss. Its certificate is for 127.0.0.1 and example.com.
func startServer(t *testing.T, scheme string, f http.HandlerFunc) (address string, server *httptest.Server) {
	t.Helper()
	start := httptest.NewServer
	if scheme == "wss" {
		start = httptest.NewTLSServer
	}
	server = start(f)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), server
}

func trustedBy(servers ...*httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, s := range servers {
		if c := s.Certificate(); c != nil {
			pool.AddCert(c)
		}
	}
	return pool
}

func TestEveryProxyForEveryScheme(t *testing.T) {
	plain, _ := startServer(t, "ws", byeServer)
	secure, certified := startServer(t, "wss", byeServer)
	// Only the proxies know these.
	hosts := map[string]string{"example.com:80": plain, "example.com:443": secure, "[2001:db8::1]:8080": plain, "192.0.2.1:80": plain}
	withTLS := proxy.Config{Hosts: hosts, TLS: certified.TLS}
	for _, row := range []struct {
		rule, scheme string
		kind         func(proxy.Config) (*proxy.Proxy, error)
		config       proxy.Config
		userinfo     string
		url, want    string
	}{
		{"ws by HTTP", "http", proxy.HTTP, proxy.Config{Hosts: hosts}, "", "ws://example.com/", "example.com:80"},
		{"wss by HTTP", "http", proxy.HTTP, proxy.Config{Hosts: hosts}, "", "wss://example.com/", "example.com:443"},
		{"ws by HTTPS", "https", proxy.HTTP, withTLS, "", "ws://example.com/", "example.com:80"},
		{"wss by HTTPS, TLS in TLS", "https", proxy.HTTP, withTLS, "", "wss://example.com/", "example.com:443"},
		{"ws by SOCKS", "socks5", proxy.SOCKS5, proxy.Config{Hosts: hosts}, "", "ws://example.com/", "example.com:80"},
		{"wss by SOCKS", "socks5h", proxy.SOCKS5, proxy.Config{Hosts: hosts}, "", "wss://example.com/", "example.com:443"},
		{"IPv6 by HTTP", "http", proxy.HTTP, proxy.Config{Hosts: hosts}, "", "ws://[2001:db8::1]:8080/", "[2001:db8::1]:8080"},
		{"IPv6 by SOCKS", "socks5", proxy.SOCKS5, proxy.Config{Hosts: hosts}, "", "ws://[2001:db8::1]:8080/", "[2001:db8::1]:8080"},
		{"IPv4 by SOCKS", "socks5", proxy.SOCKS5, proxy.Config{Hosts: hosts}, "", "ws://192.0.2.1/", "192.0.2.1:80"},
		{"credentials by HTTP", "http", proxy.HTTP, proxy.Config{Hosts: hosts, User: "me", Password: "s@:/%"}, "me:s%40%3A%2F%25@",
			"ws://example.com/", "me:s@:/%@example.com:80"},
		{"credentials by SOCKS", "socks5", proxy.SOCKS5, proxy.Config{Hosts: hosts, User: "me", Password: "s@:/%"}, "me:s%40%3A%2F%25@",
			"wss://example.com/", "me:s@:/%@example.com:443"},
		{"the URL's credentials are not the proxy's", "http", proxy.HTTP, proxy.Config{Hosts: hosts}, "", "ws://u:p@example.com/", "example.com:80"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			p := startProxy(t, row.kind, row.config)
			o := throughProxy(row.scheme + "://" + row.userinfo + p.Address())
			// The target's name is not the proxy's: its certificate is for example.com, and the proxy's for 127.0.0.1.
			o.TLSConfig = &tls.Config{RootCAs: trustedBy(certified), ServerName: "example.com"}
			l := dialled(t, row.url, o, nil)
			l.wantEnd(byeTrace, nil)
			if got := p.Asked(); !slices.Equal(got, []string{row.want}) {
				t.Errorf("got %q, want %s", got, row.want)
			}
		})
	}
}

func TestProxyOverTLSIsKnownByItsOwnName(t *testing.T) {
	plain, _ := startServer(t, "ws", byeServer)
	_, certified := startServer(t, "wss", byeServer)
	named := make(chan string, 1)
	config := certified.TLS.Clone()
	config.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		named <- h.ServerName + " " + strings.Join(h.SupportedProtos, ",")
		return nil, nil
	}
	p := startProxy(t, proxy.HTTP, proxy.Config{TLS: config, Hosts: map[string]string{"target.example:80": plain}})
	_, port, _ := net.SplitHostPort(p.Address())
	o := throughProxy("https://example.com:" + port)
	o.TLSConfig = &tls.Config{RootCAs: trustedBy(certified), ServerName: "target.example", NextProtos: []string{"http/1.1"}}
	o.NetDial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != "example.com:"+port {
			t.Errorf("got %s dialled, want the proxy", address)
		}
		return new(net.Dialer).DialContext(ctx, network, p.Address())
	}
	dialled(t, "ws://target.example/", o, nil).wantEnd(byeTrace, nil)
	if got := <-named; got != "example.com http/1.1" {
		t.Errorf("got %s", got)
	}
	if o.TLSConfig.ServerName != "target.example" {
		t.Error("the program's config was changed")
	}
}

func TestTCPThroughAProxyIsStillWrittenInline(t *testing.T) {
	switch runtime.GOOS {
	case "windows", "plan9", "wasip1":
		t.Skip("this system has no write that does not wait")
	}
	address, _ := startServer(t, "ws", byeServer)
	for scheme, kind := range map[string]func(proxy.Config) (*proxy.Proxy, error){"http": proxy.HTTP, "socks5": proxy.SOCKS5} {
		p := startProxy(t, kind, proxy.Config{})
		l := &play{T: t, ended: make(chan struct{}), on: does{"open": func(p *play) {
			if p.c.writeNow == nil {
				t.Errorf("%s: the connection is not seen to be TCP", scheme)
			}
		}}}
		conn, err := Open("ws://"+address+"/", nil, throughProxy(scheme+"://"+p.Address()), l)
		if err != nil {
			t.Fatal(err)
		}
		l.c = conn.(*connection)
		l.c.Start()
		<-l.ended
		if got := l.traceNow(); got != byeTrace {
			t.Errorf("%s: got %s", scheme, got)
		}
	}
}

func TestProxyThatRefuses(t *testing.T) {
	closed := closedAddress(t)
	for _, row := range []struct {
		rule, scheme string
		kind         func(proxy.Config) (*proxy.Proxy, error)
		config       proxy.Config
		userinfo     string
		status       int    // of a HandshakeError, 0 if it is none
		body         string // its beginning
		want         string // in the text, behind the phase
	}{
		{rule: "no credentials", scheme: "http", kind: proxy.HTTP, config: proxy.Config{User: "u", Password: "p"}, status: 407, body: "who are you?",
			want: `got status 407 Proxy Authentication Required, want 200; the answer begins with "who are you?"`},
		{rule: "wrong credentials", scheme: "http", kind: proxy.HTTP, config: proxy.Config{User: "u", Password: "p"}, userinfo: "u:secret@", status: 407,
			body: "who are you?", want: "got status 407"},
		{rule: "a 401 is not the server's", scheme: "http", kind: proxy.HTTP, status: 401,
			config: proxy.Config{Answer: "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"}, want: "got status 401"},
		{rule: "a body with a length, and no end", scheme: "http", kind: proxy.HTTP, status: 403, body: "no!",
			config: proxy.Config{Answer: "HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!"}, want: `"no!"`},
		{rule: "101", scheme: "http", kind: proxy.HTTP, config: proxy.Config{Answer: "HTTP/1.1 101 Switching Protocols\r\n\r\n"}, status: 101, want: "got status 101"},
		{rule: "bytes behind 200", scheme: "http", kind: proxy.HTTP, config: proxy.Config{Answer: "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101"}, status: 200,
			want: "got 12 bytes behind the answer, want none"},
		{rule: "not HTTP", scheme: "http", kind: proxy.HTTP, config: proxy.Config{Answer: "SSH-2.0-x\r\n\r\n"}, want: "SSH-2.0"},
		{rule: "HTTP where SOCKS was meant", scheme: "http", kind: proxy.SOCKS5, want: "the handshake's answer: "},
		{rule: "nobody there", scheme: "http", kind: proxy.HTTP, config: proxy.Config{Hosts: map[string]string{"h.example:80": closed}}, status: 502,
			body: "dial tcp", want: "got status 502 Bad Gateway, want 200; the answer begins with \"dial tcp"},
		{rule: "SOCKS: nobody there", scheme: "socks5", kind: proxy.SOCKS5, config: proxy.Config{Hosts: map[string]string{"h.example:80": closed}},
			want: "connection refused"},
		{rule: "SOCKS: not allowed", scheme: "socks5", kind: proxy.SOCKS5, config: proxy.Config{Answer: "\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"},
			want: "connection not allowed by ruleset"},
		{rule: "SOCKS: no credentials", scheme: "socks5", kind: proxy.SOCKS5, config: proxy.Config{User: "u", Password: "p"},
			want: "no acceptable authentication methods"},
		{rule: "SOCKS: wrong credentials", scheme: "socks5", kind: proxy.SOCKS5, config: proxy.Config{User: "u", Password: "p"}, userinfo: "u:secret@",
			want: "authentication failed"},
		{rule: "SOCKS: another version", scheme: "socks5", kind: proxy.SOCKS5, config: proxy.Config{Answer: "\x04\x00\x00\x01"}, want: "version 4"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			p := startProxy(t, row.kind, row.config)
			l := dialled(t, "ws://h.example/", throughProxy(row.scheme+"://"+row.userinfo+p.Address()), nil)
			<-l.ended
			text, refused := l.failure.Error(), (*HandshakeError)(nil)
			phase := "websocket: CONNECT to h.example:80 through the proxy " + p.Address() + ": "
			if !strings.HasPrefix(text, phase) || !strings.Contains(text, row.want) || strings.Contains(text, "secret") {
				t.Errorf("got  %s\nwant %s…%s", text, phase, row.want)
			}
			if got := errors.As(l.failure, &refused); row.status != 0 &&
				(!got || refused.Status != row.status || !refused.Proxy || refused.Address != p.Address() || !strings.HasPrefix(string(refused.Body), row.body)) {
				t.Errorf("got %+v, want status %d and the body %q", refused, row.status, row.body)
			}
			if len(p.Asked()) > 1 {
				t.Errorf("got asked more than once: %q", p.Asked())
			}
			l.wantEnd("closed:1006::false", l.failure)
		})
	}
}

// closedAddress is one that nothing listens on.
func closedAddress(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestProxyThatCannotBeReached(t *testing.T) {
	closed := closedAddress(t)
	silent, _, stop := silentServer(t)
	defer stop()
	refusal := errors.New("ask somebody else")
	for _, row := range []struct {
		rule  string
		proxy func(*url.URL) (*url.URL, error)
		want  string
		cause error
	}{
		{"nobody there", throughProxy("http://" + closed).Proxy, "connect to the proxy " + closed + ": dial tcp", nil},
		{"no TLS there", throughProxy("https://" + plainHTTP(t)).Proxy, ": TLS handshake with 127.0.0.1: ", nil},
		{"the func's own error", func(*url.URL) (*url.URL, error) { return nil, refusal }, "choose a proxy for h.example:80: ask", refusal},
		{"an unknown scheme", throughProxy("ftp://me:secret@" + silent).Proxy, `choose a proxy for h.example:80: got a proxy with the scheme "ftp"`, nil},
		{"no host", throughProxy("http://:80").Proxy, "choose a proxy for h.example:80: ", nil},
		{"it ends its goroutine", func(*url.URL) (*url.URL, error) { runtime.Goexit(); return nil, nil }, "choose a proxy", errGoexit},
	} {
		t.Run(row.rule, func(t *testing.T) {
			l := dialled(t, "ws://h.example/", Options{Proxy: row.proxy}, nil)
			<-l.ended
			if text := l.failure.Error(); !strings.Contains(text, row.want) || strings.Contains(text, "secret") {
				t.Errorf("got %v, want %s", text, row.want)
			}
			if row.cause == nil {
				row.cause = l.failure
			}
			l.wantEnd("closed:1006::false", row.cause)
		})
	}
}

// plainHTTP is the address of a server without TLS.
func plainHTTP(t *testing.T) string {
	address, _ := startServer(t, "ws", http.NotFound)
	return address
}

// The default ports are those of the schemes.
func TestProxyPorts(t *testing.T) {
	for given, want := range map[string]string{
		"http://p.example": "p.example:80", "https://p.example": "p.example:443", "socks5://p.example": "p.example:1080",
		"socks5h://p.example": "p.example:1080", "http://[::1]": "[::1]:80", "https://p.example:8443": "p.example:8443",
	} {
		o := throughProxy(given)
		got := ""
		o.NetDial = func(_ context.Context, _, address string) (net.Conn, error) { got = address; return nil, io.EOF }
		dialled(t, "ws://h/", o, nil).wantEnd("closed:1006::false", io.EOF)
		if got != want {
			t.Errorf("%s: got %s, want %s", given, got, want)
		}
	}
}

func TestProxyFuncGetsTheURLAsHTTPAndWithoutCredentials(t *testing.T) {
	for given, want := range map[string]string{
		"ws://u:p@h.example/a%20b?c=%zz": "http://h.example/a%20b?c=%zz", "wss://h.example:8443/": "https://h.example:8443/",
		"ws://[::1]/%zz": "http://[::1]/%25zz",
	} {
		got := make(chan string, 1)
		refusal := errors.New("no")
		o := Options{Proxy: func(u *url.URL) (*url.URL, error) { got <- u.String(); return nil, refusal }}
		dialled(t, given, o, nil).wantEnd("closed:1006::false", refusal)
		if u := <-got; u != want {
			t.Errorf("%s: got %s, want %s", given, u, want)
		}
	}
}

func TestProxyFromTheEnvironment(t *testing.T) {
	for _, row := range []struct {
		rule string
		env  string
		url  string
		want string
	}{
		{"none", "", "ws://h.example/", ""},
		{"ws is as http", "HTTP_PROXY=http://a:1 HTTPS_PROXY=http://b:2", "ws://h.example/", "http://a:1"},
		{"wss is as https", "HTTP_PROXY=http://a:1 HTTPS_PROXY=http://b:2", "wss://h.example/", "http://b:2"},
		{"small letters", "http_proxy=http://a:1", "ws://h.example/", "http://a:1"},
		{"the other's is not used", "HTTPS_PROXY=http://b:2", "ws://h.example/", ""},
		{"the rest", "HTTPS_PROXY=http://b:2 ALL_PROXY=socks5://c:3", "ws://h.example/", "socks5://c:3"},
		{"the rest, in small letters", "all_proxy=socks5h://c:3", "wss://h.example/", "socks5h://c:3"},
		{"its own comes first", "HTTPS_PROXY=http://b:2 ALL_PROXY=socks5://c:3", "wss://h.example/", "http://b:2"},
		{"without a scheme", "HTTP_PROXY=a:1", "ws://h.example/", "http://a:1"},
		{"credentials", "HTTP_PROXY=http://u:p@a:1", "ws://h.example/", "http://u:p@a:1"},
		{"a host of NO_PROXY", "ALL_PROXY=socks5://c:3 NO_PROXY=other.example,h.example", "ws://h.example/", ""},
		{"a domain of NO_PROXY", "ALL_PROXY=socks5://c:3 no_proxy=.example", "wss://h.example/", ""},
		{"a port of NO_PROXY", "ALL_PROXY=socks5://c:3 NO_PROXY=h.example:8080", "ws://h.example/", "socks5://c:3"},
		{"a network of NO_PROXY", "ALL_PROXY=socks5://c:3 NO_PROXY=192.0.2.0/24", "ws://192.0.2.7/", ""},
		{"all", "ALL_PROXY=socks5://c:3 NO_PROXY=*", "ws://h.example/", ""},
		{"localhost", "ALL_PROXY=socks5://c:3", "ws://localhost:8080/", ""},
		{"this machine", "ALL_PROXY=socks5://c:3", "ws://127.0.0.1/", ""},
		{"this machine by IPv6", "ALL_PROXY=socks5://c:3", "ws://[::1]:80/", ""},
		{"CGI: what a request sets is refused", "REQUEST_METHOD=GET HTTP_PROXY=http://a:1", "ws://h.example/", "refused"},
		{"CGI: what it can't set is not", "REQUEST_METHOD=GET ALL_PROXY=socks5://c:3", "ws://h.example/", "socks5://c:3"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD"} {
				t.Setenv(name, "")
			}
			for assignment := range strings.FieldsSeq(row.env) {
				name, value, _ := strings.Cut(assignment, "=")
				t.Setenv(name, value)
			}
			u, err := (&dialer{target: parseTarget(row.url)}).proxy(t.Context())
			got := "refused"
			if err == nil {
				if got = ""; u != nil {
					got = u.String()
				}
			}
			if got != row.want {
				t.Errorf("got %q, %v, want %q", got, err, row.want)
			}
		})
	}
}

func TestProxyOfTheEnvironmentIsUsedUnlessTheProgramWantsNone(t *testing.T) {
	address, _ := startServer(t, "ws", byeServer)
	p := startProxy(t, proxy.SOCKS5, proxy.Config{Hosts: map[string]string{"h.example:80": address}})
	t.Setenv("HTTP_PROXY", "socks5://"+p.Address())
	dialled(t, "ws://h.example/", Options{}, nil).wantEnd(byeTrace, nil)
	if len(p.Asked()) != 1 {
		t.Errorf("got %q", p.Asked())
	}
	refusal := errors.New("dialled directly")
	direct := Options{
		Proxy:   func(*url.URL) (*url.URL, error) { return nil, nil },
		NetDial: func(context.Context, string, string) (net.Conn, error) { return nil, refusal },
	}
	dialled(t, "ws://h.example/", direct, nil).wantEnd("closed:1006::false", refusal)
}

func TestCredentialsOfTheURLGoThroughAProxyOnANewConnection(t *testing.T) {
	address, _ := startServer(t, "wss", func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password == "right" {
			byeServer(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", "Basic realm=x")
		w.WriteHeader(401)
	})
	p := startProxy(t, proxy.HTTP, proxy.Config{User: "me", Password: "pw", Hosts: map[string]string{"h.example:443": address}})
	o := throughProxy("http://me:pw@" + p.Address())
	o.TLSConfig = &tls.Config{InsecureSkipVerify: true}
	dialled(t, "wss://user:right@h.example/", o, nil).wantEnd(byeTrace, nil)
	if got := strings.Join(p.Asked(), " "); got != "me:pw@h.example:443 me:pw@h.example:443" {
		t.Errorf("got %s", got)
	}
}

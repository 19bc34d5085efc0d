//go:build !js

package native

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestCredentialsOfTheURL(t *testing.T) {
	for _, row := range []struct {
		rule, userinfo, challenge string
		header                    map[string][]string
		want                      string
	}{
		{rule: "asked for", userinfo: "user:pass", challenge: "Basic realm=x", want: "Basic dXNlcjpwYXNz"},
		{rule: "no password", userinfo: "user", challenge: "Basic", want: "Basic dXNlcjo="},
		{rule: "no user", userinfo: ":pass", challenge: "Basic", want: "Basic OnBhc3M="},
		{rule: "percent-encoded", userinfo: "u%40x:p%3A%2B+", challenge: "Basic", want: "Basic dUB4OnA6Kys="},
		{rule: "wrongly encoded", userinfo: "50%:x", challenge: "Basic", want: "Basic NTAlOng="},
		{rule: "a password with a colon", userinfo: "a:b:c", challenge: "Basic", want: "Basic YTpiOmM="},
		{rule: "none in the URL", challenge: "Basic"},
		{rule: "asked for something else", userinfo: "user:pass", challenge: "Digest realm=x"},
		{rule: "not asked for", userinfo: "user:pass"},
		{rule: "the program has its own", userinfo: "user:pass", challenge: "Basic", header: map[string][]string{"authorization": {"Bearer x"}}, want: "Bearer x"},
	} {
		own := map[string][]string{"X": {"kept"}}
		for name, values := range row.header {
			own[name] = values
		}
		before := fmt.Sprint(own)
		q := &request{header: own}
		d := &dialer{target: target{userinfo: row.userinfo}}
		refused := &HandshakeError{Header: map[string][]string{"Www-Authenticate": {row.challenge}}}
		added := d.authorize(q, refused)
		got := lookup(q.header, "Authorization")
		if strings.Join(got, ";") != row.want || added != strings.HasPrefix(row.want, "Basic") || q.header["X"][0] != "kept" {
			t.Errorf("%s: got %q, %t, want %q", row.rule, got, added, row.want)
		}
		if after := fmt.Sprint(own); after != before {
			t.Errorf("%s: the program's header became %s", row.rule, after)
		}
	}
}

func TestChallenges(t *testing.T) {
	for _, row := range []struct {
		challenges []string
		want       bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{"Basic"}, true},
		{[]string{`basic realm="x"`}, true},
		{[]string{`BASIC realm="x", charset="UTF-8"`}, true},
		{[]string{"Negotiate", "Basic"}, true},
		{[]string{`Digest realm="x", nonce="y", Basic realm="z"`}, true},
		{[]string{"Digest,\tBasic\t, Other"}, true},
		{[]string{"Ba\u017Fic"}, false}, // which folds to an s, but not in ASCII
		{[]string{`Bearer`}, false},
		{[]string{`Basically realm="x"`}, false},
		{[]string{`Digest realm="Basic"`}, false},
	} {
		if got := asksForBasic(map[string][]string{"Www-Authenticate": row.challenges}); got != row.want {
			t.Errorf("%q: got %t, want %t", row.challenges, got, row.want)
		}
	}
}

func TestBasicInsideAQuotedStringIsNoChallenge(t *testing.T) {
	if asksForBasic(map[string][]string{"Www-Authenticate": {`Digest realm="one, Basic two", nonce="x"`}}) {
		t.Error("got a password sent to a server that asked for a digest: RFC 9110 11.6.1 and 5.6.4")
	}
}

func TestBlockedPorts(t *testing.T) {
	if !slices.IsSorted(blockedPorts) || len(slices.Compact(slices.Clone(blockedPorts))) != len(blockedPorts) {
		t.Error("the list must be sorted, each once: it is searched by halves")
	}
	for _, port := range []int{0, 1, 21, 22, 25, 53, 110, 143, 993, 2049, 5060, 6000, 6665, 6667, 6697, 10080} {
		if !blockedPort(port) {
			t.Errorf("port %d: want it blocked", port)
		}
	}
	for _, port := range []int{2, 80, 81, 443, 3000, 6001, 6664, 6670, 8080, 8443, 10081, 65535, -1} {
		if blockedPort(port) {
			t.Errorf("port %d: want it free", port)
		}
	}
}

// A line is a connection over real sockets whose sink writes a trace.
type line struct {
	*play
	conns atomic.Int32 // open
}

// countedConn counts itself out when it is closed. It hides that it is TCP.
type countedConn struct {
	net.Conn
	once sync.Once
	open *atomic.Int32
}

func (c *countedConn) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// dialled starts a connection; dial replaces the network's.
func dialled(t *testing.T, url string, o Options, on does) *line {
	l := &line{play: &play{T: t, on: on, ended: make(chan struct{})}}
	dial := o.NetDial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	o.NetDial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		l.conns.Add(1)
		return &countedConn{Conn: conn, open: &l.conns}, nil
	}
	conn, err := Open(url, nil, o, l.play)
	if err != nil {
		t.Fatal(err)
	}
	l.c = conn.(*connection)
	l.c.Start()
	return l
}

// wantEnd waits for the end and looks at what is left.
func (l *line) wantEnd(trace string, cause error) {
	l.Helper()
	<-l.ended
	if got := l.traceNow(); got != trace {
		l.Errorf("got  %s\nwant %s", got, trace)
	}
	if cause == nil && l.failure != nil || !errors.Is(l.failure, cause) {
		l.Errorf("got the failure %v, want %v", l.failure, cause)
	}
	if n := l.conns.Load(); n != 0 {
		l.Errorf("got %d connections left open", n)
	}
}

// accepted opens connections as a server: it reads a request's head and answers.
func accepted(w http.ResponseWriter, r *http.Request) net.Conn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+
		acceptKey(r.Header.Get("Sec-WebSocket-Key"))+"\r\n\r\n")
	return conn
}

// byeServer says hello, closes and waits for the end.
func byeServer(w http.ResponseWriter, r *http.Request) {
	conn := accepted(w, r)
	defer conn.Close()
	io.WriteString(conn, textFrame("hello")+closeFrameOf(1000, "bye"))
	io.ReadFull(conn, make([]byte, len(maskedFrame(0x88, closeBody(1000, "bye"), "KEY!"))))
}

const byeTrace = "open text:hello closing closed:1000:bye:true"

func TestNetDialGetsTheHostAndPortAsTheyStand(t *testing.T) {
	for _, row := range []struct{ url, address string }{
		{"ws://only-it-knows/", "only-it-knows:80"},
		{"ws://only-it-knows:8080/x", "only-it-knows:8080"},
		{"ws://user:pass@example.com/", "example.com:80"},
		{"wss://example.com/", "example.com:443"},
		{"ws://[::1]/", "[::1]:80"},
		{"ws://[2001:db8::1]:81/", "[2001:db8::1]:81"},
	} {
		refusal := errors.New("no route")
		got := ""
		l := dialled(t, row.url, Options{NetDial: func(_ context.Context, network, address string) (net.Conn, error) {
			got = network + " " + address
			return nil, refusal
		}}, nil)
		l.wantEnd("closed:1006::false", refusal)
		if got != "tcp "+row.address {
			t.Errorf("%s: got %s, want tcp %s", row.url, got, row.address)
		}
	}
}

func TestBlockedPortIsNotDialled(t *testing.T) {
	for _, url := range []string{"ws://example.com:6667/", "wss://[::1]:22/"} {
		l := dialled(t, url, Options{NetDial: func(context.Context, string, string) (net.Conn, error) {
			t.Error("it was dialled")
			return nil, io.EOF
		}}, nil)
		<-l.ended
		if !strings.Contains(l.failure.Error(), "is blocked by the Fetch Standard") {
			t.Errorf("got %v", l.failure)
		}
		l.wantEnd("closed:1006::false", l.failure)
	}
}

func TestRefusedConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	l := dialled(t, "ws://"+address+"/", Options{}, nil)
	<-l.ended
	var op *net.OpError
	if !errors.As(l.failure, &op) || !strings.Contains(l.failure.Error(), address) {
		t.Errorf("got %v, want the address and the network's error", l.failure)
	}
}

func TestHandshakeOptionsAreCheckedBeforeAnything(t *testing.T) {
	if _, err := Open("ws://h/", nil, Options{Header: map[string][]string{"A\r\nB": nil}}, new(play)); err == nil {
		t.Error("got no error")
	}
}

func TestTLSNamesTheHostAndHTTP1(t *testing.T) {
	var hello atomic.Pointer[tls.ClientHelloInfo]
	server := httptest.NewUnstartedServer(http.HandlerFunc(byeServer))
	server.TLS = &tls.Config{GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		hello.Store(h)
		return nil, nil
	}}
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	toServer := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	for _, row := range []struct {
		rule, url  string
		config     *tls.Config
		name, alpn string
		fails      bool
	}{
		{rule: "the URL's host", url: "wss://example.com/", config: &tls.Config{RootCAs: roots}, name: "example.com", alpn: "http/1.1"},
		{rule: "without its port", url: "wss://example.com:8443/", config: &tls.Config{RootCAs: roots}, name: "example.com", alpn: "http/1.1"},
		{rule: "an address is no name", url: "wss://127.0.0.1/", config: &tls.Config{RootCAs: roots}, alpn: "http/1.1"},
		{rule: "an IPv6 address", url: "wss://[::1]/", config: &tls.Config{RootCAs: roots}, alpn: "http/1.1"},
		{rule: "an IPv6 address with a port", url: "wss://[::1]:8443/", config: &tls.Config{RootCAs: roots}, alpn: "http/1.1"},
		{rule: "the program's name", url: "wss://elsewhere/", config: &tls.Config{RootCAs: roots, ServerName: "example.com"}, name: "example.com", alpn: "http/1.1"},
		{rule: "the program's ALPN", url: "wss://example.com/", config: &tls.Config{RootCAs: roots, NextProtos: []string{}}, name: "example.com"},
		{rule: "a wrong host", url: "wss://elsewhere/", config: &tls.Config{RootCAs: roots}, name: "elsewhere", alpn: "http/1.1", fails: true},
		{rule: "an unknown authority", url: "wss://example.com/", name: "example.com", alpn: "http/1.1", fails: true},
	} {
		t.Run(row.rule, func(t *testing.T) {
			l := dialled(t, row.url, Options{TLSConfig: row.config, NetDial: toServer}, nil)
			<-l.ended
			if got := hello.Load(); got.ServerName != row.name || strings.Join(got.SupportedProtos, ",") != row.alpn {
				t.Errorf("got the name %q and %q, want %q and %q", got.ServerName, got.SupportedProtos, row.name, row.alpn)
			}
			if !row.fails {
				l.wantEnd(byeTrace, nil)
				return
			}
			var verify *tls.CertificateVerificationError
			if !errors.As(l.failure, &verify) || !strings.Contains(l.failure.Error(), "TLS handshake with") {
				t.Errorf("got %v, want a CertificateVerificationError", l.failure)
			}
			l.wantEnd("closed:1006::false", l.failure)
		})
		if row.config != nil && (row.config.ServerName != "" && row.config.ServerName != "example.com" || len(row.config.NextProtos) > 0) {
			t.Error("the program's config was changed")
		}
	}
}

func TestServerThatAsksForBasicIsAnsweredOnce(t *testing.T) {
	for _, row := range []struct {
		rule, userinfo, trace string
		want                  []string // the Authorization of each request
	}{
		{"right", "user:right@", byeTrace, []string{"", "Basic dXNlcjpyaWdodA=="}},
		{"wrong", "user:wrong@", "closed:1006::false", []string{"", "Basic dXNlcjp3cm9uZw=="}},
		{"none", "", "closed:1006::false", []string{""}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			var mu sync.Mutex
			var got, keys []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				got, keys = append(got, r.Header.Get("Authorization")), append(keys, r.Header.Get("Sec-WebSocket-Key"))
				mu.Unlock()
				if _, password, _ := r.BasicAuth(); password != "right" {
					w.Header().Set("WWW-Authenticate", "Basic realm=x")
					w.WriteHeader(401)
					return
				}
				byeServer(w, r)
			}))
			defer server.Close()
			l := dialled(t, "ws://"+row.userinfo+server.Listener.Addr().String()+"/", Options{}, nil)
			<-l.ended
			if !slices.Equal(got, row.want) || len(slices.Compact(slices.Sorted(slices.Values(keys)))) != len(keys) {
				t.Errorf("got %q with the keys %q, want %q", got, keys, row.want)
			}
			if refused := (*HandshakeError)(nil); row.trace != byeTrace && (!errors.As(l.failure, &refused) || refused.Status != 401) {
				t.Errorf("got %v, want status 401", l.failure)
			}
			l.wantEnd(row.trace, l.failure)
		})
	}
}

// silentServer accepts connections and says nothing on them until the other side ends them.
func silentServer(t *testing.T) (address string, accepted <-chan struct{}, stop func()) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	news := make(chan struct{}, 10)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				io.ReadFull(conn, make([]byte, 1))
				news <- struct{}{}
				io.Copy(io.Discard, conn)
			})
		}
	})
	return listener.Addr().String(), news, func() { listener.Close(); all.Wait() }
}

func TestFailEndsEveryPhaseOfConnecting(t *testing.T) {
	address, reached, stop := silentServer(t)
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dialling := make(chan struct{})
	for _, row := range []struct {
		phase string
		url   string
		o     Options
		begun <-chan struct{}
	}{
		{"dial", "ws://" + address + "/", Options{NetDial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			close(dialling)
			<-ctx.Done()
			return nil, ctx.Err()
		}}, dialling},
		{"TLS handshake", "wss://" + address + "/", Options{}, reached},
		{"HTTP handshake", "ws://" + address + "/", Options{}, reached},
	} {
		t.Run(row.phase, func(t *testing.T) {
			l := dialled(t, row.url, row.o, nil)
			<-row.begun
			l.c.Fail(errCut)
			l.wantEnd("closed:1006::false", errCut)
		})
	}
	stop()
}

// closedConn says when it is closed.
type closedConn struct {
	net.Conn
	closed chan struct{}
}

func (c closedConn) Close() error {
	close(c.closed)
	return c.Conn.Close()
}

func TestDialThatDoesNotHearItsContextIsNotWaitedForAndLeavesNoConnection(t *testing.T) {
	dialling, late, closed := make(chan struct{}), make(chan struct{}), make(chan struct{})
	l := dialled(t, "ws://h/", Options{NetDial: func(context.Context, string, string) (net.Conn, error) {
		close(dialling)
		<-late
		conn, _ := net.Pipe()
		return closedConn{conn, closed}, nil
	}}, nil)
	<-dialling
	l.c.Fail(errCut)
	l.wantEnd("closed:1006::false", errCut)
	close(late)
	<-closed
}

func TestEndOverTLSAndTCPLeavesNothing(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for scheme, start := range map[string]func(http.Handler) *httptest.Server{"ws": httptest.NewServer, "wss": httptest.NewTLSServer} {
		server := start(http.HandlerFunc(byeServer))
		url := scheme + "://" + server.Listener.Addr().String() + "/"
		insecure := Options{TLSConfig: &tls.Config{InsecureSkipVerify: true}}
		l := dialled(t, url, insecure, nil)
		l.wantEnd(byeTrace, nil)
		for event, trace := range map[string]string{"open": "closed:1006::false", "text:hello": "closed:1006::false"} {
			l := dialled(t, url, insecure, does{event: func(p *play) { p.c.Fail(errCut) }})
			<-l.ended
			if !strings.HasPrefix(l.traceNow(), "open") || !errors.Is(l.failure, errCut) {
				t.Errorf("got %s, %v, want %s", l.traceNow(), l.failure, trace)
			}
		}
		server.Close()
	}
}

// tcpServer serves one connection with f behind the handshake, and waits for f's end when the test ends.
func tcpServer(t *testing.T, f func(conn net.Conn)) (url string) {
	var all sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn := accepted(w, r)
		all.Go(func() {
			defer conn.Close()
			f(conn)
		})
	}))
	t.Cleanup(func() { server.Close(); all.Wait() })
	return "ws://" + server.Listener.Addr().String() + "/"
}

// overTCP starts a connection that writes inline, as one that dials for itself.
func overTCP(t *testing.T, url string, on does) *play {
	p := &play{T: t, on: on, ended: make(chan struct{})}
	conn, err := Open(url, nil, Options{}, p)
	if err != nil {
		t.Fatal(err)
	}
	p.c = conn.(*connection)
	p.c.Start()
	return p
}

func TestAnswerLeavesTCPBeforeItsListenerReturns(t *testing.T) {
	answered := make(chan string, 1)
	url := tcpServer(t, func(conn net.Conn) {
		b := make([]byte, len(maskedFrame(0x81, "answer", "KEY!")))
		io.ReadFull(conn, b) // so that the question does not come in one read with the handshake
		io.WriteString(conn, textFrame("question"))
		io.ReadFull(conn, b)
		answered <- strings.Join(readFrames(string(b)), " ")
		io.WriteString(conn, closeFrameOf(1000, ""))
		io.ReadFull(conn, b[:len(maskedFrame(0x88, closeBody(1000, ""), "KEY!"))])
	})
	p := overTCP(t, url, does{"open": func(p *play) { p.c.SendText("opened") }, "text:question": func(p *play) {
		if p.c.writeNow == nil {
			p.Skip("this system has no write that does not wait")
		}
		p.c.SendText("answer")
		if got := <-answered; got != "text:answer" {
			p.Errorf("got %s", got)
		}
		p.c.mu.Lock()
		defer p.c.mu.Unlock()
		if p.c.busy || p.c.turn != reader {
			p.Error("got the answer written by another goroutine, or because the listener was seen to block")
		}
	}})
	<-p.ended
}

func TestLargeMessagesPassThroughASlowTCPPeer(t *testing.T) {
	const n, size = 8, 1 << 20
	got := make(chan []string, 1)
	start := make(chan struct{})
	url := tcpServer(t, func(conn net.Conn) {
		<-start
		b, _ := io.ReadAll(io.LimitReader(conn, n*(size+maxHeader)+8))
		got <- readFrames(string(b))
		io.WriteString(conn, closeFrameOf(1000, ""))
	})
	message := pattern(size)
	p := overTCP(t, url, does{"open": func(p *play) {
		for range n {
			p.c.SendBinary(message)
		}
		p.c.Close(1000, "")
		close(start) // the system's buffers are full by now
	}})
	frames := <-got
	if len(frames) != n+1 || frames[n] != "close:1000:" || slices.ContainsFunc(frames[:n], func(f string) bool { return f != "binary:"+string(message) }) {
		t.Errorf("got %d frames, want %d messages and Close", len(frames), n)
	}
	<-p.ended
	if got := p.traceNow(); got != "open closing closed:1000::true" || p.c.Buffered() != 0 {
		t.Errorf("got %s with %d bytes unsent", got, p.c.Buffered())
	}
}

func TestPeerThatClosesTCPWhileWeSend(t *testing.T) {
	url := tcpServer(t, func(conn net.Conn) { io.WriteString(conn, textFrame("a")+textFrame("b")) })
	done := make(chan struct{})
	p := overTCP(t, url, does{"text:a": func(p *play) {
		for range 100 {
			p.c.SendBinary(make([]byte, 100_000))
		}
		close(done)
	}})
	<-done
	<-p.ended
	if got := p.traceNow(); got != "open text:a text:b closed:1006::false" || p.failure == nil {
		t.Errorf("got %s, %v", got, p.failure)
	}
}

func TestURLsAreTheStandards(t *testing.T) {
	for _, row := range []struct{ raw, want string }{
		{"ws://EXAMPLE.com:80/a/../b c?q", "ws://example.com/b%20c?q"},
		{"wss://bücher.example:443", "wss://xn--bcher-kva.example/"},
		{"ws://user:p@ss@h/", "ws://user:p%40ss@h/"},
		{"/relative", ""},
		{"ws://h:99999/", ""},
	} {
		got, err := ParseURL(row.raw)
		if got != row.want || (err != nil) != (row.want == "") {
			t.Errorf("%s: got %s, %v, want %s", row.raw, got, err, row.want)
		}
	}
}

func TestOptionsThatOnlyOurOwnDiallingHonoursAreNamed(t *testing.T) {
	all := Options{Header: map[string][]string{}, Origin: "x", TLSConfig: new(tls.Config), ReadLimit: -1, CloseTimeout: 1, HandshakeTimeout: 1, MaxBufferedAmount: 1,
		NetDial: func(context.Context, string, string) (net.Conn, error) { return nil, nil },
		Proxy:   func(*url.URL) (*url.URL, error) { return nil, nil }, Jar: new(cookiejar.Jar), AllowBlockedPorts: true}
	if got := strings.Join(EngineOptions(all), " "); got != "Header Origin TLSConfig Proxy Jar AllowBlockedPorts NetDial ReadLimit CloseTimeout" {
		t.Errorf("got %s", got)
	}
	if got := EngineOptions(Options{HandshakeTimeout: time.Second}); got != nil {
		t.Errorf("got %s for none", got)
	}
}

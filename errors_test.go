package websocket_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/native"
)

// docs/errors.md has these tables; TestErrorsPage holds it to them. An error is written as all that errors.Is and errors.As say of
// it, in the order of kinds. "none" is no error, and "–" one that is of no kind.

var (
	errMine  = errors.New("mine")
	errCause = errors.New("why the context ended")
)

// kinds are what a program can ask an error for.
var kinds = []func(err error) string{
	as("*WebSocketError", func(e *websocket.WebSocketError) any { return e.CloseCode }),
	is("ErrSyntax", websocket.ErrSyntax), is("ErrInvalidAccess", websocket.ErrInvalidAccess),
	is("ErrInvalidState", websocket.ErrInvalidState), is("ErrNotSupported", websocket.ErrNotSupported),
	is("ErrNotReadable", websocket.ErrNotReadable), is("ErrAbort", websocket.ErrAbort),
	is("ErrQuotaExceeded", websocket.ErrQuotaExceeded),
	is("the program's own", errMine), is("the context's cause", errCause),
	is("context.DeadlineExceeded", context.DeadlineExceeded), is("context.Canceled", context.Canceled),
	as("*native.HandshakeError", func(e *native.HandshakeError) any {
		if e.Proxy {
			return fmt.Sprint(e.Status, " of the proxy")
		}
		return e.Status
	}),
	as("*native.ProtocolError", func(e *native.ProtocolError) any { return e.Code }),
	is("native.ErrBlockedPort", native.ErrBlockedPort), is("errors.ErrUnsupported", errors.ErrUnsupported),
	is("io.EOF", io.EOF), is("io.ErrUnexpectedEOF", io.ErrUnexpectedEOF),
	is("syscall.ECONNREFUSED", syscall.ECONNREFUSED), is("syscall.ECONNRESET", syscall.ECONNRESET),
	as[*net.DNSError]("*net.DNSError", nil), as[*net.OpError]("*net.OpError", nil),
	as[tls.RecordHeaderError]("tls.RecordHeaderError", nil),
	as[*tls.CertificateVerificationError]("*tls.CertificateVerificationError", nil),
	as[x509.UnknownAuthorityError]("x509.UnknownAuthorityError", nil), as[x509.HostnameError]("x509.HostnameError", nil),
	as[x509.CertificateInvalidError]("x509.CertificateInvalidError", nil),
}

func is(name string, target error) func(error) string {
	return func(err error) string {
		if !errors.Is(err, target) {
			return ""
		}
		return name
	}
}

// as is a type, with what detail says of the error behind its name.
func as[E error](name string, detail func(E) any) func(error) string {
	return func(err error) string {
		e := *new(E)
		switch {
		case !errors.As(err, &e):
			return ""
		case detail == nil:
			return name
		}
		return fmt.Sprint(name, " ", detail(e))
	}
}

// kindsOf writes an error as the tables have it.
func kindsOf(err error) string {
	if err == nil {
		return "none"
	}
	var all []string
	for _, kind := range kinds {
		if name := kind(err); name != "" {
			all = append(all, name)
		}
	}
	if len(all) == 0 {
		return "–"
	}
	return strings.Join(all, ", ")
}

// A refusal is a call that returns an error.
type refusal struct {
	what, where string
	calls       func(t *testing.T) []error // all alike
	want        string
	js, why     string // in a browser, where it differs
}

func refusals() []refusal {
	one := func(call func(t *testing.T) error) func(t *testing.T) []error {
		return func(t *testing.T) []error { return []error{call(t)} }
	}
	made := func(d websocket.Dialer, url string, protocols ...string) error {
		ws, err := d.New(url, protocols...)
		if err == nil {
			ws.Close(0, "")
		}
		return err
	}
	with := func(o websocket.Options) websocket.Dialer { return websocket.Dialer{Options: o} }
	var plain websocket.Dialer
	ended, end := context.WithCancelCause(context.Background())
	end(errCause)
	return []refusal{
		{what: "a URL that can't be parsed, has another scheme or a fragment", where: "`New`, `OpenStream`", want: "ErrSyntax",
			calls: func(t *testing.T) []error {
				_, err := websocket.OpenStream(t.Context(), "ftp://h/")
				return []error{err, made(plain, "ws://"), made(plain, "ftp://h/"), made(plain, "ws://h/#f")}
			}},
		{what: "a subprotocol that is no token, or there twice", where: "`New`, `OpenStream`", want: "ErrSyntax",
			calls: func(t *testing.T) []error {
				_, err := websocket.OpenStream(t.Context(), "ws://h/", "a b")
				return []error{err, made(plain, "ws://h/", ""), made(plain, "ws://h/", "a", "a")}
			}},
		{what: "an option that is the browser's to choose", where: "`New`, `OpenStream`", want: "none", js: "ErrNotSupported",
			why: "it names every such option", calls: one(func(*testing.T) error { return made(with(websocket.Options{ReadAhead: 1}), "ws://h/") })},
		{what: "an option for the platform's own connections, beside an `Engine`", where: "`New`, `OpenStream`", want: "ErrNotSupported",
			calls: one(func(*testing.T) error {
				return made(websocket.Dialer{Options: websocket.Options{ReadLimit: 1}, Engine: native.Over(nil)}, "ws://h/")
			})},
		{what: "an option that is for streams alone, or for sockets", where: "`New`, `OpenStream`", want: "ErrNotSupported",
			calls: func(t *testing.T) []error {
				borrows := with(websocket.Options{BorrowMessages: true})
				_, err := borrows.OpenStream(t.Context(), "ws://h/")
				return []error{err, made(with(websocket.Options{ReadQueueLimit: 1}), "ws://h/"), made(with(websocket.Options{BrowserStream: true}), "ws://h/")}
			}},
		{what: "an option with a value that can't be, such as a header with a line feed", where: "`New`, `OpenStream`", want: "ErrSyntax",
			js: "ErrNotSupported", why: "no page can choose it", calls: one(func(*testing.T) error {
				return made(with(websocket.Options{Header: map[string][]string{"X": {"a\nb"}}}), "ws://h/")
			})},
		{what: "an `Engine` of the program's own returns an error", where: "`New`, `OpenStream`", want: "ErrNotSupported, the program's own",
			calls: one(func(*testing.T) error {
				return made(websocket.Dialer{Engine: func(string, []string, websocket.Sink) (websocket.Conn, error) { return nil, errMine }}, "ws://h/")
			})},
		{what: "`OpenStream`'s context ends before the handshake", where: "`OpenStream`", want: "the context's cause",
			calls: one(func(t *testing.T) error {
				_, err := websocket.OpenStream(ended, server()+"/echo")
				return err
			})},
		{what: "`Run`'s context ends before the handshake", where: "`Run`", want: "*WebSocketError 1006, the context's cause",
			calls: one(func(t *testing.T) error { return newSocket(t, nil, os.Getenv("TESTSERVER_MUTE")).Run(ended) })},
		{what: "`Run`'s context ends later: that is `Close(1000, \"\")`", where: "`Run`", want: "none",
			calls: one(func(t *testing.T) error {
				ctx, cancel := context.WithCancel(t.Context())
				s := newSocket(t, nil, server()+"/echo")
				s.on = does{"open": func(*socket) { cancel() }}
				return s.Run(ctx)
			})},
		{what: "`Close` before the handshake is done", where: "`Run`", want: "*WebSocketError 1006, ErrAbort",
			calls: one(func(t *testing.T) error {
				s := newSocket(t, nil, server()+"/echo")
				must(t, s.Close(1000, ""))
				return s.Run(waiting(t))
			})},
		{what: "`Send` before the socket is open", where: "`Send`", want: "ErrInvalidState",
			calls: one(func(t *testing.T) error {
				s := newSocket(t, nil, server()+"/echo")
				defer s.Close(0, "")
				return s.Send(websocket.Text("early"))
			})},
		{what: "`Send` when it is closing or closed: the message is dropped and counted", where: "`Send`", want: "none",
			calls: func(t *testing.T) []error {
				s := newSocket(t, nil, server()+"/echo")
				var closing error
				s.on = does{"open": also(closes(1000, ""), func(s *socket) { closing = s.Send(websocket.Text("late")) })}
				s.run()
				return []error{closing, s.Send(websocket.Text("later"))}
			}},
		{what: "a Blob that the engine can't send", where: "`Send`, `Write`", want: "ErrNotSupported",
			calls: func(t *testing.T) []error {
				s, f := fake(t, websocket.Options{})
				s.Start()
				f.Opened("", "")
				stream, over, err := fakeStream(t, websocket.Options{}, func(f *fakeConn) { f.Opened("", "") })
				must(t, err)
				defer f.Closed(1000, "", true, nil)
				defer over.Closed(1000, "", true, nil)
				blob := websocket.FromBlob(websocket.NewBlob(nil, ""))
				return []error{s.Send(blob), stream.Write(t.Context(), blob)}
			}},
		{what: "a close code other than 1000 and 3000 to 4999", where: "`Close`, `NewWebSocketError`", want: "ErrInvalidAccess",
			calls: func(t *testing.T) []error {
				_, err := websocket.NewWebSocketError("", websocket.CloseInfo{Code: 1001})
				s := newSocket(t, nil, server()+"/echo")
				defer s.Close(0, "")
				return []error{err, s.Close(1001, "")}
			}},
		{what: "a close reason of more than 123 bytes", where: "`Close`, `NewWebSocketError`", want: "ErrSyntax",
			calls: func(t *testing.T) []error {
				long := strings.Repeat("x", 124)
				_, err := websocket.NewWebSocketError("", websocket.CloseInfo{Reason: long})
				s := newSocket(t, nil, server()+"/echo")
				defer s.Close(0, "")
				return []error{err, s.Close(1000, long)}
			}},
		{what: "more than one `CloseInfo`", where: "`NewWebSocketError`", want: "ErrSyntax",
			calls: one(func(*testing.T) error {
				_, err := websocket.NewWebSocketError("", websocket.CloseInfo{}, websocket.CloseInfo{})
				return err
			})},
		{what: "a context that ends one call", where: "`Read`, `Messages`, `Reader`, `Write`, `Writer`, `Closed`, `WaitBuffered`",
			want: "the context's cause", calls: func(t *testing.T) (all []error) {
				s := openStream(t, plain, "/echo")
				_, read := s.Read(ended)
				_, reader := s.Reader(ended)
				_, writer := s.Writer(ended, websocket.TextMessage)
				_, closed := s.Closed(ended)
				for _, err := range s.Messages(ended) {
					all = append(all, err)
				}
				full, f := fake(t, websocket.Options{})
				defer full.Close(0, "")
				f.buffered = 1
				return append(all, read, reader, writer, closed, s.Write(ended, websocket.Text("m")), full.WaitBuffered(ended, 0))
			}},
		{what: "the connection has ended with more than that unsent", where: "`WaitBuffered`", want: "ErrInvalidState",
			calls: one(func(t *testing.T) error {
				s := newSocket(t, nil, server()+"/send?close=1000")
				s.run()
				must(t, s.Send(websocket.Text("late")))
				return s.WaitBuffered(waiting(t), 0)
			})},
		{what: "the end after a clean close, behind the last message", where: "`Read`, `Reader`", want: "io.EOF",
			calls: func(t *testing.T) []error {
				s := openStream(t, plain, "/send?close=4000")
				_, read := s.Read(waiting(t))
				_, reader := s.Reader(waiting(t))
				return []error{read, reader}
			}},
		{what: "a clean close inside a message", where: "`MessageReader.Read`", want: "io.ErrUnexpectedEOF", js: "io.EOF",
			why: "nothing is seen of the message, and `Reader` says so",
			calls: one(func(t *testing.T) error {
				_, r, err := half(t, "close:1000", "expect:close", "end")
				if err != nil {
					return err
				}
				_, err = io.Copy(io.Discard, r)
				return err
			})},
		{what: "a message that was left for the next one", where: "`MessageReader.Read`", want: "ErrInvalidState", js: "none",
			why: "a message is there as a whole",
			calls: one(func(t *testing.T) error {
				s, r, err := half(t, "frame:1,0,x", "text:next", "expect:close", "answer", "end")
				must(t, err)
				if _, err := s.Read(waiting(t)); err != nil {
					t.Error(err)
				}
				_, err = io.Copy(io.Discard, r)
				return err
			})},
		{what: "more is unread than `ReadQueueLimit`", where: "`Read`, `Write`, `Closed`", want: "none",
			js: "*WebSocketError 1006, ErrQuotaExceeded", why: "nothing can be held back, but with `BrowserStream`",
			calls: one(func(t *testing.T) error {
				s := openStream(t, with(websocket.Options{ReadQueueLimit: 1}), raw("text:a", "text:b", "text:c", "expect:close", "answer", "end"))
				if !browser { // the peer waits
					must(t, s.Close(1000, ""))
				}
				_, err := s.Closed(waiting(t))
				return err
			})},
		{what: "a stream that is closing, or is closed cleanly", where: "`Write`, `Writer`", want: "ErrInvalidState",
			calls: func(t *testing.T) []error {
				s := openStream(t, plain, "/echo")
				w, err := s.Writer(waiting(t), websocket.TextMessage)
				must(t, err)
				must(t, s.Close(1000, ""))
				_, part := w.Write([]byte("late"))
				closing := s.Write(waiting(t), websocket.Text("late"))
				s.Closed(waiting(t))
				_, writer := s.Writer(waiting(t), websocket.TextMessage)
				return []error{part, w.Close(), closing, writer, s.Write(waiting(t), websocket.Text("later"))}
			}},
		{what: "a message that has been ended", where: "the `Writer`'s `Write`", want: "ErrInvalidState",
			calls: one(func(t *testing.T) error {
				w, err := openStream(t, plain, "/echo").Writer(waiting(t), websocket.TextMessage)
				must(t, err)
				must(t, w.Close())
				_, err = w.Write([]byte("more"))
				return err
			})},
		{what: "a kind of message that is none", where: "`Writer`", want: "ErrSyntax",
			calls: one(func(t *testing.T) error {
				_, err := openStream(t, plain, "/echo").Writer(waiting(t), 7)
				return err
			})},
		{what: "a stream that `OpenStream` did not make", where: "its methods", want: "ErrInvalidState",
			calls: func(t *testing.T) []error {
				var none websocket.WebSocketStream
				_, err := none.Read(t.Context())
				return []error{err, none.Write(t.Context(), websocket.Text("m")), none.Close(0, "")}
			}},
		{what: "an event that is nil, or is being dispatched", where: "`DispatchEvent`", want: "ErrInvalidState",
			calls: func(*testing.T) []error {
				target := websocket.NewEventTarget()
				var again error
				e := websocket.NewEvent("x", websocket.EventInit{})
				target.AddEventListener("x", func(websocket.Event) { _, again = target.DispatchEvent(e) })
				_, err := target.DispatchEvent(e)
				_, none := target.DispatchEvent(nil)
				if err != nil {
					again = err
				}
				return []error{again, none}
			}},
		{what: "the connection is not open, or ends before the pong", where: "`Ping`", want: "ErrInvalidState", js: "ErrNotSupported",
			why: "it has no ping",
			calls: one(func(t *testing.T) error {
				ws, err := plain.New(server() + "/echo")
				if err != nil {
					t.Fatal(err)
				}
				defer ws.Close(0, "")
				_, err = ws.Ping(t.Context())
				return err
			})},
		{what: "a negative offset", where: "`Blob.ReadAt`", want: "ErrSyntax",
			calls: one(func(*testing.T) error {
				_, err := new(websocket.Blob).ReadAt(make([]byte, 1), -1)
				return err
			})},
	}
}

// half begins to read a message of which the rest comes later. In a browser Reader waits for the whole.
func half(t *testing.T, rest ...string) (*websocket.WebSocketStream, io.Reader, error) {
	t.Helper()
	s := openStream(t, websocket.Dialer{}, raw(append([]string{"expect:message", "frame:0,1,half", "expect:message"}, rest...)...))
	s.Reader(shortly(t)) // from now on parts are wanted
	must(t, s.Write(waiting(t), websocket.Text("begin")))
	if browser {
		must(t, s.Write(waiting(t), websocket.Text("go on")))
		r, err := s.Reader(waiting(t))
		return s, r, err
	}
	r, err := s.Reader(waiting(t))
	must(t, err)
	must(t, s.Write(waiting(t), websocket.Text("go on")))
	return s, r, err
}

func TestRefusals(t *testing.T) {
	for _, r := range refusals() {
		t.Run(r.what, func(t *testing.T) {
			want := r.want
			if browser && r.js != "" {
				want = r.js
			}
			for i, err := range r.calls(t) {
				if got := kindsOf(err); got != want {
					t.Errorf("error %d: got %v, which is %s, want %s", i, err, got, want)
				}
			}
		})
	}
}

// A loss is a connection that fails. What Run and a stream's calls return is a *WebSocketError with the code 1006 unless want says
// otherwise; want has the rest, which is what an error event's Err is too.
type loss struct {
	what    string
	url     string
	dialer  *websocket.Dialer
	on      does
	want    string
	js, why string // in a browser; "" is "–", since that tells nothing of what the network did
	alone   bool   // sockets alone, not streams
	skip    string // why the browser of the tests can't show it
}

// An error of New's, of an option that is refused.
const refused = "New: ErrNotSupported"

func lostHandshakes(t *testing.T) []loss {
	opt := func(o websocket.Options) *websocket.Dialer { return &websocket.Dialer{Options: o} }
	proxied := func(proxy string, err error) *websocket.Dialer {
		return opt(websocket.Options{Proxy: func(*url.URL) (*url.URL, error) {
			if err != nil {
				return nil, err
			}
			return url.Parse(proxy)
		}})
	}
	secured := func(config *tls.Config) *websocket.Dialer { return opt(websocket.Options{TLSConfig: config}) }
	closed := strings.TrimPrefix(os.Getenv("TESTSERVER_CLOSED"), "ws://")
	wss := os.Getenv("TESTSERVER_WSS")
	const option = "no page can choose it"
	return []loss{
		{what: "`HandshakeTimeout` is over", url: os.Getenv("TESTSERVER_MUTE"), dialer: hasty(), want: "context.DeadlineExceeded",
			js: "context.DeadlineExceeded"},
		{what: "a port that the Fetch Standard blocks", url: "ws://127.0.0.1:6667/", want: "native.ErrBlockedPort"},
		{what: "a host name that is not known", url: "ws://name.invalid/", want: "*net.DNSError, *net.OpError"},
		{what: "nobody listens there", url: os.Getenv("TESTSERVER_CLOSED"), want: "syscall.ECONNREFUSED, *net.OpError"},
		{what: "`NetDial` returns an error", url: "ws://h/", want: "the program's own", js: refused, why: option,
			dialer: opt(websocket.Options{NetDial: func(context.Context, string, string) (net.Conn, error) { return nil, errMine }})},
		{what: "`NetDial` or `Proxy` ends its goroutine", url: "ws://h/", want: "–", js: refused, why: option, dialer: opt(websocket.Options{
			NetDial: func(context.Context, string, string) (net.Conn, error) { runtime.Goexit(); return nil, nil }})},
		{what: "`Proxy` returns an error", url: "ws://h/", dialer: proxied("", errMine), want: "the program's own", js: refused, why: option},
		{what: "a proxy of a kind that can't be used", url: "ws://h/", dialer: proxied("ftp://h/", nil), want: "errors.ErrUnsupported",
			js: refused, why: option},
		{what: "no proxy listens there", url: "ws://h/", dialer: proxied("http://"+closed, nil), want: "syscall.ECONNREFUSED, *net.OpError",
			js: refused, why: option},
		{what: "the proxy refuses", url: "ws://h/", dialer: proxied(os.Getenv("TESTSERVER_HTTP"), nil),
			want: "*native.HandshakeError 404 of the proxy", js: refused, why: option},
		{what: "a SOCKS proxy refuses", url: "ws://h/", dialer: proxied(refusingSOCKS(t), nil), want: "*net.OpError", js: refused, why: option},
		{what: "TCP ends in a proxy's handshake", url: "ws://h/", dialer: proxied(endingSOCKS(t), nil), want: "io.ErrUnexpectedEOF", js: refused,
			why: option},
		{what: "something else than TLS comes", url: helloURL("hex-" + httpInHex), dialer: helloDialer(t), want: "tls.RecordHeaderError"},
		{what: "TCP ends in TLS's handshake", url: strings.Replace(server(), "ws:", "wss:", 1), want: "io.ErrUnexpectedEOF"},
		{what: "a certificate that nobody trusted has signed", url: wss + "/echo",
			want: "*tls.CertificateVerificationError, x509.UnknownAuthorityError", skip: "the browser of the tests was told to trust it"},
		{what: "a certificate for another host", url: wss + "/echo", dialer: secured(&tls.Config{ServerName: "other.example"}),
			want: "*tls.CertificateVerificationError, x509.HostnameError", js: refused, why: option},
		{what: "a certificate that is over", url: wss + "/echo",
			dialer: secured(&tls.Config{Time: func() time.Time { return time.Now().AddDate(1, 0, 0) }}),
			want:   "*tls.CertificateVerificationError, x509.CertificateInvalidError", js: refused, why: option},
		{what: "the server refuses TLS by an alert", url: helloURL("alert-2-40"), dialer: helloDialer(t), want: "*net.OpError"},
		{what: "TCP ends before the answer", url: server() + raw("cut=20"), want: "io.ErrUnexpectedEOF"},
		{what: "TCP is reset before the answer", url: server() + raw("head:0", "rst"), want: "syscall.ECONNRESET, *net.OpError"},
		{what: "a status other than 101", url: server() + "/status?code=404", want: "*native.HandshakeError 404"},
		{what: "a redirect, which nobody follows", url: server() + "/redirect?to=/echo", want: "*native.HandshakeError 302"},
		{what: "an answer that is not HTTP/1.1's", url: server() + raw("http=SSH-2.0"), want: "*native.HandshakeError 0"},
		{what: "headers of more than 256 KiB", url: server() + raw("pad=300000"), want: "*native.HandshakeError 0"},
		{what: "no `Upgrade`, or another", url: server() + raw("upgrade=h2c"), want: "*native.HandshakeError 101"},
		{what: "no `Sec-WebSocket-Accept`, or another", url: server() + raw("accept=omit"), want: "*native.HandshakeError 101"},
		{what: "a subprotocol that was not offered", url: server() + raw("protocol=chat"), want: "*native.HandshakeError 101"},
		{what: "an extension that was not offered", url: server() + raw("extensions=x-unknown"), want: "*native.HandshakeError 101"},
		{what: "nothing from the peer within `PongTimeout`", url: server() + raw("mute"), dialer: opt(websocket.Options{PingInterval: 20 * time.Millisecond}),
			want: "context.DeadlineExceeded", js: refused, why: "it has no ping", alone: true},
		{what: "an `Engine` of the program's own fails", url: "ws://h/", dialer: engineOf(func(s websocket.Sink) { s.Closed(1006, "", false, errMine) }),
			want: "the program's own", js: "the program's own"},
		{what: "the carrier of `native.Over` fails", url: "ws://h/", dialer: &websocket.Dialer{Engine: native.Over(brokenCarrier{})}, alone: true,
			want: "the program's own", js: "the program's own"},
	}
}

// brokenCarrier takes what is written, and brings nothing.
type brokenCarrier struct{}

func (brokenCarrier) Read([]byte) (int, error)    { return 0, errMine }
func (brokenCarrier) Write(b []byte) (int, error) { return len(b), nil }
func (brokenCarrier) Close() error                { return nil }

// helloURL is that of a server which does what the host's name says in place of TLS's handshake.
func helloURL(name string) string {
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(os.Getenv("TESTSERVER_WSS"), "wss://"))
	return "wss://" + name + ".hello.localhost:" + port + "/echo"
}

// helloDialer finds it. A browser does so by itself.
func helloDialer(t *testing.T) *websocket.Dialer {
	d := trusting(t)
	if !browser {
		d.NetDial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(os.Getenv("TESTSERVER_WSS"), "wss://"))
		}
	}
	return d
}

// engineOf is a Dialer whose connections report what the func does.
func engineOf(report func(s websocket.Sink)) *websocket.Dialer {
	return &websocket.Dialer{Engine: func(_ string, _ []string, s websocket.Sink) (websocket.Conn, error) {
		return &fakeConn{Sink: s, started: func() { report(s) }}, nil
	}}
}

func lostConnections(t *testing.T) []loss {
	broken := func(what, code string, steps ...string) loss {
		return loss{what: what, url: server() + raw(append(steps, "expect:close", "end")...), want: "*native.ProtocolError " + code}
	}
	opt := func(o websocket.Options) *websocket.Dialer { return &websocket.Dialer{Options: o} }
	wss := func(steps ...string) string { return os.Getenv("TESTSERVER_WSS") + raw(steps...) }
	return []loss{
		{what: "a clean close, whatever the code", url: server() + "/send?close=4000&reason=why", want: "none", js: "none"},
		{what: "TCP ends without a Close frame", url: server() + raw("end"), want: "io.ErrUnexpectedEOF"},
		{what: "TCP is reset", url: server() + raw("expect:message", "rst"), want: "syscall.ECONNRESET, *net.OpError"},
		{what: "TCP is reset behind both Close frames", url: wss("close:1000", "expect:close", "rst"), dialer: trusting(t), want: "none",
			js: "*WebSocketError 1000", why: "the code is there, but the end is not clean"},
		{what: "TLS ends by a fatal alert", url: wss("expect:message", "alert", "hold"), dialer: trusting(t), want: "*net.OpError"},
		{what: "TLS ends without an alert", url: wss("expect:message", "sever", "hold"), dialer: trusting(t), want: "io.ErrUnexpectedEOF"},
		{what: "a record that is not TLS's", url: wss("expect:message", "tcp:"+httpInHex, "hold"), dialer: trusting(t), want: "tls.RecordHeaderError"},
		broken("reserved bits", "1002", "frame:1,33,x"),
		broken("an opcode that is reserved", "1002", "frame:1,3,x"),
		broken("a masked frame", "1002", "hex:81810000000078"),
		broken("fragments that do not follow each other", "1002", "frame:1,0,x"),
		broken("a control frame that is fragmented", "1002", "frame:0,9,x"),
		broken("a control frame of more than 125 bytes", "1002", "frame:1,9,"+strings.Repeat("x", 126)),
		broken("a length in more bytes than it needs, or with the first bit set", "1002", "hex:817e0001"),
		broken("a Close frame of one byte", "1002", "hex:880103"),
		broken("a close code that may not be sent", "1002", "hex:880203ee"),
		broken("invalid UTF-8 in a close reason", "1007", "hex:880303e8ff"),
		broken("invalid UTF-8 in a text", "1007", "hex:8101ff"),
		broken("a compressed message that is none", "1007", "extensions=permessage-deflate", "frame:1,65,g"),
		{what: "a message beyond `ReadLimit`", url: server() + raw("text:0123456789", "expect:close", "end"), dialer: limited(9),
			want: "ErrQuotaExceeded, *native.ProtocolError 1009", js: "ErrQuotaExceeded"},
		{what: "more to send than `MaxBufferedAmount`", url: server() + "/echo", dialer: opt(websocket.Options{MaxBufferedAmount: 9}),
			on: does{"open": send("0123456789")}, want: "ErrQuotaExceeded", js: "ErrQuotaExceeded", alone: true},
		{what: "no answer to Close for `CloseTimeout`", url: server() + raw("expect:close", "hold"), dialer: opt(websocket.Options{CloseTimeout: 20 * time.Millisecond}),
			on: does{"open": closes(1000, "")}, want: "context.DeadlineExceeded", js: refused, why: "it is the browser's 60 s", alone: true},
		{what: "an `Engine` of the program's own fails", url: "ws://h/", want: "the program's own", js: "the program's own",
			dialer: engineOf(func(s websocket.Sink) { s.Opened("", ""); s.Closed(1006, "", false, errMine) })},
	}
}

// jsWant is what a browser says.
func (l loss) jsWant() string {
	if l.js == "" {
		return "–"
	}
	return l.js
}

// rest is what the error says beyond that the connection failed.
func rest(err error) string {
	const failed = "*WebSocketError 1006"
	kinds := strings.TrimPrefix(kindsOf(err), failed+", ")
	if kinds == failed {
		return "–"
	}
	return kinds
}

func TestLosses(t *testing.T) {
	for name, losses := range map[string][]loss{"handshakes": lostHandshakes(t), "connections": lostConnections(t)} {
		t.Run(name, func(t *testing.T) {
			for _, l := range losses {
				t.Run(l.what, func(t *testing.T) { l.run(t) })
			}
		})
	}
}

func (l loss) run(t *testing.T) {
	want, d := l.want, l.dialer
	if browser {
		want = l.jsWant()
		if l.skip != "" {
			t.Skip(l.skip)
		}
		ask(t, server()+"/headers") // Chromium holds connections back when many more have failed than not
	}
	if d == nil {
		d = new(websocket.Dialer)
	}
	if got := l.ofSocket(t, d); got != want {
		t.Errorf("a socket: got %s, want %s", got, want)
	}
	if l.alone {
		return
	}
	if got := l.ofStream(t, d); got != want {
		t.Errorf("a stream: got %s, want %s", got, want)
	}
}

// ofSocket returns what Run says, and sees that the error event says the same.
func (l loss) ofSocket(t *testing.T, d *websocket.Dialer) string {
	ws, err := d.New(l.url)
	if err != nil {
		return "New: " + kindsOf(err)
	}
	s := traced(t, ws)
	s.on = l.on
	if l.expects() {
		s.on = does{"open": send("go on")}
	}
	code := uint16(0)
	s.OnClose(func(e *websocket.CloseEvent) { code = e.Code })
	err = s.Run(waiting(t))
	var ended *websocket.WebSocketError
	if errors.As(err, &ended) && ended.CloseCode != code {
		t.Errorf("Run has the code %d, the event %d", ended.CloseCode, code)
	}
	got := rest(err)
	if event := kindsOf(s.failure); s.failure != nil && event != got {
		t.Errorf("Run says %s, the event %s", got, event)
	} else if s.failure == nil && got != "none" && !browser {
		t.Error("no error event")
	}
	return got
}

// expects reports whether the peer waits for a message.
func (l loss) expects() bool { return strings.Contains(l.url, "expect%3Amessage") }

// ofStream returns what OpenStream says or, if that says nothing, Read, and sees that Closed says the same.
func (l loss) ofStream(t *testing.T, d *websocket.Dialer) string {
	s, err := d.OpenStream(waiting(t), l.url)
	if err != nil {
		if strings.HasPrefix(l.jsWant(), "New: ") && browser {
			return "New: " + kindsOf(err)
		}
		return rest(err)
	}
	if l.expects() {
		must(t, s.Write(waiting(t), websocket.Text("go on")))
	}
	for err == nil {
		_, err = s.Read(waiting(t))
	}
	if err == io.EOF {
		err = nil
	}
	if _, closed := s.Closed(waiting(t)); kindsOf(closed) != kindsOf(err) {
		t.Errorf("Read says %s, Closed %s", kindsOf(err), kindsOf(closed))
	}
	return rest(err)
}

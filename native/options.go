//go:build !js

package native

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Options are what a connection that this package dials can be told. The zero Options have the defaults.
type Options struct {
	// Header is added to the handshake's request: Authorization, Cookie, User-Agent and the like; none of them is sent by
	// default. It may hold Host, but none of the headers that the handshake is made of. Not in a browser.
	Header map[string][]string
	// Origin is sent as the Origin header; "" sends none. Not in a browser, which sends the page's.
	Origin string
	// TLSConfig is used for wss, and for a proxy that is reached by https, there without its ServerName. nil is the default
	// configuration. RootCAs are the authorities to trust in place of the system's, Certificates those that a server gets that
	// asks for one. Not in a browser.
	TLSConfig *tls.Config
	// Proxy chooses the proxy for a URL, which has http for ws and https for wss and no credentials; a nil URL is none. Its
	// schemes are http and https, for CONNECT, and socks5 and socks5h, which are the same: the proxy looks the host name up. The
	// user and password in it are for the proxy. A nil Proxy takes it from the environment: HTTP_PROXY for ws, HTTPS_PROXY for
	// wss, ALL_PROXY for what is left, in capitals or not, and none for the hosts of NO_PROXY and for this machine. To use no
	// proxy and to use one always:
	//
	//	func(*url.URL) (*url.URL, error) { return nil, nil }
	//	func(*url.URL) (*url.URL, error) { return url.Parse("socks5://user:password@proxy.example:1080") }
	//
	// Not in a browser, which has its own.
	Proxy func(target *url.URL) (*url.URL, error)
	// Jar has the cookies that are sent, behind those of Header, and gets those of each answer to the handshake, a refusal
	// included. It sees https for wss, so that Secure cookies are sent there alone, and decides itself what a domain may set:
	// make it with the list of public suffixes. nil is none. Not in a browser, which has its own.
	Jar http.CookieJar
	// AllowBlockedPorts lifts the ban on the ports of other protocols: Fetch Standard, port blocking. Not in a browser.
	AllowBlockedPorts bool
	// NetDial connects in place of net.Dialer, with network "tcp" and the host:port of the proxy or, without one, of the URL as
	// it stands, so that host names may mean something to it alone. A connection that it brings after ctx has ended is closed.
	// Not in a browser.
	NetDial func(ctx context.Context, network, address string) (net.Conn, error)
	// ReadLimit is the longest message taken, in bytes. A longer one fails the connection. 0 is 64 MiB, a negative one no limit.
	ReadLimit int64
	// BorrowMessages lends listeners the bytes of messages: what Data.Bytes returns is theirs only until the listeners of the
	// event have returned, and is overwritten then. Data.Text copies, as always. It saves an allocation and a copy for each
	// message, which is most of what a large one costs, and keeps up to 1 MiB of memory.
	BorrowMessages bool
	// ReadAhead is how many bytes of messages are read while a listener blocks: until then pings are answered and the closing
	// handshake proceeds, beyond it TCP holds the peer back. 0 is 1 MiB. Not in a browser, where what comes waits outside Go's
	// memory.
	ReadAhead int
	// HandshakeTimeout bounds the time from Start to the open event. 0 is 45 s, a negative one no limit.
	HandshakeTimeout time.Duration
	// CloseTimeout is how long the closing handshake may make no progress: the peer takes nothing more of what is queued, which
	// is written in pieces of up to 128 KiB, or does not answer. 0 is 60 s, a negative one no limit. Not in a browser, which has
	// its own.
	CloseTimeout time.Duration
	// PingInterval is after how long a silence of the peer's a ping is sent to it, 0 for never. The timer that looks for that is not
	// set anew by what comes, so it may be twice as long. If nothing at all comes within PongTimeout after the ping, the connection
	// fails with 1006, and errors.Is says context.DeadlineExceeded. So a dead peer is found within PingInterval,
	// PongTimeout and the longer of them once more. A peer is not taken for dead while it takes what was sent before the ping, nor while a listener or an idle reader
	// keeps its answer from being read. A server's pings are answered always. Not in a browser: see package heartbeat.
	PingInterval time.Duration
	// PongTimeout is how long a ping of PingInterval is waited for. It should cover what the system's buffers hold on a slow way. 0
	// is PingInterval. Not in a browser.
	PongTimeout time.Duration
	// Compression is what is done with permessage-deflate (RFC 7692): see websocket.Compression. Not in a browser, which offers
	// it always.
	Compression Compression
	// CompressionThreshold is the fewest bytes of a message that are compressed. 0 is 512, or 128 if the context is taken over.
	// Not in a browser.
	CompressionThreshold int
	// MaxBufferedAmount bounds BufferedAmount, in bytes. A message beyond it fails the connection, as the Standard has it. 0 is
	// no limit.
	//
	// For a stream it is how many bytes may be buffered when a message is accepted, alone or with it: until then Write waits. 0 is
	// 256 KiB.
	MaxBufferedAmount int64
	// ReadQueueLimit is how many bytes of messages, each counted with 64 more, a stream has received and queued without anybody
	// reading them, or one message of any size. At the limit TCP holds the peer back, behind ReadAhead. 0 is 256 KiB. In a browser
	// the peer can't be held back: there 0 is no limit, since what comes waits outside Go's memory, and another one fails the
	// stream, when what was received before has been read. It is for streams alone.
	ReadQueueLimit int
	// BrowserStream has a stream use the browser's own WebSocketStream, which Chromium and Deno have; elsewhere the error is
	// ErrNotSupported. It holds the peer back while nobody reads. What it costs: messages that were received and not yet read when
	// the peer's Close comes are lost, and the stream ends cleanly all the same; each message costs more; a Blob can't be written;
	// and if the connection breaks off, with no Close frame, while the browser has not accepted all that was written, Chromium 156
	// crashes the page. Natively a stream is all that is asked for, with none of the costs. It is for streams alone, and not for
	// another Engine.
	BrowserStream bool
}

// EngineOptions names the options set that only this engine's own dialling can honour.
func EngineOptions(o Options) (names []string) {
	for _, option := range []struct {
		name string
		set  bool
	}{
		{"Header", o.Header != nil},
		{"Origin", o.Origin != ""},
		{"TLSConfig", o.TLSConfig != nil},
		{"Proxy", o.Proxy != nil},
		{"Jar", o.Jar != nil},
		{"AllowBlockedPorts", o.AllowBlockedPorts},
		{"NetDial", o.NetDial != nil},
		{"ReadLimit", o.ReadLimit != 0},
		{"CloseTimeout", o.CloseTimeout != 0},
		{"PingInterval", o.PingInterval != 0},
		{"PongTimeout", o.PongTimeout != 0},
		{"BorrowMessages", o.BorrowMessages},
		{"ReadAhead", o.ReadAhead != 0},
		{"Compression", o.Compression != 0},
		{"CompressionThreshold", o.CompressionThreshold != 0},
	} {
		if option.set {
			names = append(names, option.name)
		}
	}
	return names
}

//go:build !js

package websocket_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twinsocket/websocket"
)

// silences are how far connecting comes with a peer that then says nothing more, and what the error says of it.
var silences = []struct {
	name  string
	url   string
	proxy string
	dial  func(context.Context) error // in place of connecting
	says  func(net.Conn)              // what the peer does before it falls silent
	want  string
}{
	{name: "dial", url: "ws://h.example/", dial: untilEnd, want: "connect to h.example:80"},
	{name: "dial that hears nothing", url: "ws://h.example/", dial: tooLong, want: "connect to h.example:80"},
	{name: "dial to a proxy", url: "ws://h.example/", proxy: "http://p.example:3128", dial: untilEnd, want: "connect to the proxy p.example:3128"},
	{name: "TLS with a proxy", url: "ws://h.example/", proxy: "https://p.example", want: "connect to the proxy p.example:443: TLS handshake with p.example"},
	{name: "CONNECT", url: "wss://h.example/", proxy: "http://p.example:3128", want: "CONNECT to h.example:443 through the proxy p.example:3128"},
	{name: "CONNECT, half an answer", url: "ws://h.example/", proxy: "http://p.example:3128", says: answers("HTTP/1.1 200 O"),
		want: "CONNECT to h.example:80 through the proxy p.example:3128"},
	{name: "SOCKS, greeting", url: "ws://h.example/", proxy: "socks5://p.example", want: "CONNECT to h.example:80 through the proxy p.example:1080"},
	{name: "SOCKS, credentials", url: "ws://h.example/", proxy: "socks5://u:p@p.example", says: answersSOCKS("\x05\x02"),
		want: "CONNECT to h.example:80 through the proxy p.example:1080"},
	{name: "SOCKS, request", url: "ws://h.example/", proxy: "socks5://p.example", says: answersSOCKS("\x05\x00"),
		want: "CONNECT to h.example:80 through the proxy p.example:1080"},
	{name: "TLS", url: "wss://h.example/", want: "TLS handshake with h.example"},
	{name: "TLS behind a proxy", url: "wss://h.example/", proxy: "http://p.example:3128", says: answers("HTTP/1.1 200 OK\r\n\r\n"),
		want: "TLS handshake with h.example"},
	{name: "a request that is not taken", url: "ws://h.example/", says: untilRelease, want: "handshake with h.example:80"},
	{name: "answer", url: "ws://h.example/", want: "handshake with h.example:80"},
	{name: "answer behind a proxy", url: "ws://h.example/", proxy: "http://p.example:3128", says: answers("HTTP/1.1 200 OK\r\n\r\n"),
		want: "handshake with h.example:80"},
	{name: "half an answer", url: "ws://h.example/", says: answers("HTTP/1.1 101 Swi"), want: "handshake with h.example:80"},
	{name: "an interim answer", url: "ws://h.example/", says: answers("HTTP/1.1 102 Processing\r\n\r\n"), want: "handshake with h.example:80"},
	{name: "an answer that never ends", url: "ws://h.example/", says: drips, want: "handshake with h.example:80"},
	{name: "the body of a refusal", url: "ws://h.example/", says: answers("HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\nso"),
		want: "handshake with h.example:80: got status 503"},
	{name: "the body of a proxy's refusal", url: "ws://h.example/", proxy: "http://p.example:3128",
		says: answers("HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\nso"), want: "CONNECT to h.example:80 through the proxy p.example:3128: got status 503"},
}

// release is closed when a row is over. It belongs to the row's bubble.
var release chan struct{}

func untilEnd(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func tooLong(context.Context) error {
	<-release
	return io.EOF
}

func untilRelease(net.Conn) { <-release }

// answers waits for a request and answers it.
func answers(what string) func(net.Conn) {
	return func(conn net.Conn) {
		readRequest(conn)
		io.WriteString(conn, what)
	}
}

// readRequest reads to the empty line.
func readRequest(conn net.Conn) {
	for line, b := "", make([]byte, 1); !strings.HasSuffix(line, "\r\n\r\n"); line += string(b) {
		if _, err := io.ReadFull(conn, b); err != nil {
			return
		}
	}
}

// answersSOCKS answers the greeting: RFC 1928 3.
func answersSOCKS(what string) func(net.Conn) {
	return func(conn net.Conn) {
		head := make([]byte, 2)
		io.ReadFull(conn, head)
		io.ReadFull(conn, make([]byte, head[1]))
		io.WriteString(conn, what)
	}
}

// drips answers with a header every second.
func drips(conn net.Conn) {
	readRequest(conn)
	io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n")
	for {
		if _, err := io.WriteString(conn, "X: y\r\n"); err != nil {
			return
		}
		time.Sleep(time.Second) // of the bubble's clock
	}
}

const patience = 10 * time.Second

// The bubble ends only when no goroutine of it is left, and its clock says how long it all took.
func TestHandshakeTimeoutEndsEveryStage(t *testing.T) {
	for _, stage := range silences {
		t.Run(stage.name, func(t *testing.T) {
			inBubble(t, stage.proxy, stage.dial, stage.says, func(t *testing.T, d *websocket.Dialer) {
				d.HandshakeTimeout = patience
				s := newSocket(t, d, stage.url)
				begun := time.Now()
				if got := s.run(); got != failed {
					t.Errorf("got  %s\nwant %s", got, failed)
				}
				wantStage(t, s.failure, stage.want, "the handshake took longer than 10 s", context.DeadlineExceeded, time.Since(begun))
			})
		})
	}
}

func TestContextEndsEveryStage(t *testing.T) {
	for _, stage := range silences {
		t.Run(stage.name, func(t *testing.T) {
			inBubble(t, stage.proxy, stage.dial, stage.says, func(t *testing.T, d *websocket.Dialer) {
				enough := errors.New("enough")
				ctx, cancel := context.WithTimeoutCause(t.Context(), patience, enough)
				defer cancel()
				s := newSocket(t, d, stage.url)
				begun := time.Now()
				err := s.Run(ctx)
				wantStage(t, s.failure, stage.want, "enough", enough, time.Since(begun))
				if !errors.Is(err, s.failure) || strings.Join(s.trace, " ") != failed {
					t.Errorf("Run returned %v after %s", err, s.trace)
				}
			})
		})
	}
}

// inBubble gives f a Dialer with a peer that does as the stage says, and waits for all of it to end.
func inBubble(t *testing.T, proxy string, dial func(context.Context) error, says func(net.Conn), f func(*testing.T, *websocket.Dialer)) {
	synctest.Test(t, func(t *testing.T) {
		var peers sync.WaitGroup // each ends when its connection is closed
		defer peers.Wait()
		release = make(chan struct{})
		defer close(release)
		f(t, &websocket.Dialer{Options: websocket.Options{
			Proxy: func(*url.URL) (*url.URL, error) {
				if proxy == "" {
					return nil, nil
				}
				return url.Parse(proxy)
			},
			NetDial: func(ctx context.Context, _, _ string) (net.Conn, error) {
				if dial != nil {
					return nil, dial(ctx)
				}
				client, server := net.Pipe()
				peers.Go(func() {
					defer server.Close()
					if says != nil {
						says(server)
					}
					io.Copy(io.Discard, server)
				})
				return client, nil
			},
		}})
	})
}

// wantStage wants an error that names the stage and why it was ended, when the time was up. A refusal is told without the body
// that does not come.
func wantStage(t *testing.T, got error, stage, why string, cause error, took time.Duration) {
	t.Helper()
	text, limit := "websocket: "+stage+": "+why, patience
	if strings.Contains(stage, "got status") {
		text, limit, cause = "websocket: "+stage, 250*time.Millisecond, got
	}
	if got == nil || !strings.HasPrefix(got.Error(), text) || !errors.Is(got, cause) {
		t.Errorf("got  %v\nwant %s", got, text)
	}
	if took != limit {
		t.Errorf("it took %v, want %v", took, limit)
	}
}

func TestProxyFuncThatTakesTooLong(t *testing.T) {
	inBubble(t, "", nil, nil, func(t *testing.T, d *websocket.Dialer) {
		d.HandshakeTimeout = patience
		d.Proxy = func(*url.URL) (*url.URL, error) { return nil, tooLong(nil) }
		s := newSocket(t, d, "ws://h.example/")
		begun := time.Now()
		s.run()
		wantStage(t, s.failure, "choose a proxy for h.example:80", "the handshake took longer than 10 s", context.DeadlineExceeded, time.Since(begun))
	})
}

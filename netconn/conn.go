// Package netconn makes a net.Conn of a WebSocket, natively and in a browser: for protocols that want a stream of bytes, such as
// NATS or MQTT, whose Go clients take a connection that the program made.
//
// What is written is sent in binary messages, one for each Write; what is read are the bytes of the messages that come, text or
// binary, one behind the other. So both sides must agree on a protocol that does not care where a message ends.
//
// It brings package net into the program, 317 KB of wasm (77 KB with gzip) in a small one; the rest of the module does without.
package netconn

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/twinsocket/websocket"
)

// Network is what the addresses of a Conn have as their network.
const Network = "websocket"

// Dial opens a WebSocket to the URL, with the default options, and returns it as a net.Conn. ctx bounds the handshake alone. For
// options there is [websocket.Dialer.OpenStream] and [New].
func Dial(ctx context.Context, url string, protocols ...string) (*Conn, error) {
	s, err := websocket.OpenStream(ctx, url, protocols...)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: Network, Addr: addr(url), Err: err}
	}
	return New(s), nil
}

// A Conn is a stream of bytes over a WebSocket. All methods may be called from any goroutine. In a browser Read and Write, which
// wait, may not be called in a program's own js.FuncOf.
//
// Errors are a *net.OpError, whose Timeout says whether a deadline has passed, but for io.EOF; in it, by errors.As, there may be a
// [*websocket.WebSocketError] with the close code. A WebSocket has no half to close, so there is no CloseWrite.
type Conn struct {
	stream *websocket.WebSocketStream // nil in the zero Conn, which is never open

	reading sync.Mutex
	rest    []byte // of the message under way; guarded by reading

	reads, writes deadline
	closed        sync.Once
}

var _ net.Conn = (*Conn)(nil)

// New makes a Conn of an open stream, which is its own from then on. What was read of the stream before is not in it.
func New(s *websocket.WebSocketStream) *Conn {
	return &Conn{stream: s}
}

// Stream returns the stream, for what a net.Conn does not have, such as the subprotocol.
func (c *Conn) Stream() *websocket.WebSocketStream { return c.stream }

// Read waits for bytes and returns as many as there are of one message and as p has room for; the rest comes with the next call.
// The error is io.EOF when the peer has closed with 1000 (normal), 1001 (going away) or no code, and everything has been read.
func (c *Conn) Read(p []byte) (n int, err error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	ctx := c.reads.current()
	if ctx.Err() != nil {
		return 0, c.failed("read", context.Cause(ctx))
	}
	if len(p) == 0 {
		return 0, nil
	}
	for len(c.rest) == 0 { // a message may be empty
		d, err := c.stream.Read(ctx)
		if err != nil {
			return 0, c.failed("read", c.ended(err))
		}
		c.rest = d.Bytes()
	}
	n = copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// ended tells the end of a stream from that of a connection that was closed for a reason.
func (c *Conn) ended(err error) error {
	if err != io.EOF {
		return err
	}
	end, err := c.stream.Closed(context.Background()) // it has ended
	switch {
	case err != nil:
		return err
	case end.Code == 1000 || end.Code == 1001 || end.Code == 1005:
		return io.EOF
	default:
		return &websocket.WebSocketError{CloseCode: end.Code, Reason: end.Reason}
	}
}

// Write sends p in one binary message, and waits while too much is still to be sent. With an error nothing of p was sent. An empty
// p sends nothing.
func (c *Conn) Write(p []byte) (n int, err error) {
	ctx := c.writes.current()
	if ctx.Err() != nil {
		return 0, c.failed("write", context.Cause(ctx))
	}
	if len(p) == 0 {
		return 0, nil
	}
	if err := c.stream.Write(ctx, websocket.Binary(p)); err != nil {
		return 0, c.failed("write", err)
	}
	return len(p), nil
}

// Close closes the WebSocket with 1000, behind what was written, and does not wait for it. What has come and was not read is lost.
// A Read and a Write that wait end with net.ErrClosed, as later ones do.
func (c *Conn) Close() error {
	err := error(&net.OpError{Op: "close", Net: Network, Addr: c.RemoteAddr(), Err: net.ErrClosed})
	c.closed.Do(func() {
		err = c.stream.Close(1000, "")
		c.reads.end(net.ErrClosed)
		c.writes.end(net.ErrClosed)
	})
	return err
}

// LocalAddr returns an address that says only the network: the other end of what carries a WebSocket is not known everywhere.
func (c *Conn) LocalAddr() net.Addr { return addr("") }

// RemoteAddr returns the URL as an address.
func (c *Conn) RemoteAddr() net.Addr { return addr(c.stream.URL()) }

// SetDeadline sets both deadlines. The zero time is none. When one has passed, calls that wait and later ones end with
// os.ErrDeadlineExceeded until another is set; nothing is lost.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline sets the deadline of Read.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.set(&c.reads, t) }

// SetWriteDeadline sets the deadline of Write.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.set(&c.writes, t) }

func (c *Conn) set(d *deadline, t time.Time) error {
	if !d.set(t) {
		return c.failed("set", net.ErrClosed)
	}
	return nil
}

// failed is the error of a method.
func (c *Conn) failed(op string, err error) error {
	if err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: Network, Addr: c.RemoteAddr(), Err: err}
}

// addr is a URL.
type addr string

func (a addr) Network() string { return Network }

func (a addr) String() string { return string(a) }

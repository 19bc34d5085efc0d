package websocket

import (
	"context"
	"errors"
	"io"
	"iter"
	"runtime"
)

// A WebSocketStream is a connection to a server whose messages are read and written by calls that wait, with the browser's
// WebSocketStream as the model. Make one with [OpenStream] or [Dialer.OpenStream].
//
// All methods may be called from any goroutine. Those that wait end with their context, which ends that call and nothing
// else: the stream goes on. Their error is then the context's cause. A nil context is context.Background(). In a browser none
// of them may be called in a program's own js.FuncOf, which must not wait.
//
// Both directions are held back. What has come and was not read waits, up to 256 KiB (Options.ReadQueueLimit) and, natively,
// up to Options.ReadAhead beyond it; then nothing more is read from the network, so that the peer has to wait. A Write waits
// while more than 256 KiB (Options.MaxBufferedAmount) are still to be sent. In a browser what comes can't be held back: it
// waits outside Go's memory, as in any page without bound, unless Options.ReadQueueLimit sets one, at which the stream fails.
// Options.BrowserStream asks for the browser's own stream instead.
//
// A stream that the program no longer refers to is collected as garbage, and its connection is closed without a code.
//
// WebSockets Standard, the WebSocketStream interface (draft): https://github.com/whatwg/websockets/pull/48
type WebSocketStream struct {
	core *stream // nil in the zero WebSocketStream, for which every call is an error
}

// CloseInfo says how a stream ended, as a [CloseEvent] does for a socket.
type CloseInfo struct {
	Code     uint16 // the code that the peer sent: 1005 if its Close frame had none, 1006 if there was no Close frame
	Reason   string // the reason that the peer sent
	WasClean bool   // both sides have sent and received a Close frame
}

// OpenStream opens a stream to the URL, with the default options, and waits for the handshake. URL and protocols are as in [New].
//
// If ctx ends before the handshake does, the connection is given up and the error is ctx's cause; after that ctx means nothing to
// the stream. If the connection fails the error is a [*WebSocketError], which wraps why.
func OpenStream(ctx context.Context, url string, protocols ...string) (*WebSocketStream, error) {
	return new(Dialer).OpenStream(ctx, url, protocols...)
}

// OpenStream opens a stream as the function OpenStream does, with d's options.
func (d *Dialer) OpenStream(ctx context.Context, url string, protocols ...string) (*WebSocketStream, error) {
	c, err := d.newStream(url, protocols)
	if err != nil {
		return nil, err
	}
	if err := c.open(orBackground(ctx)); err != nil {
		return nil, err
	}
	s := &WebSocketStream{c}
	runtime.AddCleanup(s, func(c *stream) { c.close(0, "") }, c)
	return s, nil
}

// opened returns what s is a handle of.
func (s *WebSocketStream) opened(op string) (*stream, error) {
	if s == nil || s.core == nil {
		return nil, exception(op, ErrInvalidState, "not opened: streams are made by OpenStream")
	}
	return s.core, nil
}

func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}

// URL returns the URL as the URL Standard serializes it, with the scheme ws or wss.
func (s *WebSocketStream) URL() string {
	c, err := s.opened("URL")
	if err != nil {
		return ""
	}
	return c.url
}

// Protocol returns the subprotocol that the server chose, "" if there is none.
func (s *WebSocketStream) Protocol() string {
	c, err := s.opened("Protocol")
	if err != nil {
		return ""
	}
	return c.negotiated().protocol
}

// Extensions returns the extensions that the server chose.
func (s *WebSocketStream) Extensions() string {
	c, err := s.opened("Extensions")
	if err != nil {
		return ""
	}
	return c.negotiated().extensions
}

// Read waits for the next message. The error is io.EOF when the connection was closed cleanly and every message has been read, a
// [*WebSocketError] when it ended otherwise and what had come has been read.
//
// More than one goroutine may read: each message goes to one of them, in order.
func (s *WebSocketStream) Read(ctx context.Context) (Data, error) {
	c, err := s.opened("Read")
	if err != nil {
		return Data{}, err
	}
	defer runtime.KeepAlive(s)
	return c.read(orBackground(ctx))
}

// Messages returns an iterator over the messages that Read would return. It ends after a clean close; any other error of Read is
// the last that it brings. Leaving the loop leaves the stream as it is.
func (s *WebSocketStream) Messages(ctx context.Context) iter.Seq2[Data, error] {
	return func(yield func(Data, error) bool) {
		for {
			d, err := s.Read(ctx)
			if err == io.EOF || !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// Write sends a message. It returns when the message has been accepted, and waits for that while too much is still to be sent. A
// message is accepted as a whole or, with an error, not at all; its bytes are the caller's again. Messages of concurrent
// calls leave one after the other.
//
// Once either side has begun to close, the error is ErrInvalidState, and a [*WebSocketError] if the end was not clean.
func (s *WebSocketStream) Write(ctx context.Context, d Data) error {
	c, err := s.opened("Write")
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(s)
	return c.write(orBackground(ctx), d)
}

// Close begins the closing handshake, behind everything that was written, and returns at once; see [WebSocketStream.Closed]. Code
// and reason are as in [WebSocket.Close]. Only the first call of either side counts.
//
// From this call on nothing is received, as with [WebSocket.Close], so nobody has to read on. What was received before can
// still be read.
func (s *WebSocketStream) Close(code uint16, reason string) error {
	c, err := s.opened("Close")
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(s)
	reason = validText(reason)
	if err := checkClose("Close", code, reason); err != nil {
		return err
	}
	c.close(code, reason)
	return nil
}

// CloseWithError closes the stream as cancelling its readable side, or aborting its writable one, does in JavaScript: with
// the code and the reason of a [*WebSocketError] in err's tree, without them if there is none or if the code may not be sent.
func (s *WebSocketStream) CloseWithError(err error) error {
	var given *WebSocketError
	if errors.As(err, &given) && checkClose("", given.CloseCode, validText(given.Reason)) == nil {
		return s.Close(given.CloseCode, given.Reason)
	}
	return s.Close(0, "")
}

// Closed waits for the end of the connection and says how it came. The error is a [*WebSocketError] if it was not clean. The
// peer's Close frame is behind its messages: where more are unread than the stream queues, it is not seen before they are
// read, or Close is called.
func (s *WebSocketStream) Closed(ctx context.Context) (CloseInfo, error) {
	c, err := s.opened("Closed")
	if err != nil {
		return CloseInfo{}, err
	}
	defer runtime.KeepAlive(s)
	return c.wait(orBackground(ctx))
}

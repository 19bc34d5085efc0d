package websocket

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Dialer makes sockets with options. The zero Dialer has the defaults.
type Dialer struct {
	// Options are the engine's. They have the same fields on both engines; those that a browser can't honour give
	// ErrNotSupported there.
	Options

	// Engine, if set, opens the connection in place of the engine of this platform, for example native.Over.
	Engine Engine
}

// An Engine makes a connection that reports to s. url is serialized as the URL Standard says, with the scheme ws or wss and no
// fragment; the protocols are valid and different. Nothing may happen before the connection's Start.
type Engine = func(url string, protocols []string, s Sink) (Conn, error)

// A Conn is the protocol under a socket. No method blocks but Wait. Start is called at most once, Close at most once and after
// Sink.Opened. Fail is called at most once and at any time, even before Start, which may then come or not.
type Conn = interface {
	// Start begins to connect.
	Start()
	// SendText queues a message of valid UTF-8. Once the connection is closing, messages are counted in Buffered and dropped.
	SendText(s string)
	// SendBinary queues a message. b is the caller's again when it returns.
	SendBinary(b []byte)
	// SendBlob queues a Blob as a message. The error says that this engine can't send it.
	SendBlob(b interface {
		Size() int64
		Type() string
		Bytes() ([]byte, error)
	}) error
	// SetBlobs says whether binary messages are delivered by Sink.Blob, from the next one on.
	SetBlobs(on bool)
	// Close begins the closing handshake behind all that is queued. A code of 0 is no code.
	Close(code uint16, reason string)
	// Fail ends the connection without a closing handshake; it ends in Sink.Closed(1006, "", false, why). why is not nil.
	Fail(why error)
	// Closing reports whether the peer has begun the closing handshake and everything before that has been delivered. An
	// engine that calls Sink.Closing may always return false.
	Closing() bool
	// Buffered returns the bytes of messages accepted and not yet given to the network. It works after the end too.
	Buffered() uint64
	// Wait waits until Buffered() is at most below, for ctx or for the end of the connection.
	Wait(ctx context.Context, below uint64) error
}

// A Sink takes what a connection reports. Its methods are called one at a time, in order, after Start, not always on the same
// goroutine. A method may block: nothing more is delivered until it returns. One that ends its goroutine by runtime.Goexit has
// returned. Closed is called exactly once, and last.
type Sink = interface {
	// Opened says that the handshake is done.
	Opened(protocol, extensions string)
	// Text delivers a text message.
	Text(s string)
	// Binary delivers a binary message. b is the sink's to keep.
	Binary(b []byte)
	// Blob delivers a binary message if SetBlobs(true) was called.
	Blob(b interface {
		Size() int64
		Type() string
		Bytes() ([]byte, error)
	})
	// Closing says that the peer has begun the closing handshake.
	Closing()
	// Closed says that the connection has ended and that nothing is left of it. failure is why it had to be failed, or nil.
	Closed(code uint16, reason string, clean bool, failure error)
}

// New makes a socket as the function New does, with d's options.
func (d *Dialer) New(url string, protocols ...string) (*WebSocket, error) {
	return d.open(url, protocols)
}

// check is the constructor's part that throws (WebSockets Standard, 3.1), and returns the serialized URL.
func (d *Dialer) check(url string, protocols []string) (href string, err error) {
	if href, err = resolve(url); err != nil {
		return "", err
	}
	if err = checkProtocols(protocols); err != nil {
		return "", err
	}
	names := unsupported(d.Options, d.Engine != nil)
	if len(names) > 0 {
		return "", exception("New", ErrNotSupported, "options that nothing here can honour: "+strings.Join(names, ", "))
	}
	return href, nil
}

// connect makes the connection under a core.
func (d *Dialer) connect(href string, protocols []string, c *core) (Conn, error) {
	if d.Engine != nil {
		return d.Engine(href, protocols, c)
	}
	return open(href, protocols, d.Options, c)
}

// asException gives an engine's refusal the form of this package's errors.
func asException(op string, err error) error {
	if _, ok := err.(*DOMException); ok {
		return err
	}
	kind := ErrNotSupported
	if _, ok := err.(interface{ Syntax() }); ok {
		kind = ErrSyntax
	}
	return &DOMException{Name: kind.Name, Message: withoutPrefix(err), op: op, cause: err}
}

// resolve parses and serializes a URL and applies the constructor's rules to it: WebSockets Standard, 3.1, steps 1 to 6.
func resolve(url string) (string, error) {
	href, err := parseURL(url)
	if err != nil {
		return "", &DOMException{Name: ErrSyntax.Name, op: "New", cause: err,
			Message: "can't parse the URL " + strconv.Quote(url) + ": " + withoutPrefix(err)}
	}
	scheme, rest, _ := strings.Cut(href, ":")
	switch scheme {
	case "http":
		scheme = "ws"
	case "https":
		scheme = "wss"
	case "ws", "wss":
	default:
		return "", exception("New", ErrSyntax, "got the URL scheme "+strconv.Quote(scheme)+", want ws, wss, http or https")
	}
	// In a serialized URL "#" occurs only before a fragment, an empty one included.
	if strings.Contains(rest, "#") {
		return "", exception("New", ErrSyntax, "got a URL with a fragment, want none: "+strconv.Quote(url))
	}
	return scheme + ":" + rest, nil
}

// originOf returns the serialized origin of a serialized URL.
func originOf(href string) string {
	scheme, rest, _ := strings.Cut(href, "://")
	authority, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + authority[strings.LastIndex(authority, "@")+1:]
}

// checkProtocols wants tokens that differ: WebSockets Standard, 3.1, step 8; RFC 6455 4.1, 10.
func checkProtocols(protocols []string) error {
	for i, p := range protocols {
		if !isToken(p) {
			return exception("New", ErrSyntax, "got the subprotocol "+strconv.Quote(p)+", want visible ASCII with no separators")
		}
		for _, q := range protocols[:i] {
			if p == q {
				return exception("New", ErrSyntax, "got the subprotocol "+strconv.Quote(p)+" twice")
			}
		}
	}
	return nil
}

func isToken(s string) bool {
	for i := range len(s) {
		if s[i] < 0x21 || s[i] > 0x7E || strings.IndexByte("()<>@,;:\\\"/[]?={}", s[i]) >= 0 {
			return false
		}
	}
	return s != ""
}

// checkClose checks the arguments of Close: WebSockets Standard, 3.1, close, steps 1 and 2.
func checkClose(op string, code uint16, reason string) error {
	if code != 0 && code != 1000 && (code < 3000 || code > 4999) {
		return exception(op, ErrInvalidAccess, "got the code "+strconv.Itoa(int(code))+", want 1000 or 3000 to 4999")
	}
	if len(reason) > 123 {
		return exception(op, ErrSyntax, "got a reason of "+strconv.Itoa(len(reason))+" bytes, want at most 123")
	}
	return nil
}

// validText returns s with each invalid byte made U+FFFD, which is what converting it to runes does.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

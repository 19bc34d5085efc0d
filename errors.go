package websocket

import (
	"errors"
	"strconv"
)

// A DOMException is an error of the web platform. Its Name says which: "SyntaxError", "InvalidStateError", and so on.
//
// To ask for one by name, use errors.Is with the sentinels of this package:
//
//	if errors.Is(err, websocket.ErrSyntax) { … }
//
// Web IDL, 2.8.1: https://webidl.spec.whatwg.org/#idl-DOMException
type DOMException struct {
	_       incomparable
	Name    string // the name in the Standard
	Message string // what was seen and what was wanted

	op    string // the call that failed
	cause error
}

// The exceptions that this package's errors are or wrap, for errors.Is. docs/errors.md says which failure is which.
var (
	// ErrSyntax: a URL, a subprotocol or a close reason that the Standard does not allow.
	ErrSyntax = &DOMException{Name: "SyntaxError"}
	// ErrInvalidAccess: a close code that a program may not send.
	ErrInvalidAccess = &DOMException{Name: "InvalidAccessError"}
	// ErrInvalidState: a call that the socket's or the event's state does not allow.
	ErrInvalidState = &DOMException{Name: "InvalidStateError"}
	// ErrNotSupported: something that this platform or this engine can't do.
	ErrNotSupported = &DOMException{Name: "NotSupportedError"}
	// ErrNotReadable: a Blob whose bytes the browser can't read, such as a file that was changed or is gone.
	ErrNotReadable = &DOMException{Name: "NotReadableError"}
	// ErrAbort: Close, before the connection was established.
	ErrAbort = &DOMException{Name: "AbortError"}
	// ErrQuotaExceeded: more than ReadLimit, MaxBufferedAmount or ReadQueueLimit allows.
	ErrQuotaExceeded = &DOMException{Name: "QuotaExceededError"}
)

// Error returns "websocket: OPERATION: NAME: MESSAGE".
func (e *DOMException) Error() string {
	s := "websocket: "
	if e.op != "" {
		s += e.op + ": "
	}
	s += e.Name
	if e.Message != "" {
		s += ": " + e.Message
	}
	return s
}

// Is reports whether target is a DOMException of the same name.
func (e *DOMException) Is(target error) bool {
	t, ok := target.(*DOMException)
	return ok && t.Name == e.Name && (t.Message == "" || t.Message == e.Message)
}

// Unwrap returns the error that led to this one, or nil.
func (e *DOMException) Unwrap() error { return e.cause }

// exception makes the error that op returns, of the kind of the sentinel.
func exception(op string, kind *DOMException, message string) error {
	return exceptionFor(op, kind.Name, message, nil)
}

// exceptionFor makes an error with a cause.
//
//go:noinline
func exceptionFor(op, name, message string, cause error) error { // in line it would be in many places
	return &DOMException{Name: name, Message: message, op: op, cause: cause}
}

// A WebSocketError says how a connection ended that did not end cleanly.
//
// WebSockets Standard, the WebSocketError interface (draft): https://github.com/whatwg/websockets/pull/48
type WebSocketError struct {
	_ incomparable

	// CloseCode is the code of the close event; 1006 where no Close frame was received, 0 where there is none:
	// in JavaScript it is null then.
	CloseCode uint16
	// Reason is the reason that the peer gave.
	Reason string

	cause error
}

// NewWebSocketError makes an error to close a stream with: see [WebSocketStream.CloseWithError]. message is for those who
// read the error; the peer gets the code and the reason of init, if there is one. They are checked as those of
// [WebSocket.Close], with the same errors; a reason without a code has the code 1000.
func NewWebSocketError(message string, init ...CloseInfo) (*WebSocketError, error) {
	e := new(WebSocketError)
	switch len(init) {
	case 0:
	case 1:
		e.CloseCode, e.Reason = init[0].Code, validText(init[0].Reason)
	default:
		return nil, exception("NewWebSocketError", ErrSyntax, "got "+strconv.Itoa(len(init))+" CloseInfos, want one at most")
	}
	if err := checkClose("NewWebSocketError", e.CloseCode, e.Reason); err != nil {
		return nil, err
	}
	if e.CloseCode == 0 && e.Reason != "" {
		e.CloseCode = 1000
	}
	if message != "" {
		e.cause = errors.New(message)
	}
	return e, nil
}

// Name returns "WebSocketError", the name of the exception in JavaScript.
func (e *WebSocketError) Name() string { return "WebSocketError" }

// Error returns the code, the reason and, where it is known, why the connection failed.
func (e *WebSocketError) Error() string {
	s := "websocket: closed"
	if e.CloseCode != 0 {
		s += " with code " + strconv.Itoa(int(e.CloseCode))
	}
	if e.Reason != "" {
		s += " and reason " + quote(e.Reason)
	}
	if e.cause != nil {
		s += ": " + withoutPrefix(e.cause)
	}
	return s
}

// Unwrap returns why the connection failed, as in [ErrorEvent], or nil.
func (e *WebSocketError) Unwrap() error { return e.cause }

// withoutPrefix returns an error's text as part of another's.
func withoutPrefix(err error) string {
	const prefix = "websocket: "
	s := err.Error()
	if len(s) >= len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):]
	}
	return s
}

// A failure is why this side gave a connection up.
type failure struct {
	what  string
	cause error
	_     incomparable
}

func newFailure(what string, cause error) *failure { return &failure{what: what, cause: cause} }

func (e *failure) Error() string { return "websocket: " + e.what }
func (e *failure) Unwrap() error { return e.cause }

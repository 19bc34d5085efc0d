package native

import (
	"context"
	"errors"
	"strconv"
	"strings"
)

// ErrBlockedPort is a port that the Fetch Standard has no page connect to, such as 25. Options.AllowBlockedPorts lifts that.
var ErrBlockedPort = errors.New("websocket: a port that is blocked by the Fetch Standard")

// A ProtocolError is a rule of RFC 6455 that the peer broke. The connection is failed for it.
type ProtocolError struct {
	Code    uint16 // the close code that was sent to the peer: 1002, 1007 or 1009
	Problem string // what was seen and what was wanted
}

func (e *ProtocolError) Error() string {
	return "websocket: the peer broke the protocol (" + strconv.Itoa(int(e.Code)) + "): " + e.Problem
}

// Is makes a message beyond ReadLimit websocket.ErrQuotaExceeded, which can't be named here and is known by its text.
func (e *ProtocolError) Is(target error) bool {
	return e.Code == 1009 && target.Error() == "websocket: QuotaExceededError"
}

// A HandshakeError is an answer to the opening handshake, or of a proxy to CONNECT, that does not open the connection.
type HandshakeError struct {
	Address string              // who answered, as host:port; "" over a given carrier
	Proxy   bool                // it was the proxy
	Status  int                 // the HTTP status, 0 if there was none
	Header  map[string][]string // the answer's headers, by canonical name
	Body    []byte              // of a refusal the first KiB, as far as it came within 1/4 s; not in a js build
	Problem string              // what was seen and what was wanted

	phase string // "" is the handshake
}

// Error quotes the beginning of a body that is text.
func (e *HandshakeError) Error() string {
	phase := e.phase
	if phase == "" {
		phase = "handshake"
	}
	s := "websocket: " + phase + ": " + e.Problem
	if body := excerpt(e.Body); body != "" {
		s += "; the answer begins with " + body
	}
	return s
}

// A phaseError says in which phase a connection ended, and why.
type phaseError struct {
	phase string
	cause error
}

func (e *phaseError) Error() string {
	return "websocket: " + e.phase + ": " + strings.TrimPrefix(e.cause.Error(), "websocket: ")
}
func (e *phaseError) Unwrap() error { return e.cause }

// Cause returns what is behind all phases. Package websocket asks for it: errors.Is would be kilobytes more in a wasm program.
func (e *phaseError) Cause() error {
	if inner, ok := e.cause.(*phaseError); ok {
		return inner.Cause()
	}
	return e.cause
}

// A portError is a port that is blocked.
type portError string

func (e portError) Error() string { return "port " + string(e) + " is blocked by the Fetch Standard" }

// Is makes it ErrBlockedPort.
func (e portError) Is(target error) bool { return target == ErrBlockedPort }

// An optionError is an option whose value can't be.
type optionError string

func (e optionError) Error() string { return "websocket: " + string(e) }

// Syntax tells package websocket of which kind the error is.
func (e optionError) Syntax() {}

// A timeoutError says that something took too long. It wraps context.DeadlineExceeded.
type timeoutError string

func (e timeoutError) Error() string { return "websocket: " + string(e) }
func (e timeoutError) Unwrap() error { return context.DeadlineExceeded }

// A stateError says that something can't be done any more.
type stateError string

func (e stateError) Error() string { return "websocket: " + string(e) }

package native

import (
	"strconv"
	"strings"
)

// A ProtocolError is a rule of RFC 6455 that the peer broke. The connection is failed for it.
type ProtocolError struct {
	Code    uint16 // the close code that was sent to the peer: 1002, 1007 or 1009
	Problem string // what was seen and what was wanted
}

func (e *ProtocolError) Error() string {
	return "websocket: the peer broke the protocol (" + strconv.Itoa(int(e.Code)) + "): " + e.Problem
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

// An optionError is an option whose value can't be.
type optionError string

func (e optionError) Error() string { return "websocket: " + string(e) }

// Syntax tells package websocket of which kind the error is.
func (e optionError) Syntax() {}

// A stateError says that something can't be done any more.
type stateError string

func (e stateError) Error() string { return "websocket: " + string(e) }

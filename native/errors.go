package native

import "strconv"

// A ProtocolError is a rule of RFC 6455 that the peer broke. The connection is failed for it.
type ProtocolError struct {
	Code    uint16 // the close code that was sent to the peer: 1002, 1007 or 1009
	Problem string // what was seen and what was wanted
}

func (e *ProtocolError) Error() string {
	return "websocket: the peer broke the protocol (" + strconv.Itoa(int(e.Code)) + "): " + e.Problem
}

// A HandshakeError is an answer to the opening handshake that does not open the connection.
type HandshakeError struct {
	Status  int                 // the HTTP status, 0 if there was none
	Header  map[string][]string // the answer's headers, by canonical name
	Problem string              // what was seen and what was wanted
}

func (e *HandshakeError) Error() string { return "websocket: handshake: " + e.Problem }

// A phaseError says in which phase a connection ended, and why.
type phaseError struct {
	phase string
	cause error
}

func (e *phaseError) Error() string { return "websocket: " + e.phase + ": " + e.cause.Error() }
func (e *phaseError) Unwrap() error { return e.cause }

// An optionError is an option whose value can't be.
type optionError string

func (e optionError) Error() string { return "websocket: " + string(e) }

// Syntax tells package websocket of which kind the error is.
func (e optionError) Syntax() {}

// A stateError says that something can't be done any more.
type stateError string

func (e stateError) Error() string { return "websocket: " + string(e) }

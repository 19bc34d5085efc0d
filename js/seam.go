//go:build js

package js

import "time"

// Blob is a binary message as an object, as websocket.BlobData.
type Blob = interface {
	Size() int64
	Type() string
	ReadAt(p []byte, off int64) (n int, err error)
	Slice(start, end int64, contentType string) any
}

// Conn is a connection, as websocket.Conn.
type Conn = interface {
	Start()
	SendText(s string)
	SendBinary(b []byte)
	SendBlob(b Blob) error
	SetBlobs(on bool)
	Close(code uint16, reason string)
	Fail(why error)
	Closing() bool
	Buffered() uint64
	Wait(done <-chan struct{}, below uint64) error
}

// Flow is what a Conn may be besides, as websocket.Flow.
type Flow = interface {
	StepAside()
}

// Sink takes what a connection reports, as websocket.Sink.
type Sink = interface {
	Opened(protocol, extensions string)
	Received(at time.Duration)
	Text(s string)
	Binary(b []byte)
	Blob(b Blob)
	Closing()
	Closed(code uint16, reason string, clean bool, failure error)
	Tracer() Tracer
}

// Taker is what a Conn may be besides, as websocket.Taker.
type Taker = interface {
	Take(text bool, p []byte) bool
}

// PartConn is what a Conn may be besides, as websocket.PartConn.
type PartConn = interface {
	SendPart(text bool, p []byte, last bool) bool
	TakeParts(on bool)
}

// PartSink is what a Sink may be besides, as websocket.PartSink.
type PartSink = interface {
	Part(text bool, p []byte, last bool)
}

// Tracer is told what passes, as websocket.Tracer. Of a browser only messages can be told.
type Tracer = interface {
	Request(head string)
	Response(head string)
	Frame(sent bool, opcode, reserved uint8, final bool, length int64)
}

// tell tells of a message, whose frames are the browser's alone. t may be nil.
func tell(t Tracer, sent bool, opcode uint8, length int64) {
	if t != nil {
		t.Frame(sent, opcode, 0, true, length)
	}
}

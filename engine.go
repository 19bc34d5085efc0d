package websocket

import (
	"context"
	"time"
)

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
	SendBlob(b BlobData) error
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
	// Wait waits until Buffered() is at most below. It is an error if done is closed or the connection ends before. (A Context in
	// place of done would have each wasm program carry what one can say of times.)
	Wait(done <-chan struct{}, below uint64) error
}

// A Pinger is what a Conn may be besides: one that can ping its peer.
type Pinger = interface {
	// Ping waits for the peer's pong and returns the time that it took. ctx ends the wait alone.
	Ping(ctx context.Context) (time.Duration, error)
}

// A Flow is what a Conn may be besides: one that holds its peer back while a method of the Sink blocks.
type Flow = interface {
	// StepAside is called in a method of the Sink that is going to block: what has to go on meanwhile does so at once.
	StepAside()
}

// A Sink takes what a connection reports. Its methods are called one at a time, in order, after Start, not always on the same
// goroutine. A method may block: nothing more is delivered until it returns. One that ends its goroutine by runtime.Goexit has
// returned. Closed is called exactly once, and last.
type Sink = interface {
	// Opened says that the handshake is done.
	Opened(protocol, extensions string)
	// Received says that the messages up to the next call were received together, and when, counted from the start of the program;
	// 0 is now. An engine may leave it out.
	Received(at time.Duration)
	// Text delivers a text message. With Options.BorrowMessages s is the sink's until the method returns, as b is in Binary.
	Text(s string)
	// Binary delivers a binary message. b is the sink's to keep, but for Options.BorrowMessages.
	Binary(b []byte)
	// Blob delivers a binary message if SetBlobs(true) was called.
	Blob(b BlobData)
	// Closing says that the peer has begun the closing handshake.
	Closing()
	// Closed says that the connection has ended and that nothing is left of it. failure is why it had to be failed, or nil.
	Closed(code uint16, reason string, clean bool, failure error)
	// Tracer returns what is told what passes, nil if nobody wants to know. It may be called before Start, and is the same always.
	Tracer() Tracer
}

// A Taker is what a Conn may be besides: one that says what becomes of a message.
type Taker = interface {
	// Take is SendText, of valid UTF-8, or SendBinary, and reports whether the message was not dropped.
	Take(text bool, p []byte) bool
}

// A PartConn is what a Conn may be besides: one that sends and delivers a message in parts, so that nobody holds all of it.
// The parts of a text may end inside a character.
type PartConn = interface {
	// SendPart queues a part of a message, and reports whether the connection took it: not once it is closing. All parts of one
	// message say the same of text, and no other message is sent between them. p is the caller's again when it returns.
	SendPart(text bool, p []byte, last bool) bool
	// TakeParts says whether messages that have not come as a whole are delivered to the PartSink from now on.
	TakeParts(on bool)
}

// A PartSink is what a Sink may be besides: one that takes parts of messages.
type PartSink = interface {
	// Part delivers a part of a message, which is not empty unless it is the last. p is the sink's to keep.
	Part(text bool, p []byte, last bool)
}

// BlobData is what an engine keeps a [Blob]'s bytes in. They never change.
type BlobData = interface {
	// Size returns the number of bytes.
	Size() int64
	// Type returns the MIME type in lower case, or "".
	Type() string
	// ReadAt copies the bytes from off on to p, as io.ReaderAt says. It may wait for the platform.
	ReadAt(p []byte, off int64) (n int, err error)
	// Slice returns the bytes from start to end, which lie in this order and inside, as a BlobData of its own. It copies none.
	// (Its type would be BlobData, but an alias can't name itself.)
	Slice(start, end int64, contentType string) any
}

package websocket

import (
	"context"
	"io"
	"runtime"
	"sync"
	"unicode/utf8"
)

// A MessageKind is what kind of message a [MessageReader] reads or [WebSocketStream.Writer] writes.
type MessageKind uint8

// The kinds of RFC 6455, section 5.6.
const (
	TextMessage MessageKind = iota
	BinaryMessage
)

// A MessageReader reads one message, as it comes: see [WebSocketStream.Reader].
type MessageReader struct {
	stream *WebSocketStream
	core   *stream
	ctx    context.Context
	ready  chan struct{} // holds one when inbox.more has something to say

	mu sync.Mutex // held by Read
	// guarded by mu
	end error // what Read returns from now on, other than io.EOF

	// set under inbox.queue
	text bool
	rest string // came and was not read
	last bool   // nothing follows it
}

// Reader waits for the next message and returns a reader of its bytes, for messages that are too large to be held at once.
// Natively it brings them as they come, what has come before the call together with what comes next; a compressed message is
// put together first, as every message is in a browser. Text is valid UTF-8 as far as it was read. Options.ReadLimit bounds
// the message all the same.
//
// ctx is for the wait and for all reads of the message. A message that is not read to its end is given up by the next call of
// Read, Messages or Reader, which goes on with the next one: the old reader's error is then ErrInvalidState. When the
// connection ends inside the message the error is io.ErrUnexpectedEOF after a clean close, else a [*WebSocketError].
func (s *WebSocketStream) Reader(ctx context.Context) (*MessageReader, error) {
	c, err := s.opened("Reader")
	if err != nil {
		return nil, err
	}
	defer runtime.KeepAlive(s)
	r := &MessageReader{stream: s, core: c, ctx: orBackground(ctx), ready: make(chan struct{}, 1)}
	if err := c.beginReading(r); err != nil {
		return nil, err
	}
	return r, nil
}

// beginReading waits for a message.
func (c *stream) beginReading(r *MessageReader) error {
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	c.takeParts(true)
	for first := true; ; first = false {
		if ok, end := c.beginMessage(r, first); ok || end != nil {
			return end
		}
		select {
		case <-c.ready:
		case <-r.ctx.Done():
			return context.Cause(r.ctx)
		}
	}
}

// takeParts tells the engine whether messages are wanted in parts.
func (c *stream) takeParts(on bool) {
	if c.parts != nil && c.wantsParts.Load() != on && c.wantsParts.Swap(on) != on {
		c.parts.TakeParts(on)
	}
}

// Kind returns the message's kind.
func (r *MessageReader) Kind() MessageKind {
	if r.text {
		return TextMessage
	}
	return BinaryMessage
}

// Read waits for more of the message. The error is io.EOF at its end.
func (r *MessageReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer runtime.KeepAlive(r.stream)
	for len(r.rest) == 0 {
		if r.last {
			return 0, io.EOF
		}
		if err := r.more(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// more waits for the next part.
func (r *MessageReader) more() error {
	switch {
	case r.end != nil:
		return r.end
	case r.ctx.Err() != nil:
		return context.Cause(r.ctx)
	}
	for {
		ok, end := r.core.more(r)
		if ok || end != nil {
			r.end = end
			return end
		}
		select {
		case <-r.ready:
		case <-r.ctx.Done():
			return context.Cause(r.ctx)
		}
	}
}

// Writer begins a message whose bytes are written one after the other, for messages that are too large to be held at once;
// Close ends it. Natively they leave in frames of up to 16 KiB, or as large as what is written, not compressed if there is
// more than one; in a browser they are put together and sent by Close. Bytes of a text that are not valid UTF-8 are sent as
// U+FFFD, each of them as one.
//
// Until Close, every other Write and Writer of the stream waits. ctx is for the wait until it is this message's turn and for
// those of its writes, which hold back as [WebSocketStream.Write] does; Close waits for nothing. A write takes all of its
// bytes or, with an error, none. What has been written can't be taken back: to give up a message that has begun, close the
// stream.
func (s *WebSocketStream) Writer(ctx context.Context, kind MessageKind) (io.WriteCloser, error) {
	c, err := s.opened("Writer")
	if err != nil {
		return nil, err
	}
	if kind > BinaryMessage {
		return nil, exception("Writer", ErrSyntax, "got a MessageKind that is neither TextMessage nor BinaryMessage")
	}
	defer runtime.KeepAlive(s)
	ctx = orBackground(ctx)
	if err := c.takeTurn(ctx); err != nil {
		return nil, err
	}
	return &messageWriter{stream: s, core: c, ctx: ctx, text: kind == TextMessage}, nil
}

// messageWriter writes one message.
type messageWriter struct {
	stream *WebSocketStream
	core   *stream
	ctx    context.Context
	text   bool

	mu sync.Mutex
	// guarded by mu
	held   []byte // written and not sent
	closed bool
}

// mostHeld is what is kept to be sent together.
const mostHeld = 16 << 10

func (w *messageWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer runtime.KeepAlive(w.stream)
	switch {
	case w.closed:
		return 0, exception("Write", ErrInvalidState, "the message has ended")
	case w.ctx.Err() != nil:
		return 0, context.Cause(w.ctx)
	case w.core.readyState() != Open:
		return 0, w.core.tooLate()
	}
	if w.core.parts == nil || len(w.held)+len(p) < mostHeld {
		w.held = append(w.held, p...)
		return len(p), nil
	}
	if err := w.core.waitForRoom(w.ctx, uint64(len(w.held)+len(p))); err != nil {
		return 0, err
	}
	return w.sendParts(p)
}

// sendParts sends what is held and p, but for a character that p's end breaks off.
func (w *messageWriter) sendParts(p []byte) (int, error) {
	n := len(p)
	if len(w.held) > 0 {
		p = append(w.held, p...)
	}
	whole := len(p)
	if w.text {
		whole -= brokenOff(p)
	}
	if !w.send(p[:whole], false) {
		return 0, w.core.tooLate()
	}
	w.held = append(w.held[:0], p[whole:]...)
	return n, nil
}

// brokenOff returns the length of the encoding that b's end breaks off, 0 if it does not.
func brokenOff(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

// send sends a part, and reports whether the engine took it.
func (w *messageWriter) send(p []byte, last bool) bool {
	if w.text && !utf8.Valid(p) {
		p = []byte(validText(string(p)))
	}
	return w.core.parts.SendPart(w.text, p, last)
}

// Close sends the end of the message, or all of it, and lets the others write.
func (w *messageWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer runtime.KeepAlive(w.stream)
	if w.closed {
		return nil
	}
	w.closed = true
	defer w.core.giveTurn()
	switch {
	case w.core.readyState() != Open:
		return w.core.tooLate()
	case w.core.parts == nil && w.text:
		return w.core.send(Text(string(w.held)))
	case w.core.parts == nil:
		return w.core.send(Binary(w.held))
	case !w.send(w.held, true):
		return w.core.tooLate()
	}
	return nil
}

package native

import "sync/atomic"

// A message can be delivered, and sent, in parts: what has come of it at the end of a read, and a frame for each part. A
// compressed message comes whole, and none that is sent in more than one part is compressed.

// parts is what concerns parts of the messages that come.
type parts struct {
	wanted atomic.Bool // set by all
	sink   PartSink    // nil if the sink takes none; set before the reading begins
}

// TakeParts says whether messages that are not whole when they are parsed are delivered in parts, if the sink is a PartSink.
// It holds from what is parsed next, also of a message under way.
func (c *connection) TakeParts(on bool) { c.parts.wanted.Store(on) }

// givePart delivers a part.
func (c *connection) givePart(in *incoming) {
	last := in.kind == gotTextEnd || in.kind == gotBinaryEnd
	text := in.kind == gotTextPart || in.kind == gotTextEnd
	c.parts.sink.Part(text, in.bytes, last)
}

// SendPart queues a part of a message as a frame, and reports whether the connection took it.
func (c *connection) SendPart(text bool, p []byte, last bool) bool {
	op := opBinary
	if text {
		op = opText
	}
	c.mu.Lock()
	if !c.midway && last { // the whole message
		c.mu.Unlock()
		return c.send(op, p)
	}
	defer c.mu.Unlock()
	if c.phase != open {
		return false
	}
	if c.midway {
		op = opContinuation
	}
	c.midway = !last
	c.buffered += uint64(len(p))
	c.out.fragment(op, p, last)
	c.wake()
	return true
}

// mostPart is how much room a part is given. What was there of a message when it began to be split is delivered as one part.
const mostPart = 64 << 10

// splitting is the parser's state of it.
type splitting struct {
	on   bool  // messages are split
	part bool  // something of the message under way was emitted
	gone int64 // how much
}

// split emits what is there of the message under way, if messages are split.
func (p *parser) split(on bool) {
	p.splits.on = on
	if p.message == opContinuation || p.packed || len(p.payload) == 0 || !on && !p.splits.part {
		return
	}
	p.emitPart(p.payload, gotTextPart, gotBinaryPart)
	p.payload = nil
	p.splits.part = true
}

// lastPart ends the message under way, of which b is what was not emitted.
func (p *parser) lastPart(b []byte) {
	p.emitPart(b, gotTextEnd, gotBinaryEnd)
	p.splits.part, p.splits.gone = false, 0
	p.message = opContinuation
}

func (p *parser) emitPart(b []byte, text, binary incomingKind) {
	kind := binary
	if p.message == opText {
		kind = text
	}
	p.splits.gone += int64(len(b))
	p.emit(incoming{kind: kind, bytes: b})
}

package native

import (
	"math"
	"slices"
	"strconv"
	"sync"
	"unsafe"
)

// incoming is one thing to deliver to the sink, in order.
type incoming struct {
	kind  incomingKind
	bytes []byte // of a message, which nobody changes any more, or not while they are lent
}

// text is the message as a string, which shares the bytes.
func (in *incoming) text() string { return unsafe.String(unsafe.SliceData(in.bytes), len(in.bytes)) }

type incomingKind uint8

const (
	gotOpen incomingKind = iota
	gotText
	gotBinary
	gotClosing
	gotBreach
	gotTextPart // parts.go
	gotTextEnd
	gotBinaryPart
	gotBinaryEnd
	gotEnd
)

// batch is what one read brought. An idle connection has none.
type batch struct {
	list []incoming
	next int // the first that is not delivered
}

var batches = sync.Pool{New: func() any { return new(batch) }}

func (b *batch) release() {
	clear(b.list)
	b.list, b.next = b.list[:0], 0
	batches.Put(b)
}

// parser makes messages of bytes: RFC 6455 5 and 6. It does no I/O. Reading goroutine only.
type parser struct {
	masked bool         // RFC 6455 5.1: whether the peer must mask, so whether this side is the server
	limit  int64        // the longest message taken; negative: none
	unpack unpacker     // nil if compression was not agreed on
	lends  bool         // what is emitted may lie in memory that the next read overwrites
	pong   func([]byte) // called with a ping's payload when it is parsed
	ponged func([]byte) // called with a pong's; may be nil
	seen   func(header) // called with each header; may be nil
	out    *batch       // what was parsed and not yet taken; may be nil
	close  *closeFrame  // the peer's Close frame; nothing is parsed after it

	frame   header // the frame under way, its key turned as far as it was read
	left    int64  // the bytes of its payload still to come
	inside  bool   // its header was read, its end was not
	control []byte // its payload if it is a control frame

	message opcode    // the kind of the message under way, opContinuation if there is none
	packed  bool      // it is compressed
	payload []byte    // what came of it
	lent    []byte    // the last payload that was emitted, if it was lent
	spare   [2][]byte // memory for the next two, since one may be under way while another is lent
	shared  []byte    // what kept shares out
	text    utf8Stream
	splits  splitting
}

// emit adds to what was parsed.
func (p *parser) emit(in incoming) {
	if p.out == nil {
		p.out = batches.Get().(*batch)
	}
	p.out.list = append(p.out.list, in)
}

// takeOut takes what was parsed, nil if there is nothing.
func (p *parser) takeOut() *batch {
	out := p.out
	p.out, p.shared = nil, nil
	return out
}

// closeFrame is a Close frame's body. A code of 0 is none.
type closeFrame struct {
	code   uint16
	reason string
}

// parse takes b, whose bytes it may change, and returns how many it used: all but the beginning of a header.
func (p *parser) parse(b []byte) (used int, err *ProtocolError) {
	for p.close == nil {
		if !p.inside {
			if n := p.short(b[used:]); n > 0 {
				used += n
				continue
			}
			h, size, err := parseHeader(b[used:])
			if size == 0 || err != nil {
				return used, err
			}
			if p.seen != nil {
				p.seen(h)
			}
			if err := p.begin(h); err != nil {
				return used, err
			}
			used += size
		}
		n := int(min(p.left, int64(len(b)-used)))
		if err := p.take(b[used : used+n]); err != nil {
			return used, err
		}
		used += n
		if p.left > 0 {
			return used, nil
		}
		if err := p.end(); err != nil {
			return used, err
		}
	}
	return len(b), nil
}

// short delivers a message that b begins with, if it is whole, in one frame and of the shortest form, and returns how much of b it
// is. That is what programs get most; whatever else there is, what breaks a rule included, it leaves to the others.
func (p *parser) short(b []byte) (used int) {
	const text, binary, most = 0x80 | byte(opText), 0x80 | byte(opBinary), 125
	if len(b) < 2 || b[0] != binary && b[0] != text || b[1] > most || int(b[1]) > len(b)-2 {
		return 0
	}
	if p.message != opContinuation || p.masked || p.seen != nil || p.limit >= 0 && int64(b[1]) > p.limit {
		return 0
	}
	payload := b[2 : 2+b[1]]
	kind := gotBinary
	if b[0] == text {
		if kind = gotText; !validUTF8(payload) {
			return 0
		}
	}
	used = 2 + len(payload)
	p.emit(incoming{kind, p.kept(payload, len(b)-used)})
	return used
}

// kept returns what was read as what may be emitted. Messages of a few bytes that are read together share memory; behind this one
// there are as many bytes as more says.
func (p *parser) kept(b []byte, more int) []byte {
	const few, together = 32, 512
	switch {
	case p.lends:
		return b
	case len(b) > few:
		return append(make([]byte, 0, len(b)), b...)
	case len(b) > cap(p.shared)-len(p.shared):
		p.shared = make([]byte, 0, min(len(b)+more, together))
	}
	start := len(p.shared)
	p.shared = append(p.shared, b...)
	return slices.Clip(p.shared[start:])
}

// begin checks a frame's header against the rules and the message under way.
func (p *parser) begin(h header) *ProtocolError {
	switch {
	case h.rsv != 0 && p.unpack == nil:
		return violation("a frame with reserved bits set, and no extension was agreed on")
	case h.rsv&^rsv1 != 0, h.rsv != 0 && h.opcode != opText && h.opcode != opBinary: // RFC 7692 6
		return violation("a frame with reserved bits set, other than RSV1 on the first frame of a message")
	case h.masked != p.masked && h.masked:
		return violation("a masked frame from a server") // RFC 6455 5.1
	case h.masked != p.masked:
		return violation("a frame from a client that is not masked")
	}
	switch h.opcode {
	case opText, opBinary:
		if p.message != opContinuation {
			return violation("a new message inside a fragmented one") // RFC 6455 5.4
		}
		p.message, p.packed = h.opcode, h.rsv != 0
	case opContinuation:
		if p.message == opContinuation {
			return violation("a continuation frame with no message to continue")
		}
	case opClose, opPing, opPong: // RFC 6455 5.5
		if !h.fin {
			return violation("a fragmented control frame")
		}
		if h.length > maxControl {
			return violation("a control frame of " + strconv.FormatInt(h.length, 10) + " bytes, want at most 125")
		}
	default:
		return violation("the reserved opcode " + strconv.Itoa(int(h.opcode)))
	}
	if !h.opcode.control() && p.limit >= 0 && h.length > p.room() {
		return tooLong(p.limit)
	}
	p.frame, p.left, p.inside = h, h.length, true
	return nil
}

// room is how much the message under way may still bring. RFC 1951 3.2.4: what can't be compressed becomes longer by 5 bytes in
// 65,535, and some more where a peer flushes often.
func (p *parser) room() int64 {
	room := p.limit - int64(len(p.payload)) - p.splits.gone
	if p.packed && p.limit < math.MaxInt64/2 {
		room += p.limit/1024 + 64
	}
	return room
}

func tooLong(limit int64) *ProtocolError {
	return &ProtocolError{Code: 1009, Problem: "got a message of at least " + strconv.FormatInt(limit+1, 10) +
		" bytes, want at most " + strconv.FormatInt(limit, 10) + " (ReadLimit)"}
}

// take takes the next bytes of the frame's payload.
func (p *parser) take(b []byte) *ProtocolError {
	if p.frame.masked {
		p.frame.key = maskCopy(b, b, p.frame.key)
	}
	switch {
	case p.frame.opcode.control():
		p.control = append(p.control, b...)
		p.left -= int64(len(b))
		return nil
	case len(p.payload) == 0 && p.frame.fin && p.left == int64(len(b)) && !p.splits.part: // a whole message
		return p.whole(b)
	}
	p.reserve()
	p.payload = append(p.payload, b...)
	return p.came(b)
}

// whole delivers a message that is there in one piece, without putting it together.
func (p *parser) whole(b []byte) *ProtocolError {
	p.left = 0
	if p.packed {
		return p.inflated(b)
	}
	if p.message == opText && !validUTF8(b) {
		return invalidText("a text message")
	}
	p.give(p.kept(b, 0))
	return nil
}

// came notes bytes that were added to the payload.
func (p *parser) came(b []byte) *ProtocolError {
	p.left -= int64(len(b))
	if p.message == opText && !p.packed && !p.text.feed(b) {
		return invalidText("a text message")
	}
	return nil
}

// eager is how much room a header alone is worth: a frame's length is the peer's word.
const eager = 1 << 20

// reserve makes room for what the frame still brings, up to a bound.
func (p *parser) reserve() {
	if cap(p.payload) == len(p.payload) {
		room := int(min(p.left, int64(max(eager, len(p.payload)))))
		if p.splits.on {
			room = min(room, mostPart)
		}
		if !p.frame.fin { // more frames will come: not one allocation for each
			room = max(room, len(p.payload)/4)
		}
		if len(p.payload) == 0 && room <= cap(p.spare[0]) {
			p.payload, p.spare[0], p.spare[1] = p.spare[0][:0], p.spare[1], nil
			return
		}
		p.payload = append(make([]byte, 0, len(p.payload)+room), p.payload...)
	}
}

// space returns where the bytes of a large message may be read to, so that they need not be copied; nil if there is none.
func (p *parser) space(atLeast int) []byte {
	if !p.inside || p.frame.opcode.control() || p.left < int64(atLeast) {
		return nil
	}
	p.reserve()
	free := p.payload[len(p.payload):cap(p.payload)]
	return free[:min(int64(len(free)), p.left)]
}

// filled takes the n bytes that were read to space.
func (p *parser) filled(n int) *ProtocolError {
	start := len(p.payload)
	p.payload = p.payload[:start+n]
	b := p.payload[start:]
	if p.frame.masked {
		p.frame.key = maskCopy(b, b, p.frame.key)
	}
	if err := p.came(b); err != nil || p.left > 0 {
		return err
	}
	return p.end()
}

// end ends the frame, and the message if it was its last.
func (p *parser) end() *ProtocolError {
	p.inside = false
	if p.frame.opcode.control() {
		return p.endControl()
	}
	if !p.frame.fin || p.message == opContinuation { // more to come, or already delivered as a whole
		return nil
	}
	payload := p.payload
	p.payload = nil
	if p.packed {
		return p.inflated(payload)
	}
	if p.message == opText && !p.text.done() {
		return invalidText("a text message, which ends inside a character")
	}
	if p.splits.part {
		p.lastPart(payload)
		return nil
	}
	if p.lends && cap(payload) <= eager {
		p.lent = payload
	}
	p.give(payload)
	return nil
}

// reclaim takes back the memory that was lent, when what was emitted has been delivered or copied.
func (p *parser) reclaim() {
	if p.lent != nil {
		p.spare[1], p.spare[0], p.lent = p.spare[0], p.lent, nil
	}
}

// inflated delivers a compressed message.
func (p *parser) inflated(packed []byte) *ProtocolError {
	message, err := p.unpack.unpack(packed, p.limit, p.message == opText)
	if err == nil {
		p.give(message)
	}
	return err
}

// give delivers the message under way.
func (p *parser) give(b []byte) {
	kind := gotBinary
	if p.message == opText {
		kind = gotText
	}
	p.emit(incoming{kind, b})
	p.message = opContinuation
}

func (p *parser) endControl() *ProtocolError {
	payload := p.control
	p.control = p.control[:0]
	switch p.frame.opcode {
	case opPing:
		p.pong(payload)
	case opPong:
		if p.ponged != nil {
			p.ponged(payload)
		}
	case opClose:
		code, reason, err := parseClose(payload)
		if err != nil {
			return err
		}
		p.close = &closeFrame{code, reason}
		p.emit(incoming{kind: gotClosing})
	}
	return nil
}

//go:build js

package js

import (
	"syscall/js"
	"time"
	"unsafe"
)

// inbox has what the browser has received and the sink has not. But for the queue, which is set once, it is the pump's goroutine's.
type inbox struct {
	packed []byte        // messages as module.wat packs them
	time   time.Duration // when they were, since the start of the program; else 0
	buffer []byte        // which packed is the rest of

	alone  form // of a message that is not packed, if there is one
	whole  []byte
	object js.Value

	lent []byte // memory for messages alone, if the sink borrows

	queue js.Value // where there is no module: the array of the events that have come
}

// What the module says of what it has packed, besides the number of bytes, which is behind these bits.
const (
	allPacked   = 1 // nothing is left: the next message wakes the pump
	onePacked   = 2 // it is a message alone
	isText      = 1 // it is text, if it is one alone
	wantsPost   = 4 // see setPost
	packedShift = 3
)

// form is how a message came.
type form byte

const (
	none form = iota
	wholeBinary
	wholeText
	asObject
)

// mostPacked is the largest binary message that is packed with others, which costs another copy, but no crossing of its own.
const mostPacked = 16 << 10

// fill fetches messages if none is left, and reports whether there is one.
func (c *connection) fill() bool {
	switch {
	case len(c.packed) > 0 || c.alone != none:
		return true
	case c.module != nil && !c.drained.Load() && c.fetch() || c.module == nil && c.shift():
		c.sink.Received(c.time)
		return true
	default:
		return false
	}
}

// fetch has the module pack what has come, and reports whether that is anything.
func (c *connection) fetch() bool {
	most := mostPacked
	if c.blobs.Load() {
		most = -1
	}
	crossing.Lock()
	got := c.take(most)
	crossing.Unlock()
	return got
}

// take does it, with crossing held.
func (c *connection) take(most int) bool {
	spareIn.put(c.buffer)
	c.buffer, c.time = nil, 0
	c.drained.Store(true) // before, so that what comes behind undoes it
	result := c.module.pack.Invoke(most).Int()
	n := result >> packedShift
	switch {
	case result&onePacked != 0:
		c.drained.Store(false)
		c.whole, c.alone = c.memory(n), wholeBinary
		if result&isText != 0 {
			c.alone = wholeText
		}
		js.CopyBytesToGo(c.whole, c.module.view)
		return true
	case result&allPacked == 0:
		c.drained.Store(false)
		if n == 0 {
			c.object, c.alone = c.module.exports.Call("take"), asObject
			return true
		}
	case result&wantsPost != 0:
		c.setPost()
	}
	if n > 0 {
		c.buffer = spareIn.get(n)[:n]
		js.CopyBytesToGo(c.buffer, c.module.view)
		end := n - 8
		c.packed = c.buffer[:end]
		c.time = sinceStart(*(*float64)(unsafe.Pointer(&c.buffer[end])))
	}
	return n > 0
}

// mostLent is the largest message whose memory is kept for the next.
const mostLent = 1 << 20

// memory returns memory for a message alone: that of the last one, if the sink borrows.
func (c *connection) memory(n int) []byte {
	if !c.borrows || n > mostLent {
		return make([]byte, n)
	}
	if n > cap(c.lent) {
		c.lent = make([]byte, n)
	}
	return c.lent[:n]
}

// spareIn and spareOut are for packed messages. Guarded by crossing.
var spareIn, spareOut spare

// spare is memory that is not used now.
type spare []byte

func (s *spare) get(n int) []byte {
	b := *s
	*s = nil
	if cap(b) < n {
		b = make([]byte, max(n, 4<<10))
	}
	return b
}

func (s *spare) put(b []byte) {
	if cap(b) > cap(*s) {
		*s = b
	}
}

// shift takes an event where there is no module, and reports whether there was one.
func (c *connection) shift() bool {
	event := c.queue.Call("shift")
	if !there(event) {
		return false
	}
	c.object, c.alone = event, asObject
	return true
}

// waiting reports whether there are messages that are not delivered.
func (c *connection) waiting() bool {
	if len(c.packed) > 0 || c.alone != none {
		return true
	}
	var first js.Value
	if c.module != nil {
		first = c.module.exports.Call("first")
	} else {
		first = c.queue.Index(0)
	}
	typ := typeOf(first)
	return there(first) && typ != "error" && typ != "close"
}

// typeOf returns the type of an event. With the module there is only the data of messages, which has none.
func typeOf(v js.Value) string { return object.Invoke(v).Get("type").String() }

// clear forgets what has not been delivered.
func (c *connection) clear() {
	if c.module != nil {
		c.module.exports.Call("clear")
	}
	c.inbox = inbox{}
}

// deliver delivers one message, or another event.
func (c *connection) deliver() {
	alone := c.alone
	c.alone = none
	switch alone {
	case none:
		c.first()
	case wholeBinary:
		c.binary(c.whole, true)
	case wholeText:
		c.text(c.whole, true)
	case asObject:
		v := c.object
		c.object = js.Undefined()
		c.event(v)
	}
}

// event delivers an event that is not packed. With the module there is only the data of a message.
func (c *connection) event(v js.Value) {
	switch typeOf(v) {
	case "open":
		crossing.Lock()
		c.opened = true
		crossing.Unlock()
		c.sink.Opened(c.socket.Get("protocol").String(), c.socket.Get("extensions").String())
	case "error":
		c.why = errFailed
	case "close":
		c.finish(uint16(v.Get("code").Int()), v.Get("reason").String(), v.Get("wasClean").Bool(), c.why)
	case "message":
		v = v.Get("data")
		fallthrough
	default:
		if v.Type() == js.TypeString {
			c.textObject(v)
		} else {
			c.binaryObject(v)
		}
	}
}

// first delivers the first of the packed messages.
func (c *connection) first() {
	p := c.packed
	head := uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
	end := 4 + head>>1
	c.packed = p[end:]
	if b := p[4:end:end]; head&1 == 1 {
		c.text(b, c.borrows)
	} else {
		c.binary(b, c.borrows)
	}
}

// text delivers a text, which is the sink's or copied.
func (c *connection) text(b []byte, given bool) {
	if c.exceeds(int64(len(b))) {
		return
	}
	tell(c.tracer, false, opText, int64(len(b)))
	if given {
		c.sink.Text(unsafe.String(unsafe.SliceData(b), len(b)))
	} else {
		c.sink.Text(string(b))
	}
}

// binary delivers bytes, which are the sink's or copied.
func (c *connection) binary(b []byte, given bool) {
	if c.exceeds(int64(len(b))) {
		return
	}
	tell(c.tracer, false, opBinary, int64(len(b)))
	switch {
	case c.blobs.Load():
		deliverBlob(c, toJS(b))
	case given:
		c.sink.Binary(b)
	default:
		own := make([]byte, len(b)) // with copy behind it, this is not cleared first
		copy(own, b)
		c.sink.Binary(own)
	}
}

// textObject delivers a string. UTF-8 has at least a byte for each of JavaScript's code units, and at most three.
func (c *connection) textObject(data js.Value) {
	if c.readLimit >= 0 {
		if codeAt := method("String", "charCodeAt"); !codeAt.Invoke(data, c.readLimit).IsNaN() { // beyond a string's end
			c.exceeds(c.readLimit + 1)
			return
		}
	}
	s := data.String()
	c.text(unsafe.Slice(unsafe.StringData(s), len(s)), true)
}

// binaryObject delivers an ArrayBuffer.
func (c *connection) binaryObject(buffer js.Value) {
	bytes := uint8Array.New(buffer)
	n := bytes.Length()
	switch {
	case c.exceeds(int64(n)):
	case c.blobs.Load():
		tell(c.tracer, false, opBinary, int64(n))
		deliverBlob(c, buffer)
	default:
		b := c.memory(n)
		js.CopyBytesToGo(b, bytes)
		c.binary(b, true)
	}
}

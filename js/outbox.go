//go:build js

package js

import (
	"syscall/js"
	"unsafe"
)

// outbox has what was sent and has not crossed to the browser. A Send crosses at once, as in JavaScript, where a message leaves
// while its sender goes on computing. But when many come and the sender has not yielded once, more of them are gathered and cross
// together: when it yields, when its task ends, or when there is enough.
type outbox struct {
	crossed int    // how many have crossed since the sender yielded
	packed  []byte // messages as module.wat packs them
	bytes   uint64 // of the messages packed
	watched bool   // a goroutine waits for the sender to yield
}

const (
	few        = 16       // so many cross at once
	enough     = 64 << 10 // bytes that are packed
	mostCopied = 1 << 20  // the largest message that goes by the module's memory
)

// cross sends a message of the user's, who may change its bytes afterwards. Called with crossing held, as all here.
func (c *connection) cross(opcode uint8, b []byte) {
	switch {
	case len(b) >= enough || c.out.crossed < few:
		c.out.flush(c.module)
		c.out.crossed++
		js.CopyBytesToJS(c.module.view, b)
		c.module.send.Invoke(head(opcode, len(b)))
	case c.out.pack(opcode, b):
		c.out.flush(c.module)
	case !c.out.watched:
		c.out.watched = true
		go c.rest(true)
	}
}

// toMessage makes what the browser sends.
func toMessage(opcode uint8, b []byte) any {
	if opcode == opText {
		return text(unsafe.String(unsafe.SliceData(b), len(b)))
	}
	return toJS(b)
}

// head is what module.wat wants to know of a message.
func head(opcode uint8, n int) int {
	if opcode == opText {
		return n<<1 | 1
	}
	return n << 1
}

// pack packs a message, and reports whether there is enough.
func (o *outbox) pack(opcode uint8, b []byte) bool {
	if o.packed == nil {
		o.packed = spareOut.get(enough)[:0]
	}
	h := head(opcode, len(b))
	o.packed = append(append(o.packed, byte(h), byte(h>>8), byte(h>>16), byte(h>>24)), b...)
	o.bytes += uint64(len(b))
	return len(o.packed) >= enough
}

// flush sends what is packed.
func (o *outbox) flush(m *instance) {
	if len(o.packed) > 0 {
		js.CopyBytesToJS(m.view, o.packed)
		m.sendPacked.Invoke(len(o.packed))
		spareOut.put(o.packed)
		o.packed, o.bytes = nil, 0
	}
}

// rest sends what is packed and begins anew to count: when a listener has returned, or the sender has yielded.
func (c *connection) rest(yielded bool) {
	crossing.Lock()
	c.out.flush(c.module)
	c.out.crossed = 0
	if yielded {
		c.out.watched = false
	}
	crossing.Unlock()
}

package native

import (
	"math/rand/v2"
	"sync"
)

// chunk is a piece of what is to be written.
type chunk struct {
	buf     []byte
	payload int // the bytes of messages in it
	size    int // index of chunkSizes
}

// A message gets the smallest chunk that it fits in. What waits together is in large ones: more falls out of the processor's
// cache before it is written.
const (
	smallChunk = 4 << 10
	largeChunk = 128 << 10
	hugeChunk  = 512 << 10
)

var chunkSizes = [...]int{smallChunk, largeChunk, hugeChunk}

// The chunks are shared by all connections, so that an idle one has none.
var chunkPools = [...]sync.Pool{chunkPool(0), chunkPool(1), chunkPool(2)}

func chunkPool(size int) sync.Pool {
	return sync.Pool{New: func() any { return &chunk{buf: make([]byte, 0, chunkSizes[size]), size: size} }}
}

// newChunk returns a chunk that holds n bytes, or as many as the largest does, of the size at least.
func newChunk(n, size int) *chunk {
	for size < len(chunkSizes)-1 && n > chunkSizes[size] {
		size++
	}
	return chunkPools[size].Get().(*chunk)
}

func (c *chunk) release() {
	c.buf, c.payload = c.buf[:0], 0
	chunkPools[c.size].Put(c)
}

func (c *chunk) free() int { return cap(c.buf) - len(c.buf) }

// outbox holds the frames that are to be written, encoded, in order.
type outbox struct {
	masked bool // RFC 6455 5.1: whether this side masks, so whether it is the client
	chunks []*chunk

	spill  func() // called when a chunk is full and the frame goes on; may take what there is
	inside bool   // a frame is under way

	traced bool
	frames []header // those in chunks, if traced
}

// data adds a message as one frame, whatever its size.
func (o *outbox) data(op opcode, p []byte) { o.frame(header{fin: true, opcode: op}, p, 1) }

// fragment adds a frame of a message.
func (o *outbox) fragment(op opcode, p []byte, last bool) {
	o.frame(header{fin: last, opcode: op}, p, 1)
}

// packed adds a compressed message, which counts as what it was.
func (o *outbox) packed(op opcode, p []byte, was int) {
	o.frame(header{fin: true, opcode: op, rsv: rsv1}, p, 0)
	o.chunks[len(o.chunks)-1].payload += was
}

// ctrl adds a control frame, whose payload does not count.
func (o *outbox) ctrl(op opcode, p []byte) { o.frame(header{fin: true, opcode: op}, p, 0) }

func (o *outbox) frame(h header, p []byte, counts int) {
	h.masked, h.length = o.masked, int64(len(p))
	if o.masked {
		h.key = rand.Uint32() // RFC 6455 5.3: unpredictable; the source is a ChaCha8 seeded by the system
	}
	if o.traced {
		o.frames = append(o.frames, h)
	}
	c := o.room(maxHeader, len(p))
	c.buf = appendHeader(c.buf, h)
	o.inside = true
	for key := h.key; len(p) > 0; {
		c = o.room(1, len(p))
		n := min(c.free(), len(p))
		at := len(c.buf)
		c.buf = c.buf[:at+n]
		key = maskCopy(c.buf[at:], p[:n], key)
		c.payload += n * counts
		if p = p[n:]; len(p) > 0 && o.spill != nil {
			o.spill()
		}
	}
	o.inside = false
}

// room returns the last chunk, or a new one if it has fewer than atLeast bytes free. The first is small unless more is coming.
func (o *outbox) room(atLeast, coming int) *chunk {
	n := len(o.chunks)
	if n > 0 && o.chunks[n-1].free() >= atLeast {
		return o.chunks[n-1]
	}
	c := newChunk(atLeast+coming, min(n, 1))
	o.chunks = append(o.chunks, c)
	return c
}

// take empties the outbox into a list, giving it another's memory.
func (o *outbox) take(memory []*chunk) []*chunk {
	list := o.chunks
	o.chunks = memory[:0]
	return list
}

func (o *outbox) empty() bool { return len(o.chunks) == 0 }

// drop empties the outbox for good.
func (o *outbox) drop() {
	for _, c := range o.chunks {
		c.release()
	}
	o.chunks = nil
}

package native

import (
	"math/rand/v2"
	"sync"
)

// chunk is a piece of what is to be written.
type chunk struct {
	buf     []byte
	payload int // the bytes of messages in it
}

const (
	smallChunk = 4 << 10
	largeChunk = 128 << 10 // more falls out of the processor's cache before it is written
)

// The chunks are shared by all connections, so that an idle one has none.
var smallChunks, largeChunks = chunkPool(smallChunk), chunkPool(largeChunk)

func chunkPool(size int) *sync.Pool {
	return &sync.Pool{New: func() any { return &chunk{buf: make([]byte, 0, size)} }}
}

func newChunk(size int) *chunk {
	if size <= smallChunk {
		return smallChunks.Get().(*chunk)
	}
	return largeChunks.Get().(*chunk)
}

func (c *chunk) release() {
	c.buf, c.payload = c.buf[:0], 0
	if cap(c.buf) == smallChunk {
		smallChunks.Put(c)
	} else {
		largeChunks.Put(c)
	}
}

func (c *chunk) free() int { return cap(c.buf) - len(c.buf) }

// outbox holds the frames that are to be written, encoded, in order.
type outbox struct {
	masked bool // RFC 6455 5.1: whether this side masks, so whether it is the client
	chunks []*chunk

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
	for key := h.key; len(p) > 0; {
		c = o.room(1, len(p))
		n := min(c.free(), len(p))
		at := len(c.buf)
		c.buf = c.buf[:at+n]
		key = maskCopy(c.buf[at:], p[:n], key)
		c.payload += n * counts
		p = p[n:]
	}
}

// room returns the last chunk, or a new one if it has fewer than atLeast bytes free. The first is small unless more is coming.
func (o *outbox) room(atLeast, coming int) *chunk {
	n := len(o.chunks)
	if n > 0 && o.chunks[n-1].free() >= atLeast {
		return o.chunks[n-1]
	}
	size := largeChunk
	if n == 0 {
		size = atLeast + coming
	}
	c := newChunk(size)
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

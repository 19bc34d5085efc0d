package native

import (
	"strconv"
	"unsafe"
)

// A message is encoded into the outbox by the caller of Send, and written by whoever is at it: a writing goroutine, started on
// demand, or, at the end of a delivery, the reader by a write that does not wait. So what is sent together leaves together.

// sending is what is to be sent.
type sending struct {
	out       outbox
	busy      bool // somebody writes
	broken    error
	buffered  uint64 // bufferedAmount
	unsettled uint64 // part of it that was written during a delivery; see settle
	written   uint64 // writes, ever
	pongs     int    // bytes of pongs in out
	midway    bool   // a message was sent in part, and its end is to come
	late      bool   // a pong with latePong is to follow, since too many were waiting
	latePong  []byte // the last ping's payload
	waiters   chan struct{}
	wanted    uint64 // the most of what waiters wait for
}

// writing is the state of whoever writes: its owner is who set busy.
type writing struct {
	writer   func() // c.write, made once
	inflight []*chunk
	wrote    []header // the frames in inflight, if they are traced
	done     int      // chunks of inflight that were written
	offset   int      // bytes of the next that were written
}

// SendText queues a text message.
func (c *connection) SendText(s string) {
	c.send(opText, unsafe.Slice(unsafe.StringData(s), len(s))) // only read from
}

// SendBinary queues a binary message.
func (c *connection) SendBinary(b []byte) { c.send(opBinary, b) }

// SendBlob queues a Blob that this engine made.
func (c *connection) SendBlob(b Blob) error {
	own, ok := b.(*blob)
	if !ok {
		return stateError("a Blob whose bytes are the browser's can't be sent over this engine; send its Bytes")
	}
	c.send(opBinary, own.bytes)
	return nil
}

// send reports whether the message was not dropped.
func (c *connection) send(op opcode, p []byte) bool {
	if c.packer != nil && c.packer.worth(len(p)) {
		return c.sendPacked(op, p)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.buffered += uint64(len(p))
	if c.phase != open {
		return false
	}
	c.out.data(op, p)
	if len(p) >= large {
		c.writeInline()
	} else {
		c.wake()
	}
	return true
}

// large is the size from which Send writes a message itself, as far as that needs no wait: what is in the processor's cache now
// will not be later, and there is nothing to gain by having it leave with others.
const large = 32 << 10

// sendPacked compresses a message. The messages leave in the order in which they pass the compressor, whose context they share;
// a shorter one that another goroutine sends meanwhile may pass them.
func (c *connection) sendPacked(op opcode, p []byte) bool {
	c.packing.Lock()
	defer c.packing.Unlock()
	packed, ok := c.packer.pack(p)
	defer c.packer.done()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.buffered += uint64(len(p))
	switch {
	case c.phase != open:
		return false
	case ok:
		c.out.packed(op, packed, len(p))
	default:
		c.out.data(op, p)
	}
	c.wake()
	return true
}

// maxPongs bounds the pongs that wait behind a peer that does not read.
const maxPongs = 64 << 10

// pong answers a ping. RFC 6455 5.5.3: if too many wait, only the latest is answered.
func (c *connection) pong(payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.phase != open:
	case c.pongs > maxPongs:
		c.late, c.latePong = true, append(c.latePong[:0], payload...)
	default:
		c.pongs += len(payload) + maxHeader
		c.out.ctrl(opPong, payload)
		c.wake()
	}
}

// wake sees to it that the outbox gets written. During a delivery that is its end, but for the first message in answer to a
// single one, and for a lot of data. Called with mu held.
func (c *connection) wake() {
	switch {
	case c.busy:
	case c.turn != reader:
		c.startWriter()
	case c.alone:
		c.alone = false
		c.writeInline()
	case len(c.out.chunks) > 1:
		c.startWriter()
	}
}

// startWriter starts the writing goroutine. Called with mu held.
func (c *connection) startWriter() {
	if !c.busy && !c.out.empty() {
		c.busy = true
		go c.writer()
	}
}

// write is the writing goroutine: it writes until the outbox is empty. end waits for it.
func (c *connection) write() {
	for {
		for c.done < len(c.inflight) {
			payload, _, err := c.writeSome(c.carrier.Write, largeChunk)
			c.mu.Lock()
			if c.account(payload); err != nil {
				c.pause(err)
				c.mu.Unlock()
				return
			}
			c.mu.Unlock()
		}
		c.tellWritten()
		c.mu.Lock()
		if c.out.empty() {
			c.pause(nil)
			c.mu.Unlock()
			return
		}
		c.takeOut()
		c.mu.Unlock()
	}
}

// writeInline writes what can be written without waiting, on the caller's goroutine. The writing goroutine takes the rest.
// Called with mu held, and the write does not give it up: it does not wait.
func (c *connection) writeInline() {
	if c.writeNow == nil {
		c.startWriter()
		return
	}
	if c.busy || c.out.empty() {
		return
	}
	c.busy = true
	c.takeOut()
	for c.done < len(c.inflight) {
		payload, whole, err := c.writeSome(c.writeNow, hugeChunk)
		if c.account(payload); err != nil {
			c.pause(err)
			return
		}
		if !whole {
			go c.writer()
			return
		}
	}
	c.pause(nil)
	c.startWriter() // if a late pong was added
}

// takeOut takes what is to be written. Called with mu held.
func (c *connection) takeOut() {
	c.inflight, c.done = c.out.take(c.inflight), 0
	c.wrote, c.out.frames = c.out.frames, c.wrote[:0]
	c.pongs = 0
	if c.late && c.phase == open && !c.out.inside {
		c.late = false
		c.out.ctrl(opPong, c.latePong)
	}
}

// writeSome writes of the next chunk in flight what can be written, and most at most. It returns the bytes of messages in that,
// and whether it was the rest of the chunk.
func (c *connection) writeSome(write func([]byte) (int, error), most int) (payload int, whole bool, err error) {
	chunk := c.inflight[c.done]
	rest := chunk.buf[c.offset:]
	n, err := write(rest[:min(len(rest), most)])
	if err != nil {
		return 0, false, err
	}
	if n < len(rest) {
		c.offset += n
		payload = min(n, chunk.payload)
		chunk.payload -= payload
		return payload, false, nil
	}
	payload = chunk.payload
	chunk.release()
	c.inflight[c.done] = nil
	c.done, c.offset = c.done+1, 0
	return payload, true, nil
}

// account notes that something was written. Called with mu held.
func (c *connection) account(payload int) {
	c.written++
	c.unsettled += uint64(payload)
	if c.turn != reader || c.waiters != nil {
		c.settle()
	}
}

// pause is the end of writing, for the time being or with an error for good. Called with mu held.
func (c *connection) pause(err error) {
	c.busy = false
	if err != nil && c.broken == nil {
		c.broken = err
		c.out.drop()
		c.lingerNow() // what was received is still read
		c.wakeWaiters()
	}
	c.changed.Broadcast()
	c.allWritten()
}

// settle takes what was written off bufferedAmount. During a delivery that waits for its end: WebSockets Standard, 3.1: the
// amount does not fall while a task runs. Called with mu held.
func (c *connection) settle() {
	if c.unsettled > 0 {
		c.buffered -= c.unsettled
		c.unsettled = 0
		if c.buffered <= c.wanted {
			c.wakeWaiters()
		}
	}
}

// wakeWaiters has every Wait look again. Called with mu held.
func (c *connection) wakeWaiters() {
	if c.waiters != nil {
		close(c.waiters)
		c.waiters, c.wanted = nil, 0
	}
}

// Buffered returns the bytes of messages that were accepted and not yet given to the carrier.
func (c *connection) Buffered() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.buffered
}

// errDone is what Wait returns when it was to end.
const errDone = stateError("nobody waits any more")

// Wait waits until Buffered is at most below. In a listener it counts as blocking, so Buffered may fall.
func (c *connection) Wait(done <-chan struct{}, below uint64) error {
	for {
		c.mu.Lock()
		c.settle()
		if c.buffered <= below {
			c.mu.Unlock()
			return nil
		}
		if c.phase == ended || c.broken != nil {
			unsent := c.buffered
			c.mu.Unlock()
			return stateError("the connection has ended with " + strconv.FormatUint(unsent, 10) + " bytes unsent")
		}
		c.startWriter()
		if c.waiters == nil {
			c.waiters = make(chan struct{})
		}
		c.wanted = max(c.wanted, below)
		waiters := c.waiters
		c.mu.Unlock()
		select {
		case <-waiters:
		case <-done:
			return errDone
		}
	}
}

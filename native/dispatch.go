package native

import (
	"slices"
	"sync/atomic"
	"time"
)

// The reading goroutine calls the sink itself: what one read brought is parsed into a batch, then delivered, with no lock
// held. If a listener blocks, a timer's goroutine becomes the reader in its place (watch). It answers pings, takes part in the
// closing handshake and queues what it parses behind the batch, up to a bound. The blocked goroutine, when it comes back,
// delivers the queue and ends.

// dispatching is the state of the goroutine that calls the sink.
type dispatching struct {
	batch     *batch
	readAhead int         // how much is read while a listener blocks, before the peer is held back
	blobs     atomic.Bool // set by all
}

// SetBlobs says whether binary messages are delivered by Sink.Blob.
func (c *connection) SetBlobs(on bool) { c.blobs.Store(on) }

// turn says who delivers.
type turn uint8

const (
	nobody  turn = iota
	reader       // the reading goroutine
	blocked      // a goroutine that was the reader until a listener blocked
)

// queue is what passes between the two.
type queue struct {
	turn     turn
	batches  uint32 // counts deliveries, so that watch can tell one from the next
	backlog  *batch // parsed while a listener blocks; nil if nothing was
	waiting  int    // bytes in backlog
	alone    bool   // the batch is one message and nothing was sent yet in its listeners
	watchdog *time.Timer
	watching bool   // the watchdog is set
	seen     uint32 // batches, when it last went off
}

const (
	// patience is how long a delivery may take, once or twice over, before another goroutine becomes the reader. A shorter one
	// costs ping-pong dearly, since timers are what it is made of.
	patience = 80 * time.Millisecond
	// overhead is what an incoming counts besides its payload.
	overhead = 64
)

// deliver delivers what was parsed, or queues it behind a delivery that is blocked. It reports whether the caller is still the
// reader.
func (c *connection) deliver() (reading bool) {
	if c.parser.out == nil {
		return true
	}
	c.mu.Lock()
	for c.turn != nobody && c.waiting > c.readAhead {
		c.changed.Wait()
	}
	if c.turn != nobody {
		c.putBehind()
		c.mu.Unlock()
		return true
	}
	c.turn = reader
	c.batches++
	c.alone = len(c.parser.out.list) == 1
	c.watchFromNow()
	c.batch = c.parser.takeOut()
	c.mu.Unlock() // from here on the watchdog's goroutine may have the parser
	return c.dispatch()
}

// putBehind queues what was parsed. Called with mu held.
func (c *connection) putBehind() {
	parsed := c.parser.takeOut()
	for i := range parsed.list {
		in := &parsed.list[i]
		if c.parser.lends {
			in.bytes = slices.Clone(in.bytes)
		}
		c.waiting += len(in.bytes) + overhead
	}
	if c.backlog == nil {
		c.backlog = parsed
	} else {
		c.backlog.list = append(c.backlog.list, parsed.list...)
		parsed.release()
	}
	c.answer() // RFC 6455 5.5.1: as soon as practical, and the listeners before it may take long
}

// dispatch delivers the batch and what was queued meanwhile. It reports whether the caller is still the reader.
func (c *connection) dispatch() (reading bool) {
	returned := false
	defer func() {
		if !returned { // a listener has ended this goroutine, or panicked, and then the program is about to end
			go c.resume()
		}
	}()
	for more := true; more; more, reading = c.another() {
		c.sink.Received(0)
		for b := c.batch; b.next < len(b.list); {
			in := &b.list[b.next]
			b.next++
			c.give(in)
		}
	}
	returned = true
	return reading
}

// resume goes on where a listener has ended the goroutine.
func (c *connection) resume() {
	if c.dispatch() {
		c.read()
	}
}

// another brings the queue as the next batch, or ends the delivery.
func (c *connection) another() (more, reading bool) {
	c.batch.release()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batch, c.backlog, c.waiting = c.backlog, nil, 0
	if c.batch != nil {
		c.changed.Broadcast()
		return true, false
	}
	reading = c.turn == reader && c.phase != ended
	c.turn = nobody
	c.settle()
	c.writeInline()
	return false, reading
}

// give calls the sink.
func (c *connection) give(in *incoming) {
	switch in.kind {
	case gotOpen:
		c.sink.Opened(c.protocol, c.extensions)
	case gotText:
		c.sink.Text(in.text())
	case gotBinary:
		switch {
		case !c.blobs.Load():
			c.sink.Binary(in.bytes)
		case c.parser.lends: // a Blob is for good
			c.sink.Blob(&blob{bytes: slices.Clone(in.bytes)})
		default:
			c.sink.Blob(&blob{bytes: in.bytes})
		}
	case gotTextPart, gotTextEnd, gotBinaryPart, gotBinaryEnd:
		c.givePart(in)
	case gotClosing:
		c.giveClosing()
	case gotBreach:
		c.answerNow()
	case gotEnd:
		o := c.outcome
		c.sink.Closed(o.code, o.reason, o.clean, o.failure)
	}
}

// giveClosing answers the peer's Close frame even if the sink ends the goroutine.
func (c *connection) giveClosing() {
	defer c.answerNow()
	c.sink.Closing()
}

// watchFromNow sets the watchdog if it is not. It goes on by itself while there is traffic. Called with mu held.
func (c *connection) watchFromNow() {
	if c.watching || c.phase == ended {
		return
	}
	c.watching, c.seen = true, c.batches-1
	if c.watchdog == nil {
		c.watchdog = time.AfterFunc(patience, c.watch)
	} else {
		c.watchdog.Reset(patience)
	}
}

// watch is the watchdog: it becomes the reader if the delivery that ran when it last went off still runs.
func (c *connection) watch() {
	c.mu.Lock()
	stillRuns := c.batches == c.seen && c.turn == reader
	quiet := c.batches == c.seen && !stillRuns
	c.seen = c.batches
	if c.phase == ended || quiet {
		c.watching, c.watchdog = false, nil
		c.mu.Unlock()
		return
	}
	if !stillRuns {
		c.watchdog.Reset(patience)
		c.mu.Unlock()
		return
	}
	c.watching = false
	c.handOver()
	c.mu.Unlock()
	c.read()
}

// handOver makes the goroutine that delivers no longer the reader. Called with mu held.
func (c *connection) handOver() {
	if c.parser.lends { // what the blocked listener was lent stays as it is
		c.buf, c.used, c.parser.lent = slices.Clone(c.buf[c.used:]), 0, nil
		c.lease.memory = nil
	}
	c.turn = blocked
	c.settle()
	c.answer()
	c.startWriter()
}

package websocket

import (
	"context"
	"io"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
	"unsafe"
)

// stream is what a WebSocketStream is a handle of: its state, what was received and not read, and the turn of those who
// write. It is the engine's sink, so it lives as long as the connection; the engine does not hold the handle.
type stream struct {
	lifecycle
	inbox
	flow      Flow     // the engine, if it holds back; else nil
	taker     Taker    // the engine, if it says what it takes; else nil
	parts     PartConn // the engine, if it knows parts of messages; else nil
	highWater uint64   // what may be buffered when a message is accepted
	fails     bool     // a message that finds no room is too much: the peer can't be held back

	settled chan struct{} // closed when the handshake has ended
	leaving chan struct{} // closed when it begins to close
	done    chan struct{} // closed when it has ended
	writing chan struct{} // holds one while somebody writes

	wantsParts atomic.Bool

	established bool // the engine's goroutine, and all when settled is closed

	// guarded by lifecycle.mu
	left    bool               // leaving is closed
	hurried context.CancelFunc // ends the wait of who writes; nil if nobody waits
	end     *outcome           // nil before it, not changed after
}

const (
	// mostUnread is what is received and not read before the engine has to wait.
	mostUnread = 256 << 10
	// mostUnsent is what is buffered before who writes has to wait.
	mostUnsent = 256 << 10
)

// newStream makes a stream that has not begun to connect.
func (d *Dialer) newStream(url string, protocols []string) (*stream, error) {
	href, err := checkTarget("OpenStream", url, protocols)
	if err == nil {
		err = d.checkStream()
	}
	if err != nil {
		return nil, err
	}
	c := &stream{
		highWater: mostUnsent,
		settled:   make(chan struct{}),
		leaving:   make(chan struct{}),
		done:      make(chan struct{}),
		writing:   make(chan struct{}, 1),
	}
	if d.MaxBufferedAmount > 0 {
		c.highWater = uint64(d.MaxBufferedAmount)
	}
	c.inbox.prepare(d.ReadQueueLimit)
	c.lifecycle.prepare(d, href)
	c.trace = d.Trace.begin()
	if c.conn, err = d.connectStream(href, slices.Clone(protocols), c); err != nil {
		return nil, asException("OpenStream", err)
	}
	c.flow, _ = c.conn.(Flow)
	c.taker, _ = c.conn.(Taker)
	c.parts, _ = c.conn.(PartConn)
	c.fails = d.ReadQueueLimit > 0 && c.flow == nil
	return c, nil
}

// checkStream refuses what nothing here can honour, and what is for sockets alone.
func (d *Dialer) checkStream() error {
	if err := d.check("OpenStream"); err != nil {
		return err
	}
	switch {
	case d.BorrowMessages:
		return exception("OpenStream", ErrNotSupported, "BorrowMessages: what a stream brings is the reader's to keep")
	case d.BrowserStream && d.Engine != nil:
		return exception("OpenStream", ErrNotSupported, "BrowserStream with an Engine of the program's own")
	case d.ReadQueueLimit < 0:
		return exception("OpenStream", ErrNotSupported, "got the ReadQueueLimit "+strconv.Itoa(d.ReadQueueLimit)+", want 0 or more")
	}
	return nil
}

// open connects and waits for the handshake.
func (c *stream) open(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.begin()
	c.conn.Start()
	select {
	case <-c.settled:
	case <-ctx.Done():
		why := context.Cause(ctx)
		if c.giveUp(Connecting, newFailure(why.Error(), why)) {
			return why
		}
		<-c.settled
	}
	if !c.established { // else perhaps it has ended since, with messages to read
		return c.end.err()
	}
	return nil
}

// Opened is called when the connection is established.
func (c *stream) Opened(protocol, extensions string) {
	if c.opened(protocol, extensions) {
		c.established = true
		c.tellState()
		close(c.settled)
	}
}

// Received tells of a time, which a stream's messages do not have.
func (c *stream) Received(time.Duration) {}

// Text delivers text.
func (c *stream) Text(s string) { c.receive(wholeItem(Text(s))) }

// Binary delivers bytes.
func (c *stream) Binary(b []byte) { c.receive(wholeItem(Binary(b))) }

// Blob delivers a Blob, which is for engines that deliver nothing else.
func (c *stream) Blob(b BlobData) { c.receive(wholeItem(FromBlob(&Blob{b}))) }

// Part delivers a part of a message.
func (c *stream) Part(text bool, p []byte, last bool) { c.receive(partItem(text, p, last)) }

// receive queues what was received. If there is no room, that waits for somebody to read, or fails the stream where nothing
// can be held back.
func (c *stream) receive(i item) {
	switch {
	case c.put(i):
	case c.fails:
		c.shutOff()
		c.giveUp(Open, newFailure("more than "+strconv.Itoa(c.limit)+" bytes of messages are unread (ReadQueueLimit)",
			ErrQuotaExceeded))
	default:
		if c.flow != nil {
			c.flow.StepAside()
		}
		c.putLater(i)
	}
}

// Closing is called when the peer has begun the closing handshake.
func (c *stream) Closing() {
	c.mu.Lock()
	c.to(Closing)
	c.mu.Unlock()
	c.tellState()
	c.leave()
}

// Closed is called when the connection has ended.
func (c *stream) Closed(code uint16, reason string, clean bool, why error) {
	c.mu.Lock()
	c.end = &outcome{code: code, reason: reason, clean: clean, why: why}
	c.closed(c.end)
	c.mu.Unlock()
	c.tellState()
	c.tellClosed(c.end)
	c.finish()
}

// finish tells everybody who waits.
func (c *stream) finish() {
	err := c.end.err()
	if err == nil {
		err = io.EOF
	}
	c.endWith(err)
	close(c.done)
	if !c.established {
		close(c.settled)
	}
	c.leave()
}

// leave tells those who want to write that it is too late.
func (c *stream) leave() {
	c.mu.Lock()
	if !c.left {
		c.left = true
		close(c.leaving)
	}
	hurry := c.hurried
	c.mu.Unlock()
	if hurry != nil {
		hurry()
	}
}

// close begins the closing handshake. WebSockets Standard, 4: what is received from now on is dropped.
func (c *stream) close(code uint16, reason string) {
	c.shutOff()
	c.lifecycle.close(code, reason, nil)
	c.leave()
}

// read takes a message.
func (c *stream) read(ctx context.Context) (Data, error) {
	if ctx.Err() != nil {
		return Data{}, context.Cause(ctx)
	}
	c.takeParts(false)
	for first := true; ; first = false {
		d, ok, end := c.take(first)
		if ok || end != nil {
			return d, end
		}
		select {
		case <-c.ready:
		case <-ctx.Done():
			return Data{}, context.Cause(ctx)
		}
	}
}

// write sends a message in its turn, when there is room.
func (c *stream) write(ctx context.Context, d Data) error {
	if err := c.takeTurn(ctx); err != nil {
		return err
	}
	defer c.giveTurn()
	if err := c.waitForRoom(ctx, uint64(d.Size())); err != nil {
		return err
	}
	return c.send(d)
}

// takeTurn waits until nobody else writes.
func (c *stream) takeTurn(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if c.readyState() != Open {
		return c.tooLate()
	}
	select {
	case c.writing <- struct{}{}:
		return nil
	default:
	}
	select {
	case c.writing <- struct{}{}:
		return nil
	case <-c.leaving:
		return c.tooLate()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *stream) giveTurn() { <-c.writing }

// waitForRoom waits until n bytes more are no more than may be buffered, or are alone.
func (c *stream) waitForRoom(ctx context.Context, n uint64) error {
	below := c.highWater - min(n, c.highWater)
	if c.conn.Buffered() <= below {
		return nil
	}
	waits, cancel := context.WithCancel(ctx)
	defer cancel()
	if !c.hurryBy(cancel) {
		return c.tooLate()
	}
	defer c.hurryBy(nil)
	err := c.conn.Wait(waits.Done(), below)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case waits.Err() != nil:
		return c.tooLate()
	default: // Closed may have to wait for a reader
		return (&outcome{code: 1006, why: err}).err()
	}
}

// hurryBy has leave call the func. It reports false if that is too late.
func (c *stream) hurryBy(cancel context.CancelFunc) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hurried = cancel
	return !c.left
}

// send gives the message to the engine.
func (c *stream) send(d Data) error {
	if c.readyState() != Open {
		return c.tooLate()
	}
	if blob := d.Blob(); blob != nil {
		if err := c.conn.SendBlob(blob.inner()); err != nil {
			return asException("Write", err)
		}
		return nil
	}
	if d.IsText() {
		d = Text(validText(d.Text()))
	}
	switch {
	case c.taker != nil:
		s := wholeItem(d).shared()
		if !c.taker.Take(d.IsText(), unsafe.Slice(unsafe.StringData(s), len(s))) {
			return c.tooLate()
		}
	case d.IsText():
		c.conn.SendText(string([]byte(d.Text()))) // the engine may keep it, and who writes may not mean it to
	default:
		c.conn.SendBinary(d.Bytes())
	}
	return nil
}

// tooLate is the error for writing when the connection is not open any more.
func (c *stream) tooLate() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	state := "closing"
	if c.end != nil {
		if err := c.end.err(); err != nil {
			return err
		}
		state = "closed"
	}
	return exception("Write", ErrInvalidState, "the stream is "+state)
}

// wait waits for the end.
func (c *stream) wait(ctx context.Context) (CloseInfo, error) {
	select {
	case <-c.done:
		return CloseInfo{c.end.code, c.end.reason, c.end.clean}, c.end.err()
	default:
	}
	select {
	case <-c.done:
		return CloseInfo{c.end.code, c.end.reason, c.end.clean}, c.end.err()
	case <-ctx.Done():
		return CloseInfo{}, context.Cause(ctx)
	}
}

// Tracer returns nil if nobody wants to be told.
func (c *stream) Tracer() Tracer {
	if c.trace == nil {
		return nil
	}
	return c.trace
}

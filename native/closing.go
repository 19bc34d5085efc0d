package native

import (
	"errors"
	"io"
	"time"
	"unicode/utf8"
)

// phase is how far a connection has come.
type phase uint8

const (
	connecting phase = iota
	open             // frames go both ways
	shut             // RFC 6455 5.5.1: no frame may follow what is queued
	lingering        // only the end of the stream is waited for, and not for long
	ended
)

// closing is the way from the one to the other.
type closing struct {
	phase   phase
	peer    *closeFrame    // the peer's Close frame
	breach  *ProtocolError // the rule that the peer broke, until it is answered
	failure error          // why this side gives the connection up
	outcome outcome
	alarm   *time.Timer // ends a closing handshake that does not get on
	due     time.Time   // when it goes off; one that was set anew may do so too early
	alarmAt uint64      // written, when it was set
}

// to moves the connection forward and reports whether it was not yet there. Called with mu held.
func (c *closing) to(next phase) bool {
	if c.phase >= next {
		return false
	}
	c.phase = next
	return true
}

// outcome is what Closed reports.
type outcome struct {
	code    uint16
	reason  string
	clean   bool
	failure error
}

// linger is how long this side waits for the peer to end TCP. RFC 6455 7.1.1: the server ends it first. It is what Chromium
// waits.
const linger = 2 * time.Second

// Close queues a Close frame behind all messages.
func (c *connection) Close(code uint16, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.peer != nil { // its Close frame came first and gets its answer
		c.answer()
		return
	}
	c.sendClose(closePayload(code, reason))
}

// sendClose queues this side's Close frame, the last of all. Called with mu held.
func (c *connection) sendClose(payload []byte) {
	if c.phase != open {
		return
	}
	c.out.ctrl(opClose, payload)
	c.to(shut)
	if c.closeTimeout >= 0 {
		c.setAlarm(c.closeTimeout)
	}
	c.wake()
}

// answer does what the peer's Close frame or its breach of the protocol calls for, if there is one and it is not done. Called
// with mu held.
func (c *connection) answer() {
	switch {
	case c.breach != nil:
		breach := c.breach
		c.breach = nil
		c.failProtocol(breach)
	case c.peer != nil: // with the same code and reason
		c.sendClose(closePayload(c.peer.code, c.peer.reason))
		c.allWritten()
	}
}

func (c *connection) answerNow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer()
}

// allWritten gets the closing handshake on when nothing is left to write. Called with mu held.
func (c *connection) allWritten() {
	switch {
	case c.phase != shut || c.busy || !c.out.empty():
	case c.peer != nil:
		c.lingerNow()
	case c.closeTimeout >= 0: // the wait for the answer begins
		c.setAlarm(c.closeTimeout)
	}
}

// lingerNow bounds the wait for the end of the stream. Called with mu held.
func (c *connection) lingerNow() {
	if c.to(lingering) {
		c.setAlarm(linger)
	}
}

// setAlarm has expire called. Called with mu held.
func (c *connection) setAlarm(d time.Duration) {
	c.alarmAt, c.due = c.written, time.Now().Add(d)
	if c.alarm == nil {
		c.alarm = time.AfterFunc(d, c.expire)
	} else {
		c.alarm.Reset(d)
	}
}

// expire ends a connection whose closing handshake does not get on. While the peer still takes what was sent, it does.
func (c *connection) expire() {
	c.mu.Lock()
	if time.Now().Before(c.due) {
		c.mu.Unlock()
		return
	}
	over := c.phase != shut || c.written == c.alarmAt
	switch {
	case !over:
		c.setAlarm(c.closeTimeout)
	case c.phase == shut:
		c.failure = timeoutError("the closing handshake got no further for " + c.closeTimeout.String() + " (CloseTimeout)")
	}
	c.mu.Unlock()
	if over {
		c.giveUp()
	}
}

// failProtocol fails the connection with a Close frame: RFC 6455 7.1.7. Called with mu held.
func (c *connection) failProtocol(breach *ProtocolError) {
	if c.failure == nil {
		c.failure = breach
	}
	c.sendClose(closePayload(breach.Code, cut(breach.Problem, maxControl-2)))
	c.lingerNow()
}

// cut returns at most n bytes of s, whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Fail ends the connection at once.
func (c *connection) Fail(why error) {
	c.mu.Lock()
	if c.phase != ended {
		c.failure = why
		c.to(shut)
	}
	established := c.carrier != nil
	c.mu.Unlock()
	c.cancel(why)
	if established {
		c.giveUp()
	}
}

// giveUp ends the carrier without waiting for its peer, and takes back what the peer does not take.
func (c *connection) giveUp() {
	c.mu.Lock()
	unsent := c.busy || !c.out.empty()
	c.mu.Unlock()
	if unsent {
		c.hangUp(reset)
	} else {
		c.hangUp(abort) // the Close frame may still be on its way
	}
}

// hangUp ends the carrier, once.
func (c *connection) hangUp(how func(io.Closer)) {
	c.hungUp.Do(func() { how(c.carrier) })
}

// abort ends a carrier without waiting for its peer.
func abort(carrier io.Closer) {
	if a, ok := carrier.(interface{ Abort() error }); ok {
		a.Abort()
	} else {
		carrier.Close()
	}
}

// reset is abort with an RST where the carrier is TCP's. Without, the system would go on for minutes trying to bring a peer that
// does not read what it holds of ours.
func reset(carrier io.Closer) {
	if tcp, ok := carrier.(interface{ SetLinger(sec int) error }); ok {
		tcp.SetLinger(0)
	}
	abort(carrier)
}

// finish ends a carrier in its own order.
func finish(carrier io.Closer) { carrier.Close() }

// end is the end of the stream: it leaves nothing behind, then has Closed called. Reading goroutine only.
func (c *connection) end(err error) {
	c.mu.Lock()
	if c.peer != nil || c.phase == lingering { // the peer may have ended only its half, and wait for our Close frame
		if err != io.EOF {
			c.lingerNow()
		}
		for c.busy {
			c.changed.Wait()
		}
	}
	c.outcome = c.conclude(err)
	c.to(ended)
	if c.alarm != nil {
		c.alarm.Stop()
	}
	if c.watchdog != nil {
		c.watchdog.Stop()
	}
	c.stopPulse()
	c.dropPings()
	c.mu.Unlock()

	if c.outcome.clean {
		c.hangUp(finish)
	} else {
		c.giveUp()
	}
	c.cancel(nil)

	c.mu.Lock()
	for c.busy {
		c.changed.Wait()
	}
	c.out.drop()
	c.settle()
	c.wakeWaiters()
	c.mu.Unlock()
	c.lease.give()
	c.buf, c.inflight, c.parser.payload = nil, nil, nil
	c.dropPacker()

	c.parser.emit(incoming{kind: gotEnd})
	c.deliver()
}

// dropPacker gives back the compressor. A message that is late may borrow another.
func (c *connection) dropPacker() {
	if c.packer != nil {
		c.packing.Lock()
		defer c.packing.Unlock()
		c.packer.drop()
	}
}

// conclude is WebSockets Standard, 4, and RFC 6455 7.1.5 and 7.1.6: the code and reason are those received. Called with mu held.
func (c *connection) conclude(err error) outcome {
	o := outcome{code: 1006}
	if c.peer != nil {
		o.code, o.reason = c.peer.code, c.peer.reason
		if o.code == 0 {
			o.code = 1005
		}
		answered := c.phase >= shut && !c.busy && c.out.empty()
		o.clean = answered && c.failure == nil && c.broken == nil
	}
	switch {
	case o.clean:
	case c.failure != nil:
		o.failure = c.failure
	case c.broken != nil:
		o.failure = &phaseError{"write", c.broken}
	case errors.Is(err, io.EOF): // RFC 6455 7.2.1
		o.failure = &phaseError{"the stream ended without a Close frame", io.ErrUnexpectedEOF}
	default:
		o.failure = &phaseError{"read", err}
	}
	return o
}

package native

import (
	"errors"
	"io"
	"time"
	"unicode/utf8"
)

// closing is how far the closing handshake has come.
type closing struct {
	established bool
	peer        *closeFrame    // the peer's Close frame
	breach      *ProtocolError // the rule that the peer broke, until it is answered
	failure     error          // why this side gives the connection up
	lingering   bool           // only the end of the stream is waited for, and not for long
	halved      bool           // halfClose was called
	ended       bool
	outcome     outcome
	alarm       *time.Timer // ends a closing handshake that does not get on
	alarmAt     uint64      // written, when the alarm was set
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
	if c.shut || !c.established {
		return
	}
	c.out.ctrl(opClose, payload)
	c.shut = true
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
	if !c.shut || c.busy || c.broken != nil || !c.out.empty() {
		return
	}
	switch {
	case c.failure != nil:
		c.halfClose()
	case c.peer != nil:
		c.lingerNow()
	case c.closeTimeout >= 0 && !c.lingering: // the wait for the answer begins
		c.setAlarm(c.closeTimeout)
	}
}

// halfClose tells the peer of a failed connection that nothing more comes. To close at once could make the system take back
// the Close frame, if the peer's bytes are still unread here. Called with mu held, which it gives up for the while.
func (c *connection) halfClose() {
	half, ok := c.carrier.(interface{ CloseWrite() error })
	if !ok || c.halved {
		return
	}
	c.halved = true
	c.mu.Unlock()
	half.CloseWrite() // an error means that the end is near anyway
	c.mu.Lock()
}

// lingerNow bounds the wait for the end of the stream. Called with mu held.
func (c *connection) lingerNow() {
	if !c.lingering && !c.ended {
		c.lingering = true
		c.setAlarm(linger)
	}
}

// setAlarm has expire called. Called with mu held.
func (c *connection) setAlarm(d time.Duration) {
	c.alarmAt = c.written
	if c.alarm == nil {
		c.alarm = time.AfterFunc(d, c.expire)
	} else {
		c.alarm.Reset(d)
	}
}

// expire ends a connection whose closing handshake does not get on. While the peer still takes what was sent, it does.
func (c *connection) expire() {
	c.mu.Lock()
	switch {
	case c.ended:
		c.mu.Unlock()
		return
	case !c.lingering && c.written != c.alarmAt:
		c.setAlarm(c.closeTimeout)
		c.mu.Unlock()
		return
	case !c.lingering:
		c.failure = stateError("the closing handshake got no further for " + c.closeTimeout.String() + " (CloseTimeout)")
	}
	c.mu.Unlock()
	abort(c.carrier)
}

// failProtocol fails the connection with a Close frame: RFC 6455 7.1.7. Called with mu held.
func (c *connection) failProtocol(breach *ProtocolError) {
	if c.failure == nil {
		c.failure = breach
	}
	c.sendClose(closePayload(breach.Code, cut(breach.Problem, maxControl-2)))
	c.lingerNow()
	c.allWritten()
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
	c.failure, c.shut = why, true
	established := c.established && !c.ended
	c.mu.Unlock()
	c.cancel(why)
	if established {
		abort(c.carrier)
	}
}

// abort ends a carrier without waiting for its peer.
func abort(carrier io.Closer) {
	if a, ok := carrier.(interface{ Abort() error }); ok {
		a.Abort()
	} else {
		carrier.Close()
	}
}

// end is the end of the stream: it leaves nothing behind, then has Closed called. Reading goroutine only.
func (c *connection) end(err error) {
	c.mu.Lock()
	if c.peer != nil || c.lingering { // the peer may have ended only its half, and wait for our Close frame
		if err != io.EOF {
			c.lingerNow()
		}
		for c.busy {
			c.changed.Wait()
		}
	}
	c.outcome = c.conclude(err)
	c.ended, c.shut = true, true
	if c.alarm != nil {
		c.alarm.Stop()
	}
	if c.watchdog != nil {
		c.watchdog.Stop()
	}
	c.mu.Unlock()

	if c.outcome.clean {
		c.carrier.Close()
	} else {
		abort(c.carrier)
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

	c.parser.out = append(c.parser.out, incoming{kind: gotEnd})
	c.deliver()
}

// conclude is WebSockets Standard, 4, and RFC 6455 7.1.5 and 7.1.6: the code and reason are those received. Called with mu held.
func (c *connection) conclude(err error) outcome {
	o := outcome{code: 1006}
	if c.peer != nil {
		o.code, o.reason = c.peer.code, c.peer.reason
		if o.code == 0 {
			o.code = 1005
		}
		answered := c.shut && !c.busy && c.out.empty()
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

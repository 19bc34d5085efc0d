package websocket

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// lifecycle is what a WebSocket and a WebSocketStream have in common: the states, and how one leads to the next.
type lifecycle struct {
	conn             Conn
	url              string
	handshakeTimeout time.Duration
	trace            tracing // nil, or told what happens

	state atomic.Uint32 // a ReadyState; moved by to alone

	mu sync.Mutex
	// guarded by mu
	agreed   agreement
	started  bool
	givenUp  error
	deadline func() bool // stops the timer: before the start a socket's reminder, then the handshake's end; may be nil
}

// prepare takes from the Dialer what a connection to href needs.
func (c *lifecycle) prepare(d *Dialer, href string) {
	c.url = href
	c.handshakeTimeout = d.HandshakeTimeout
	if c.handshakeTimeout == 0 {
		c.handshakeTimeout = 45 * time.Second
	}
}

// agreement is what the handshake brought.
type agreement struct {
	_                    incomparable
	protocol, extensions string
}

// to moves the connection forward and reports whether it was not yet there. Called with mu held.
func (c *lifecycle) to(next ReadyState) bool {
	from := c.state.Load()
	if from >= uint32(next) {
		return false
	}
	c.state.Store(uint32(next))
	if c.trace != nil {
		c.trace.moved(from, uint32(next))
	}
	return true
}

// tellState tells the trace what it was not told of. Called without mu, after each use of to.
func (c *lifecycle) tellState() {
	if c.trace != nil {
		c.trace.tell()
	}
}

// readyState asks the engine too: a browser says by no event that the peer has begun to close.
func (c *lifecycle) readyState() ReadyState {
	s := ReadyState(c.state.Load())
	if s == Open && c.conn.Closing() {
		return Closing
	}
	return s
}

func (c *lifecycle) negotiated() agreement {
	c.mu.Lock()
	agreed := c.agreed
	c.mu.Unlock()
	return agreed
}

// begin notes the start and sets the handshake's end. It reports whether it was the first call, and why the connection has been
// given up before.
func (c *lifecycle) begin() (first bool, why error) {
	c.mu.Lock()
	first, why = !c.started, c.givenUp
	if first {
		c.started = true
		c.stopDeadline()
		if why == nil && c.handshakeTimeout > 0 {
			c.deadline = time.AfterFunc(c.handshakeTimeout, func() {
				seconds := strconv.FormatFloat(c.handshakeTimeout.Seconds(), 'g', -1, 64)
				c.giveUp(Connecting, newFailure("the handshake took longer than "+seconds+" s", context.DeadlineExceeded))
			}).Stop
		}
	}
	c.mu.Unlock()
	return first, why
}

// stopDeadline stops what waits for the start or for the handshake. Called with mu held.
func (c *lifecycle) stopDeadline() {
	if c.deadline != nil {
		c.deadline()
		c.deadline = nil
	}
}

// giveUp fails the connection if it is in the state, and reports whether it was.
func (c *lifecycle) giveUp(in ReadyState, why error) bool {
	c.mu.Lock()
	if ReadyState(c.state.Load()) != in {
		c.mu.Unlock()
		return false
	}
	c.to(Closing)
	c.givenUp = why
	c.stopDeadline()
	c.mu.Unlock()
	c.tellState()
	c.conn.Fail(why)
	return true
}

var errClosedConnecting = newFailure("closed before the connection was established", ErrAbort)

// close is WebSockets Standard, 3.1, close, step 3. why is the cause where it comes to a failure.
func (c *lifecycle) close(code uint16, reason string, why error) {
	given := errClosedConnecting
	if why != nil {
		given = newFailure(why.Error(), why)
	}
	c.giveUp(Connecting, given)
	if code == 0 && reason != "" {
		code = 1000
	}
	c.mu.Lock()
	first := c.to(Closing)
	c.mu.Unlock()
	if first {
		c.tellState()
		c.conn.Close(code, reason)
	}
}

// opened is the first part of WebSockets Standard, 4, "when the connection is established". It reports whether that counts.
func (c *lifecycle) opened(protocol, extensions string) bool {
	c.mu.Lock()
	opened := c.to(Open)
	if opened {
		c.stopDeadline()
		c.agreed.protocol, c.agreed.extensions = protocol, extensions
	}
	c.mu.Unlock()
	return opened
}

// outcome is how a connection ended.
type outcome struct {
	_      incomparable
	code   uint16
	reason string
	clean  bool
	why    error // it had to be failed; or nil
}

// closed is the first part of WebSockets Standard, 4, "when the connection is closed". Called with mu held.
func (c *lifecycle) closed(o *outcome) {
	if c.givenUp != nil { // whatever the engine had come to
		in, ok := o.why.(interface{ Cause() error })
		if !ok || in.Cause() != c.givenUp { // the engine may say in which phase it was
			o.why = c.givenUp
		}
		o.code, o.reason, o.clean = 1006, "", false
	}
	c.stopDeadline()
	c.to(Closed)
}

// err is what is returned where no event can be fired; nil if the end was clean.
func (o *outcome) err() error {
	if o.clean {
		return nil
	}
	return &WebSocketError{CloseCode: o.code, Reason: o.reason, cause: o.why}
}

// tellClosed tells the trace.
func (c *lifecycle) tellClosed(o *outcome) {
	if c.trace != nil {
		c.trace.ended(o)
	}
}

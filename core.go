package websocket

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"weak"
)

// core is what a WebSocket is a handle of: the states and the rules. It is the engine's sink, so it lives as long as the
// connection; the handle, which has the listeners, only as long as anybody needs it.
type core struct {
	conn             Conn
	url              string
	handshakeTimeout time.Duration
	maxBuffered      int64
	borrows          bool   // messages are the engine's again when the listeners have returned
	trace            *Trace // may be nil
	handle           weak.Pointer[WebSocket]
	done             chan struct{} // closed after the close event

	state atomic.Uint32             // a ReadyState; moved by to alone
	blobs atomic.Bool               // binaryType
	held  atomic.Pointer[WebSocket] // keeps the handle while an event may concern it; see hold

	// delivering goroutine only
	received time.Duration // the time stamp of what comes, 0 if the engine does not say Received
	lent     *MessageEvent // the event of all messages, if they are borrowed

	mu sync.Mutex
	// guarded by mu
	untold   []change // of state, which the trace was not told of
	agreed   agreement
	started  bool
	ended    bool // the close event's listeners have returned
	waited   bool // Done was called
	givenUp  error
	end      error       // what Run returns
	deadline *time.Timer // before Start the reminder, then the handshake's end
}

// agreement is what the handshake brought.
type agreement struct{ protocol, extensions string }

// to moves the socket forward and reports whether it was not yet there. Called with mu held.
func (c *core) to(next ReadyState) bool {
	from := ReadyState(c.state.Load())
	if from >= next {
		return false
	}
	c.state.Store(uint32(next))
	if c.trace != nil {
		c.untold = append(c.untold, change{from, next})
	}
	return true
}

// change is a change of state.
type change struct{ from, to ReadyState }

// tellState tells the trace what it was not told of. Called without mu, after each use of to.
func (c *core) tellState() {
	if c.trace == nil || c.trace.State == nil {
		return
	}
	c.mu.Lock()
	untold := c.untold
	c.untold = nil
	c.mu.Unlock()
	for _, s := range untold {
		c.trace.State(s.from, s.to)
	}
}

// readyState asks the engine too: a browser says by no event that the peer has begun to close.
func (c *core) readyState() ReadyState {
	s := ReadyState(c.state.Load())
	if s == Open && c.conn.Closing() {
		return Closing
	}
	return s
}

func (c *core) negotiated() agreement {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.agreed
}

// remind has a socket reported that is never started: without it nothing at all would happen.
func (c *core) remind(made string) {
	c.deadline = time.AfterFunc(5*time.Second, func() {
		warn("websocket: " + made + " was not followed by Start or Run: no event comes before that")
	})
}

// caller returns the file and line of the function that many calls up.
func caller(skip int) string {
	_, file, line, _ := runtime.Caller(skip)
	return file + ":" + strconv.Itoa(line)
}

func (c *core) start(ws *WebSocket) {
	c.mu.Lock()
	if c.started {
		c.mu.Unlock()
		return
	}
	c.started = true
	c.deadline.Stop()
	why := c.givenUp
	if why == nil && c.handshakeTimeout > 0 {
		c.deadline = time.AfterFunc(c.handshakeTimeout, c.handshakeExpired)
	}
	c.mu.Unlock()

	// A collected socket is closed without a code: WebSockets Standard, 5. From here on the engine keeps the core; before
	// there is nothing to close.
	runtime.AddCleanup(ws, func(c *core) { c.close(0, "", nil) }, c)
	c.hold()
	for _, l := range ws.listeners() {
		c.awaitSignal(l)
	}
	if why != nil { // closed before it was started: the events of a failed connection, and no connection
		go c.Closed(1006, "", false, why)
		return
	}
	c.conn.Start()
}

// handshakeExpired gives up a handshake that takes too long.
func (c *core) handshakeExpired() {
	c.giveUp(Connecting, &failure{"the handshake took longer than " + c.handshakeTimeout.String(), context.DeadlineExceeded})
}

// giveUp fails the connection if it is in the state.
func (c *core) giveUp(in ReadyState, why error) {
	c.mu.Lock()
	if ReadyState(c.state.Load()) != in {
		c.mu.Unlock()
		return
	}
	c.to(Closing)
	c.givenUp = why
	c.deadline.Stop()
	c.mu.Unlock()
	defer c.conn.Fail(why) // even if the trace ends this goroutine
	c.tellState()
}

var errClosedConnecting = errors.New("closed before the connection was established")

// close is WebSockets Standard, 3.1, close, step 3. why is the cause where it comes to a failure.
func (c *core) close(code uint16, reason string, why error) {
	if why == nil {
		why = errClosedConnecting
	}
	c.giveUp(Connecting, &failure{why.Error(), why})
	if code == 0 && reason != "" {
		code = 1000
	}
	c.mu.Lock()
	first := c.to(Closing)
	c.mu.Unlock()
	if first {
		defer c.hold()
		defer c.conn.Close(code, reason)
		c.tellState()
	}
}

// send is WebSockets Standard, 3.1, send.
func (c *core) send(d Data) error {
	state := ReadyState(c.state.Load())
	if state == Connecting {
		return exception("Send", ErrInvalidState, c.whyConnecting())
	}
	text, size := "", d.Size()
	if d.IsText() {
		text = validText(d.shared())
		size = int64(len(text))
	}
	if state == Open && c.maxBuffered > 0 {
		c.checkFull(size)
	}
	switch d.kind {
	case textData, lentText:
		c.conn.SendText(text)
	case binaryData:
		c.conn.SendBinary(d.view())
	case blobData:
		if err := c.conn.SendBlob(d.Blob().inner()); err != nil {
			return asException("Send", err)
		}
	}
	return nil
}

func (c *core) whyConnecting() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.started {
		return "not started: call Start or Run first"
	}
	return "still connecting"
}

// checkFull closes a connection whose buffer can't take n bytes more: WebSockets Standard, 3.1, send: "flag as full".
func (c *core) checkFull(n int64) {
	if now := c.conn.Buffered(); now+uint64(n) > uint64(c.maxBuffered) {
		c.giveUp(Open, &failure{what: "the buffer is full: got " + strconv.FormatInt(n, 10) + " bytes to send with " +
			strconv.FormatUint(now, 10) + " buffered, want at most " + strconv.FormatInt(c.maxBuffered, 10) + " (MaxBufferedAmount)"})
	}
}

func (c *core) wait(ctx context.Context, below uint64) error {
	err := c.conn.Wait(ctx, below)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	default:
		return &DOMException{Name: ErrInvalidState.Name, Message: err.Error(), op: "WaitBuffered", cause: err}
	}
}

func (c *core) wantDone() {
	c.mu.Lock()
	c.waited = true
	c.mu.Unlock()
	c.hold()
}

func (c *core) result() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end
}

// awaited are the events that can still come, by state: WebSockets Standard, 5, garbage collection.
var awaited = [...][]string{
	Connecting: {"open", "message", "error", "close"},
	Open:       {"message", "error", "close"},
	Closing:    {"error", "close"},
	Closed:     {"error", "close"}, // until their listeners have returned
}

// hold keeps the handle from being collected while somebody waits for it, and lets it go when not. Queued data needs no
// hold: a collected socket closes behind it.
func (c *core) hold() {
	ws := c.handle.Value()
	if ws == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.started && !c.ended && (c.waited || ws.listens(awaited[c.state.Load()]...)) {
		c.held.Store(ws)
	} else {
		c.held.Store(nil)
	}
}

// awaitSignal looks again at whether the handle must be held when a listener's signal ends. Until Start it is not held.
func (c *core) awaitSignal(l *listener) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.started && !c.ended && l.signal != nil && l.signal.Done() != nil {
		go c.holdAfter(l.signal.Done(), l.off)
	}
}

// holdAfter ends with the signal, its listener or the socket. context.AfterFunc would need no goroutine, but in a wasm program
// that uses no Signal it would cost more than all of this file.
func (c *core) holdAfter(signal, off <-chan struct{}) {
	select {
	case <-signal:
		c.hold()
	case <-off:
	case <-c.done:
	}
}

// listening returns the handle, which has the listeners, if it is still there.
func (c *core) listening() *WebSocket {
	if ws := c.held.Load(); ws != nil {
		return ws
	}
	return c.handle.Value()
}

// dispatch calls the handle's listeners.
func (c *core) dispatch(e Event) {
	if ws := c.listening(); ws != nil {
		ws.dispatchTrusted(e, e.base())
	}
}

// Opened is WebSockets Standard, 4, "when the connection is established": one task.
func (c *core) Opened(protocol, extensions string) {
	c.mu.Lock()
	opened := c.to(Open)
	if opened {
		c.deadline.Stop()
		c.agreed = agreement{protocol, extensions}
	}
	c.mu.Unlock()
	if opened {
		defer c.hold()
		e := makeEvent("open", EventInit{})
		e.stamp = c.now()
		defer c.dispatch(&e)
		c.tellState()
	}
}

// Received has what follows share a time stamp.
func (c *core) Received() { c.received = sinceStart() }

// now is the time stamp of what an engine delivers.
func (c *core) now() time.Duration {
	if c.received != 0 {
		return c.received
	}
	return sinceStart()
}

// Text, Binary and Blob are WebSockets Standard, 4, "when a message has been received": not open, not delivered.
func (c *core) Text(s string) {
	if c.borrows {
		c.message(lend(s))
	} else {
		c.message(Text(s))
	}
}

// Binary delivers bytes.
func (c *core) Binary(b []byte) { c.message(Binary(b)) }

// Blob delivers a Blob.
func (c *core) Blob(b BlobData) { c.message(FromBlob(&Blob{b})) }

func (c *core) message(d Data) {
	if ReadyState(c.state.Load()) != Open {
		return
	}
	ws := c.listening()
	if ws == nil {
		return
	}
	e := c.lent
	if e == nil {
		e = &MessageEvent{event: event{kind: &ws.messages, lent: c.borrows}}
		if c.borrows {
			c.lent = e
		}
	}
	e.Data, e.stamp = d, c.now()
	ws.dispatchTrusted(e, &e.event)
}

// Closing is WebSockets Standard, 4, "when the closing handshake is started": a task with no event.
func (c *core) Closing() {
	c.mu.Lock()
	c.to(Closing)
	c.mu.Unlock()
	defer c.hold()
	c.tellState()
}

// Closed is WebSockets Standard, 4, "when the connection is closed": one task.
func (c *core) Closed(code uint16, reason string, clean bool, why error) {
	c.mu.Lock()
	if c.givenUp != nil { // whatever the engine had come to
		code, reason, clean = 1006, "", false
		if in, ok := why.(interface{ Cause() error }); !ok || in.Cause() != c.givenUp { // the engine may say in which phase it was
			why = c.givenUp
		}
	}
	c.deadline.Stop()
	c.to(Closed)
	if !clean {
		c.end = &WebSocketError{CloseCode: code, Reason: reason, cause: why}
	}
	c.mu.Unlock()
	c.hold()

	// Deferred, since a listener may end its goroutine.
	defer c.finish()
	defer c.dispatch(&CloseEvent{event: makeEvent("close", EventInit{}), WasClean: clean, Code: code, Reason: reason})
	if why != nil {
		defer c.dispatch(&ErrorEvent{event: makeEvent("error", EventInit{}), Err: why})
	}
	if c.trace != nil && c.trace.Closed != nil {
		defer c.trace.Closed(code, reason, clean, why)
	}
	c.tellState()
}

func (c *core) finish() {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.hold()
	close(c.done)
}

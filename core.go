package websocket

import (
	"context"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
)

// core is what a WebSocket is a handle of: the states and the rules. It is the engine's sink, so it lives as long as the
// connection; the handle, which has the listeners, only as long as anybody needs it.
type core struct {
	lifecycle

	maxBuffered int64
	checkFull   func(c *core, n int64) // closeFull, if there is a limit; else nil
	borrows     bool                   // messages are the engine's again when the listeners have returned
	done        chan struct{}          // closed after the close event

	blobs atomic.Bool               // binaryType
	held  atomic.Pointer[WebSocket] // the handle while an event may concern it; see hold

	// delivering goroutine only
	received time.Duration // the time stamp of what comes, 0 if the engine does not say Received

	// guarded by mu
	opening bool // the open event's listeners have not returned
	ended   bool // the close event's listeners have returned
	waited  bool // Done was called
	end     *outcome
}

// remind has a socket reported that is never started: without it nothing at all would happen.
func (c *core) remind(made string, skip int) {
	_, file, line, _ := runtime.Caller(skip)
	made += " at " + file + ":" + strconv.Itoa(line)
	c.deadline = time.AfterFunc(5*time.Second, func() {
		warn("websocket: " + made + " was not followed by Start or Run: no event comes before that")
	}).Stop
}

func (c *core) start(ws *WebSocket) {
	first, why := c.begin()
	if !first {
		return
	}

	// A collected socket is closed without a code: WebSockets Standard, 5. From here on the engine keeps the core; before
	// there is nothing to close.
	ws.life = &life{c}
	runtime.SetFinalizer(ws.life, (*life).end)
	c.hold(ws)
	for _, l := range ws.listeners() {
		if l.await != nil {
			l.await(c, l)
		}
	}
	if why != nil { // closed before it was started: the events of a failed connection, and no connection
		go c.Closed(1006, "", false, why)
		return
	}
	c.conn.Start()
}

// life ends with the handle, which alone refers to it. A handle is part of a cycle and so can have no finalizer of its own;
// runtime.AddCleanup could do without this, but in a wasm program it would cost more than all of this file.
type life struct{ core *core }

func (l *life) end() {
	if l.core.trace != nil { // it must not hold other finalizers up, or end their goroutine
		go l.core.close(0, "", nil)
	} else {
		l.core.close(0, "", nil)
	}
}

// close may let the handle go.
func (c *core) close(code uint16, reason string, why error) {
	c.lifecycle.close(code, reason, why)
	c.look()
}

// send is WebSockets Standard, 3.1, send.
func (c *core) send(d Data) error {
	state := ReadyState(c.state.Load())
	if state == Connecting {
		c.mu.Lock()
		why := "still connecting"
		if !c.started {
			why = "not started: call Start or Run first"
		}
		c.mu.Unlock()
		return exception("Send", ErrInvalidState, why)
	}
	text, size := "", d.Size()
	if d.IsText() {
		text = validText(d.shared())
		size = int64(len(text))
	}
	if state == Open && c.checkFull != nil {
		c.checkFull(c, size)
	}
	switch d.kind {
	case textData, lentText:
		c.conn.SendText(text)
	case binaryData:
		c.conn.SendBinary(d.view())
	case blobData:
		if err := c.conn.SendBlob(d.Blob().data); err != nil {
			return asException("Send", err)
		}
	}
	return nil
}

// closeFull closes a connection whose buffer can't take n bytes more: WebSockets Standard, 3.1, send: "flag as full".
func (c *core) closeFull(n int64) {
	if now := c.conn.Buffered(); now+uint64(n) > uint64(c.maxBuffered) {
		c.giveUp(Open, newFailure("the buffer is full: got "+strconv.FormatInt(n, 10)+" bytes to send with "+
			strconv.FormatUint(now, 10)+" buffered, want at most "+strconv.FormatInt(c.maxBuffered, 10)+" (MaxBufferedAmount)", ErrQuotaExceeded))
	}
}

func (c *core) wait(ctx context.Context, below uint64) error {
	err := c.conn.Wait(ctx.Done(), below)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	default:
		return exceptionFor("WaitBuffered", ErrInvalidState.Name, err.Error(), err)
	}
}

func (c *core) wantDone(ws *WebSocket) {
	c.mu.Lock()
	c.waited = true
	c.mu.Unlock()
	c.hold(ws)
}

func (c *core) result() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end.err()
}

// awaited are the events that can still come, by state: WebSockets Standard, 5, garbage collection.
var awaited = [...][]string{
	Connecting: {"open", "message", "error", "close"},
	Open:       {"message", "error", "close"},
	Closing:    {"error", "close"},
	Closed:     {"error", "close"}, // until their listeners have returned
}

// hold keeps the handle from being collected while somebody waits for it, and lets it go when not: then no event can concern it.
// Queued data needs no hold: a collected socket closes behind it.
func (c *core) hold(ws *WebSocket) {
	c.mu.Lock()
	next := c.state.Load()
	if c.opening {
		next = uint32(Connecting)
	}
	if !c.started || c.ended || !c.waited && !ws.listens(awaited[next]) {
		ws = nil
	}
	c.held.Store(ws)
	c.mu.Unlock()
}

// look looks again at whether the handle must be held.
func (c *core) look() {
	if ws := c.held.Load(); ws != nil {
		c.hold(ws)
	}
}

// awaitSignal has it looked again when a listener's signal ends. Until Start the handle is not held.
func (c *core) awaitSignal(l *listener) {
	c.mu.Lock()
	running := c.started && !c.ended
	c.mu.Unlock()
	if running {
		go c.holdAfter(l)
	}
}

// holdAfter ends with the signal, its listener or the socket.
func (c *core) holdAfter(l *listener) {
	select {
	case <-l.signal:
		c.look()
	case <-l.off:
	case <-c.done:
	}
}

// dispatch calls the handle's listeners.
func (c *core) dispatch(ev Event, e *event) {
	if ws := c.held.Load(); ws != nil {
		ws.dispatchTrusted(ev, e)
	}
}

// Opened is WebSockets Standard, 4, "when the connection is established": one task.
func (c *core) Opened(protocol, extensions string) {
	c.setOpening(true)
	defer c.setOpening(false) // also if a listener ends its goroutine
	if c.opened(protocol, extensions) {
		c.tellState()
		e := makeEvent("open", EventInit{})
		e.stamp = c.now()
		c.dispatch(&e, &e)
	}
}

func (c *core) setOpening(on bool) {
	c.mu.Lock()
	c.opening = on
	c.mu.Unlock()
	c.look()
}

// Received has what follows share a time stamp.
func (c *core) Received(at time.Duration) {
	if at == 0 {
		at = sinceStart()
	}
	c.received = at
}

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
	ws := c.held.Load()
	if ws == nil {
		return
	}
	e := ws.lent
	if e == nil {
		e = &MessageEvent{event: event{kind: &ws.messages, lent: c.borrows}}
		if c.borrows {
			ws.lent = e
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
	c.tellState()
	c.look()
}

// Closed is WebSockets Standard, 4, "when the connection is closed": one task.
func (c *core) Closed(code uint16, reason string, clean bool, why error) {
	c.mu.Lock()
	o := &outcome{code: code, reason: reason, clean: clean, why: why}
	c.closed(o)
	c.end = o
	c.mu.Unlock()
	c.look()
	c.tellState()
	c.tellClosed(o)
	defer c.dispatchClose(o) // also if a listener ends its goroutine, as below
	if o.why != nil {
		e := &ErrorEvent{event: makeEvent("error", EventInit{}), Err: o.why}
		c.dispatch(e, &e.event)
	}
}

func (c *core) dispatchClose(o *outcome) {
	defer c.finish()
	e := &CloseEvent{event: makeEvent("close", EventInit{}), WasClean: o.clean, Code: o.code, Reason: o.reason}
	c.dispatch(e, &e.event)
}

func (c *core) finish() {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.look()
	close(c.done)
}

// Tracer returns nil if nobody wants to be told.
func (c *core) Tracer() Tracer {
	if c.trace == nil {
		return nil
	}
	return c.trace
}

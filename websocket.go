package websocket

import (
	"context"
	"runtime"
)

// ReadyState says how far a socket has come. It only grows.
type ReadyState uint16

// WebSockets Standard, 3.1: https://websockets.spec.whatwg.org/#dom-websocket-readystate
const (
	Connecting ReadyState = iota // the connection is not yet established
	Open                         // messages can go both ways
	Closing                      // one side has begun the closing handshake, or Close has been called
	Closed                       // the connection is closed or could not be opened
)

// String returns the Standard's name: "CONNECTING", "OPEN", "CLOSING" or "CLOSED".
func (s ReadyState) String() string {
	return [...]string{"CONNECTING", "OPEN", "CLOSING", "CLOSED"}[s&3]
}

// BinaryType says as what binary messages are delivered.
type BinaryType string

const (
	// ArrayBuffer delivers bytes, see [Data.Bytes]. It is the default.
	//
	// Deviation: the Standard's default is "blob"; a Go program wants bytes.
	ArrayBuffer BinaryType = "arraybuffer"
	// BlobType delivers a Blob, see [Data.Blob]; in a browser its bytes stay outside Go's memory until asked for.
	BlobType BinaryType = "blob"
)

// A WebSocket is a connection to a server, with the browser's API. Make one with [New] or [Dialer.New], add listeners, then
// call [WebSocket.Run] or [WebSocket.Start].
//
// Its events are "open" (an [Event]), "message" ([*MessageEvent]), "error" ([*ErrorEvent]) and "close" ([*CloseEvent]). There
// is exactly one close event for each socket that was started, and it comes last. Listeners are called on the socket's own
// goroutine, one event after the other.
//
// A socket that the program no longer refers to, and that has no listener for an event that can still come, is collected as
// garbage, and its connection is closed without a code.
//
// WebSockets Standard, 3: https://websockets.spec.whatwg.org/#the-websocket-interface
type WebSocket struct {
	eventTarget
	core     *core
	life     *life         // set by Start
	messages kind          // of event
	lent     *MessageEvent // the event of all messages, if they are borrowed; delivering goroutine only

	onOpen, onMessage, onError, onClose handler
}

// New makes a socket for the URL, with the default options. It does not connect before Start or Run.
//
// The scheme is ws or wss; http and https stand for them. protocols are the subprotocols that the program speaks, the one it
// likes best first. A URL or a subprotocol that the Standard does not allow gives ErrSyntax. In a browser the URL may be
// relative to the page's.
func New(url string, protocols ...string) (*WebSocket, error) {
	return new(Dialer).open(new(core), url, protocols)
}

// New makes a socket as the function New does, with d's options.
func (d *Dialer) New(url string, protocols ...string) (*WebSocket, error) {
	if err := d.checkSocket("New"); err != nil {
		return nil, err
	}
	return d.open(d.newCore(), url, protocols)
}

// Start begins to connect; events flow from here. A second call does nothing. In a listener, in any goroutine and in a
// js.FuncOf it returns at once.
//
// Deviation: in JavaScript a socket starts by itself, after the script that made it has returned.
func (ws *WebSocket) Start() {
	ws.core.start(ws)
}

// Run starts the socket and waits for the end of its close event. It returns nil if the connection was closed cleanly, with
// whatever code, else a [*WebSocketError], which wraps why it failed: what OnError is told too, so a program needs one of the
// two. When ctx ends, Run calls Close(1000, "") and waits on.
func (ws *WebSocket) Run(ctx context.Context) error {
	done := ws.Done()
	ws.Start()
	select {
	case <-done:
	case <-ctx.Done():
		ws.core.close(1000, "", context.Cause(ctx))
		<-done
	}
	return ws.core.result()
}

// URL returns the URL as the URL Standard serializes it, with the scheme ws or wss.
func (ws *WebSocket) URL() string { return ws.core.url }

// ReadyState returns how far the socket has come.
func (ws *WebSocket) ReadyState() ReadyState { return ws.core.readyState() }

// BufferedAmount returns the number of bytes of messages that Send has taken and that have not yet been given to the network,
// without framing. Bytes sent after the socket began to close stay in it for good. While a listener runs it does not fall,
// until the listener returns or blocks. Natively one blocks that calls WaitBuffered, and one that has taken 80 to 160 ms counts
// as blocked even if it computes.
//
// WebSockets Standard, 3.1: https://websockets.spec.whatwg.org/#dom-websocket-bufferedamount
func (ws *WebSocket) BufferedAmount() uint64 { return ws.core.conn.Buffered() }

// WaitBuffered waits until BufferedAmount is at most below bytes, so that a program that sends much need not hold it all in
// memory. The error is the context's cause, or ErrInvalidState if the connection has ended with more than that unsent.
func (ws *WebSocket) WaitBuffered(ctx context.Context, below uint64) error {
	err := ws.core.wait(ctx, below)
	runtime.KeepAlive(ws)
	return err
}

// Extensions returns the extensions that the server chose, "" until the socket is open.
func (ws *WebSocket) Extensions() string { return ws.core.negotiated().extensions }

// Protocol returns the subprotocol that the server chose, "" until the socket is open or if there is none.
func (ws *WebSocket) Protocol() string { return ws.core.negotiated().protocol }

// BinaryType returns as what binary messages are delivered.
func (ws *WebSocket) BinaryType() BinaryType {
	if ws.core.blobs.Load() {
		return BlobType
	}
	return ArrayBuffer
}

// SetBinaryType says as what binary messages are delivered from the next event on. A value other than ArrayBuffer and BlobType
// is ignored, as in JavaScript.
func (ws *WebSocket) SetBinaryType(t BinaryType) {
	if t == ArrayBuffer || t == BlobType {
		ws.core.blobs.Store(t == BlobType)
		ws.core.conn.SetBlobs(t == BlobType)
	}
}

// Send queues a message and returns at once; it copies what it needs. Before the socket is open it returns ErrInvalidState.
// When the socket is closing or closed the message is dropped without an error and counted in BufferedAmount.
//
// Nothing bounds the queue but [Options].MaxBufferedAmount: see WaitBuffered.
//
// WebSockets Standard, 3.1: https://websockets.spec.whatwg.org/#dom-websocket-send
func (ws *WebSocket) Send(d Data) error {
	err := ws.core.send(d)
	runtime.KeepAlive(ws)
	return err
}

// Close begins the closing handshake, after everything that was sent before, and returns at once. The code is 1000 or 3000 to
// 4999, else the error is ErrInvalidAccess; 0 sends no code, or 1000 if there is a reason. A reason is at most 123 bytes long,
// else the error is ErrSyntax. From this call on no message is delivered. Before the socket is open Close gives the connection
// up: error and close events follow. When the socket is closing or closed already it does nothing.
//
// Deviation: in JavaScript a code of 0 is an error and an argument left out is none; Go has no such argument.
//
// WebSockets Standard, 3.1: https://websockets.spec.whatwg.org/#dom-websocket-close
func (ws *WebSocket) Close(code uint16, reason string) error {
	reason = validText(reason)
	err := checkClose("Close", code, reason)
	if err == nil {
		ws.core.close(code, reason, nil)
	}
	runtime.KeepAlive(ws)
	return err
}

// Done returns a channel that is closed when the listeners of the close event have returned. It does not start the socket. It
// keeps the socket from being collected. Waiting for it in one of the socket's own listeners is a deadlock.
func (ws *WebSocket) Done() <-chan struct{} {
	ws.core.wantDone(ws)
	return ws.core.done
}

// OnOpen sets what is called when the connection is established; nil removes it. See [WebSocket.AddEventListener] for more
// than one listener.
func (ws *WebSocket) OnOpen(fn func(Event)) { ws.onOpen.set(&ws.eventTarget, "open", fn) }

// OnMessage sets what is called for each message; nil removes it.
//
// Deviation: in JavaScript a slot is called for every event of its name. Go's types say what fn takes, so a synthetic event
// "message" that is no [*MessageEvent] passes it by; OnError and OnClose are alike.
func (ws *WebSocket) OnMessage(fn func(*MessageEvent)) {
	ws.onMessage.set(&ws.eventTarget, "message", typed(fn))
}

// OnError sets what is called when the connection fails, before the close event; nil removes it.
func (ws *WebSocket) OnError(fn func(*ErrorEvent)) {
	ws.onError.set(&ws.eventTarget, "error", typed(fn))
}

// OnClose sets what is called when the connection is closed; nil removes it.
func (ws *WebSocket) OnClose(fn func(*CloseEvent)) {
	ws.onClose.set(&ws.eventTarget, "close", typed(fn))
}

// typed makes a func of any event that calls fn for those of its type: a synthetic one may have any name.
func typed[E Event](fn func(E)) func(Event) {
	if fn == nil {
		return nil
	}
	return func(ev Event) {
		if e, ok := ev.(E); ok {
			fn(e)
		}
	}
}

// AddEventListener has listener called for each event of the type: "open", "message", "error", "close" or any name that the
// program dispatches. See [EventTarget].
func (ws *WebSocket) AddEventListener(typ string, listener func(Event), options ...ListenerOption) (remove func()) {
	return ws.eventTarget.AddEventListener(typ, listener, options...)
}

// DispatchEvent calls the listeners of e's type at once, on the caller's goroutine. See [EventTarget].
func (ws *WebSocket) DispatchEvent(e Event) (notCanceled bool, err error) {
	return ws.eventTarget.DispatchEvent(e)
}

// open puts an engine under a core and makes its handle.
func (d *Dialer) open(c *core, url string, protocols []string) (*WebSocket, error) {
	protocols = append([]string(nil), protocols...) // they are used at Start
	href, err := checkTarget("New", url, protocols)
	if err != nil {
		return nil, err
	}
	c.prepare(d, href)
	if c.conn, err = d.connect(href, protocols, c); err != nil {
		return nil, asException("New", err)
	}
	return c.newHandle("New"), nil
}

// checkSocket refuses what nothing here can honour, and what is for streams alone.
func (d *Dialer) checkSocket(op string) error {
	if err := d.check(op); err != nil {
		return err
	}
	if d.ReadQueueLimit != 0 || d.BrowserStream {
		return exception(op, ErrNotSupported, "ReadQueueLimit or BrowserStream, which are for OpenStream")
	}
	return nil
}

// newCore makes a core that heeds options. The zero core has the defaults.
func (d *Dialer) newCore() *core {
	c := &core{borrows: d.BorrowMessages}
	c.trace = d.Trace.begin()
	if d.MaxBufferedAmount > 0 {
		c.maxBuffered, c.checkFull = d.MaxBufferedAmount, (*core).closeFull
	}
	return c
}

// newHandle makes the handle of a core. by is the func of the API, two calls up, that a reminder names.
func (c *core) newHandle(by string) *WebSocket {
	c.done = make(chan struct{})
	ws := &WebSocket{core: c}
	ws.self, ws.socket = ws, ws
	ws.messages = kind{typ: "message", url: c.url, target: &ws.eventTarget}
	c.remind(by, 4)
	return ws
}

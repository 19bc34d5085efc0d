//go:build js

package js

import (
	"errors"
	"strconv"
	"sync"
	"syscall/js"
	"time"
	"unsafe"
)

// streamConnection is a connection over the browser's own WebSocketStream. The browser holds the peer back while nothing is read.
type streamConnection struct {
	sink      Sink
	tracer    Tracer
	url       string
	protocols []string
	readLimit int64
	wakeup    chan struct{} // holds one: there is something for run

	// set by Start, not changed after
	stream, abort js.Value

	// set when it is open, not changed after
	read, write         js.Value // methods, bound
	onRead, onReadError js.Func
	onWritten           js.Func

	// run's goroutine only
	opened  bool
	reading bool // a read was asked for and has not brought anything
	ended   bool // no message follows
	over    bool

	mu sync.Mutex // never held across a call into JavaScript
	// guarded by mu
	opening, closed, chunk settled // what the browser's promises have brought
	failure                error   // Fail was called
	shut                   bool    // what is sent from now on is dropped
	sizes                  []int   // of the writes that the browser has not accepted, in order
	buffered               uint64
	waiters                chan struct{} // closed when buffered falls; nil if nobody waits
	asked                  int           // calls of the persistent funcs that are to come
	gone                   bool          // with the last of them the funcs are released
	whenWritten            func()        // called when all is written
}

// settled is what a promise has brought.
type settled struct {
	done, failed bool
	value        js.Value
}

var errNoStream = errors.New("websocket: this JavaScript environment has no WebSocketStream (BrowserStream)")

// OpenStream makes a connection over the browser's own stream, which is made when it is started.
func OpenStream(url string, protocols []string, o Options, s Sink) (Conn, error) {
	if !global.Get("WebSocketStream").Truthy() {
		return nil, errNoStream
	}
	if o.ReadLimit == 0 {
		o.ReadLimit = defaultReadLimit
	}
	return &streamConnection{url: url, protocols: protocols, sink: s, tracer: s.Tracer(), readLimit: o.ReadLimit,
		wakeup: make(chan struct{}, 1)}, nil
}

// StepAside makes it a Flow: while the Sink blocks nothing is read, and what is sent goes on by itself.
func (c *streamConnection) StepAside() {}

// Start makes the browser's stream, which begins to connect.
func (c *streamConnection) Start() {
	if err := c.construct(); err != nil {
		c.Fail(err)
	}
	go c.run()
}

// construct may fail for what only a browser knows, such as a page's security policy.
func (c *streamConnection) construct() (err error) {
	defer catch(&err)
	protocols := make([]any, len(c.protocols))
	for i, p := range c.protocols {
		protocols[i] = p
	}
	c.abort = global.Get("AbortController").New()
	c.stream = global.Get("WebSocketStream").New(c.url, map[string]any{"protocols": protocols, "signal": c.abort.Get("signal")})
	c.follow(c.stream.Get("opened"), &c.opening)
	c.follow(c.stream.Get("closed"), &c.closed)
	return nil
}

// follow notes what the promise brings, and wakes run.
func (c *streamConnection) follow(promise js.Value, s *settled) {
	var resolved, rejected js.Func
	note := func(failed bool) func(js.Value) {
		return func(v js.Value) {
			release(resolved)
			release(rejected)
			c.note(s, failed, v)
		}
	}
	resolved, rejected = newFunc(note(false)), newFunc(note(true))
	promise.Call("then", resolved, rejected)
}

func (c *streamConnection) note(s *settled, failed bool, v js.Value) {
	c.mu.Lock()
	*s = settled{true, failed, v}
	c.mu.Unlock()
	c.wake()
}

// run calls the sink. It ends when the connection has.
func (c *streamConnection) run() {
	defer func() {
		if !c.over { // the sink has ended this goroutine
			go c.run()
		}
	}()
	for !c.over {
		if !c.step() {
			<-c.wakeup
		}
	}
}

// step does one thing, and reports whether there was one.
func (c *streamConnection) step() bool {
	c.mu.Lock()
	opening, closed, chunk, failure := c.opening, c.closed, c.chunk, c.failure
	c.mu.Unlock()
	switch {
	case failure != nil:
		c.finish(1006, "", false, failure)
	case opening.failed:
		c.finish(1006, "", false, errFailed)
	case opening.done && !c.opened:
		c.opened = true
		c.attach(opening.value)
		c.sink.Opened(opening.value.Get("protocol").String(), opening.value.Get("extensions").String())
	case c.opened && !c.reading && !c.ended:
		c.readNext()
	case c.reading && chunk.done:
		c.take(chunk)
	case c.ended && closed.done:
		c.conclude(closed)
	default:
		return false
	}
	return true
}

// attach takes the two directions.
func (c *streamConnection) attach(opened js.Value) {
	c.read = bound(opened.Get("readable").Call("getReader"), "read")
	writer := opened.Get("writable").Call("getWriter")
	c.onRead = newFunc(func(v js.Value) { c.note(&c.chunk, false, v); c.came() })
	c.onReadError = newFunc(func(v js.Value) { c.note(&c.chunk, true, v); c.came() })
	c.onWritten = newFunc(func(js.Value) { c.written(); c.came() })
	c.mu.Lock()
	c.write = bound(writer, "write")
	c.mu.Unlock()
}

// ask has one of the persistent funcs called when the promise is settled.
func (c *streamConnection) ask(promise js.Value, resolved, rejected js.Func) {
	c.mu.Lock()
	c.asked++
	c.mu.Unlock()
	promise.Call("then", resolved, rejected)
}

// came notes a call of a persistent func. The last one at the end releases them.
func (c *streamConnection) came() {
	c.mu.Lock()
	c.asked--
	last := c.gone && c.asked == 0
	c.mu.Unlock()
	if last {
		c.releaseAll()
	}
}

func (c *streamConnection) releaseAll() {
	release(c.onRead)
	release(c.onReadError)
	release(c.onWritten)
}

func (c *streamConnection) readNext() {
	c.reading = true
	c.ask(c.read.Invoke(), c.onRead, c.onReadError)
}

// take delivers what a read brought.
func (c *streamConnection) take(chunk settled) {
	c.mu.Lock()
	c.chunk = settled{}
	c.mu.Unlock()
	c.reading = false
	switch {
	case chunk.failed:
		c.ended = true
	case chunk.value.Get("done").Bool():
		c.ended = true
		c.drop()
		c.sink.Closing()
	default:
		c.message(chunk.value.Get("value"))
	}
}

// message delivers a message, which is whole.
func (c *streamConnection) message(data js.Value) {
	if data.Type() != js.TypeString {
		bytes := uint8Array.New(data) // the draft's chunk is a Uint8Array, Chromium's an ArrayBuffer
		if n := int64(bytes.Length()); !c.exceeds(n) {
			tell(c.tracer, false, opBinary, n)
			c.sink.Binary(toGo(bytes))
		}
		return
	}
	if s := data.String(); !c.exceeds(int64(len(s))) {
		tell(c.tracer, false, opText, int64(len(s)))
		c.sink.Text(s)
	}
}

func (c *streamConnection) exceeds(n int64) bool {
	if c.readLimit < 0 || n <= c.readLimit {
		return false
	}
	c.Fail(tooLong(n, c.readLimit))
	return true
}

// conclude is the end as the browser says it.
func (c *streamConnection) conclude(closed settled) {
	code, reason := uint16(1006), ""
	if v := closed.value; v.Type() == js.TypeObject {
		if number := v.Get("closeCode"); number.Type() == js.TypeNumber {
			code = uint16(number.Int())
		}
		if text := v.Get("reason"); text.Type() == js.TypeString {
			reason = text.String()
		}
	}
	if closed.failed {
		c.finish(code, reason, false, errFailed)
	} else {
		c.finish(code, reason, true, nil)
	}
}

// finish is the end.
func (c *streamConnection) finish(code uint16, reason string, clean bool, failure error) {
	c.detach()
	c.over = true
	c.sink.Closed(code, reason, clean, failure)
}

// detach leaves the browser's stream alone, and ends it if it has not ended.
func (c *streamConnection) detach() {
	c.drop()
	c.mu.Lock()
	opening := c.opening
	c.mu.Unlock()
	switch {
	case c.stream.IsUndefined(), opening.failed:
	case opening.done:
		c.closeNow(nil)
	default:
		c.abort.Call("abort")
	}
	c.mu.Lock()
	c.gone = true
	last := c.opened && c.asked == 0
	c.wakeWaiters()
	c.mu.Unlock()
	if last {
		c.releaseAll()
	}
}

// drop has what is sent from now on dropped.
func (c *streamConnection) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shut = true
}

// SetBlobs does nothing: a stream has no binaryType, and the sink is always given bytes.
func (c *streamConnection) SetBlobs(bool) {}

// Closing reports nothing: the end comes as a message does.
func (c *streamConnection) Closing() bool { return false }

// SendText sends a text message.
func (c *streamConnection) SendText(s string) {
	if c.accept(len(s)) {
		c.ask(c.write.Invoke(text(s)), c.onWritten, c.onWritten)
		tell(c.tracer, true, opText, int64(len(s)))
	}
}

// SendBinary sends a binary message.
func (c *streamConnection) SendBinary(b []byte) {
	if c.accept(len(b)) {
		c.ask(c.write.Invoke(toJS(b)), c.onWritten, c.onWritten)
		tell(c.tracer, true, opBinary, int64(len(b)))
	}
}

// Take sends a message, and reports whether the browser took it.
func (c *streamConnection) Take(text bool, p []byte) bool {
	c.mu.Lock()
	took := !c.shut && !c.closed.done
	c.mu.Unlock()
	sendAs(c, text, p)
	return took
}

// Take sends a message, and reports whether the browser took it: its send says nothing. Its state does not change meanwhile.
func (c *connection) Take(text bool, p []byte) bool {
	const open = 1
	took := !c.isDetached() && c.socket.Get("readyState").Int() == open
	sendAs(c, text, p)
	return took
}

func sendAs(c Conn, text bool, p []byte) {
	if text {
		c.SendText(unsafe.String(unsafe.SliceData(p), len(p))) // only read from
	} else {
		c.SendBinary(p)
	}
}

// SendBlob returns an error: the browser's stream would send a Blob as the text "[object Blob]".
func (c *streamConnection) SendBlob(Blob) error {
	return errors.New("websocket: a Blob can't be sent over the browser's WebSocketStream; send its Bytes")
}

// accept counts a message, and reports whether it can be sent.
func (c *streamConnection) accept(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.buffered += uint64(n)
	if c.shut || !c.write.Truthy() {
		return false
	}
	c.sizes = append(c.sizes, n)
	return true
}

// written notes that the browser has accepted a message, or has refused it.
func (c *streamConnection) written() {
	c.mu.Lock()
	c.buffered -= uint64(c.sizes[0])
	c.sizes = c.sizes[1:]
	c.wakeWaiters()
	var then func()
	if len(c.sizes) == 0 {
		then, c.whenWritten = c.whenWritten, nil
	}
	c.mu.Unlock()
	if then != nil {
		then()
	}
}

// wakeWaiters has every Wait look again. Called with mu held.
func (c *streamConnection) wakeWaiters() {
	if c.waiters != nil {
		close(c.waiters)
		c.waiters = nil
	}
}

// Buffered returns the bytes that the browser has not accepted.
func (c *streamConnection) Buffered() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.buffered
}

// Wait waits until Buffered is at most below.
func (c *streamConnection) Wait(done <-chan struct{}, below uint64) error {
	for {
		c.mu.Lock()
		switch {
		case c.buffered <= below:
			c.mu.Unlock()
			return nil
		case c.gone:
			defer c.mu.Unlock()
			return errors.New("websocket: the connection has ended with " + strconv.FormatUint(c.buffered, 10) + " bytes unsent")
		case c.waiters == nil:
			c.waiters = make(chan struct{})
		}
		waiters := c.waiters
		c.mu.Unlock()
		select {
		case <-waiters:
		case <-done:
			return errDone
		}
	}
}

// closeTimeout is how long the closing handshake waits for the browser to take what was sent: what the native engine waits.
const closeTimeout = 60 * time.Second

// Close has the browser begin the closing handshake when it has taken what was sent: its close does not wait for that.
func (c *streamConnection) Close(code uint16, reason string) {
	info := map[string]any{}
	if code != 0 {
		info["closeCode"], info["reason"] = code, text(reason)
	}
	c.mu.Lock()
	c.shut = true
	waits := len(c.sizes) > 0
	if waits {
		timer := time.AfterFunc(closeTimeout, func() { c.closeNow(info) })
		c.whenWritten = func() {
			timer.Stop()
			c.closeNow(info)
		}
	}
	c.mu.Unlock()
	if !waits {
		c.closeNow(info)
	}
}

// closeNow calls the browser's close, which throws what was checked before or means nothing any more.
func (c *streamConnection) closeNow(info map[string]any) {
	var ignored error
	defer catch(&ignored)
	c.stream.Call("close", info)
}

// Fail lets go of the browser's stream, which can't be ended at once; run closes it.
func (c *streamConnection) Fail(why error) {
	c.mu.Lock()
	c.shut = true
	c.failure = why
	c.mu.Unlock()
	c.wake()
}

// wake wakes run. It never waits.
func (c *streamConnection) wake() {
	select {
	case c.wakeup <- struct{}{}:
	default:
	}
}

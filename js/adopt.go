//go:build js

package js

import (
	"errors"
	"sync"
	"sync/atomic"
	"syscall/js"
)

// adopted is a connection over a WebSocket that JavaScript made: the browser's, a class's of the page, or a service's own kind,
// such as half of a pair, which has the methods and may lack url, protocol, bufferedAmount or binaryType. It sets nothing of the
// object's but binaryType, since JavaScript may listen too.
type adopted struct {
	sink      Sink
	tracer    Tracer
	socket    js.Value
	readLimit int64 // negative: none
	borrows   bool
	blobs     atomic.Bool
	wakeup    chan struct{} // holds one: there is something for the pump

	// set by Start
	queue   js.Value // the array of message events that the pump has not taken
	push    js.Value // the queue's method, bound: the listener for messages
	onState js.Func  // the listener for open, error and close
	onWake  js.Func  // called once when the pump is idle and a message comes

	// pump's goroutine only
	over   bool
	batch  js.Value // the events taken from the queue
	length int
	next   int    // the first of batch that is not delivered
	lent   []byte // lent to the sink with each message, if the sink borrows

	delivering atomic.Bool // a task runs

	mu sync.Mutex // never held across a call into JavaScript
	// guarded by mu
	seen     events
	why      error // what the error event said
	failure  error // Fail was called
	opened   bool  // the sink knows that it is open
	started  bool
	detached bool   // the socket is not used any more
	dropped  uint64 // bytes that Buffered counts and the socket does not
}

// events are what the socket has reported besides messages.
type events struct {
	_              [0]func() // nobody compares them, so no program carries code that does
	opened, closed bool
	code           uint16
	reason         string
	clean          bool
}

// The values of readyState.
const (
	connecting = iota
	open
	closing
	closed
)

// Adopt makes a connection of a WebSocket that JavaScript made. Sink.Opened is called only if it opens later.
func Adopt(socket js.Value, o Options, s Sink) (adoption Adoption, err error) {
	defer catch(&err)
	if err := checkSocket(socket); err != nil {
		return Adoption{}, err
	}
	if o.ReadLimit == 0 {
		o.ReadLimit = defaultReadLimit
	}
	c := &adopted{sink: s, tracer: s.Tracer(), socket: socket, readLimit: o.ReadLimit, borrows: o.BorrowMessages,
		wakeup: make(chan struct{}, 1)}
	if stringOf(socket, "binaryType") != "" {
		socket.Set("binaryType", "arraybuffer")
	}
	state := c.state()
	c.opened = state != connecting
	return Adoption{c, state, stringOf(socket, "url"), stringOf(socket, "protocol"), stringOf(socket, "extensions")}, nil
}

// An Adoption is what is known of a WebSocket that JavaScript made.
type Adoption struct {
	Conn                      Conn
	State                     int // its readyState
	URL, Protocol, Extensions string
}

// notASocket is the error for a value that is no WebSocket.
type notASocket struct{ got string }

func (e notASocket) Error() string {
	return "websocket: got " + e.got + ", want a WebSocket"
}

// Syntax makes it a SyntaxError.
func (notASocket) Syntax() {}

// reflectGet is Reflect.get. What a property's getter throws ends the program in js.Value.Get, but not in a call.
func reflectGet(v js.Value, property string) js.Value {
	return global.Get("Reflect").Call("get", v, property)
}

// checkSocket wants what nothing can be done without.
func checkSocket(v js.Value) error {
	if typ := TypeOf(v); typ != "object" {
		return notASocket{"a value of type " + typ}
	}
	missing := ""
	for _, method := range [...]string{"send", "close", "addEventListener", "removeEventListener"} {
		if TypeOf(reflectGet(v, method)) != "function" {
			missing += ", " + method
		}
	}
	if TypeOf(reflectGet(v, "readyState")) != "number" {
		missing += ", readyState"
	}
	if missing != "" {
		return notASocket{"an object without " + missing[2:]}
	}
	return nil
}

// SocketValue returns the WebSocket object under a connection, undefined if there is none or none yet.
func SocketValue(conn Conn) js.Value {
	switch c := conn.(type) {
	case *connection:
		return c.socket
	case *adopted:
		return c.socket
	}
	return js.Undefined()
}

func (c *adopted) state() int { return min(max(numberOf(c.socket, "readyState"), connecting), closed) }

// Start begins to listen. What has happened before can be told by the state alone.
func (c *adopted) Start() {
	state := c.state()
	c.mu.Lock()
	c.started = true
	switch state {
	case open:
		c.seen.opened = true
	case closed:
		c.seen.closed, c.seen.code = true, 1006
		c.why = errors.New("websocket: the socket was closed before Start, and only its event told how")
	}
	c.mu.Unlock()
	c.attach()
	go c.run()
}

var states = [...]string{"open", "error", "close"}

// attach begins to listen. What it adds, detach takes back.
func (c *adopted) attach() {
	c.queue = global.Get("Array").New()
	c.push = bound(c.queue, "push")
	c.socket.Call("addEventListener", "message", c.push)
	c.onState = newFunc(c.note)
	for _, typ := range states {
		c.socket.Call("addEventListener", typ, c.onState)
	}
	c.onWake = newFunc(func(js.Value) { c.wake() })
}

// detach leaves the socket alone, and closes it if it is not.
func (c *adopted) detach() {
	c.letGo()
	c.socket.Call("removeEventListener", "message", c.push)
	c.socket.Call("removeEventListener", "message", c.onWake)
	for _, typ := range states {
		c.socket.Call("removeEventListener", typ, c.onState)
	}
	release(c.onState)
	release(c.onWake)
	c.end()
}

// end closes the socket, whether it likes it or not.
func (c *adopted) end() {
	if c.state() < closing {
		c.call("close")
	}
}

// call calls a method. A service's own kind may throw where a browser's does not.
func (c *adopted) call(method string, args ...any) (err error) {
	defer catch(&err)
	c.socket.Call(method, args...)
	return nil
}

// note notes an event other than a message.
func (c *adopted) note(ev js.Value) {
	switch stringOf(ev, "type") {
	case "open":
		c.see(func() { c.seen.opened = true })
	case "error":
		why := errFailed
		if message := stringOf(ev, "message"); message != "" {
			why = errors.New("websocket: " + message)
		}
		c.see(func() { c.why = why })
	case "close":
		code, reason, clean := uint16(numberOf(ev, "code")), stringOf(ev, "reason"), ev.Get("wasClean").Truthy()
		c.see(func() { c.seen = events{opened: c.seen.opened, closed: true, code: code, reason: reason, clean: clean} })
	}
}

// see changes what is seen, and wakes the pump.
func (c *adopted) see(change func()) {
	c.mu.Lock()
	change()
	c.mu.Unlock()
	c.wake()
}

// wake wakes the pump. It never waits.
func (c *adopted) wake() {
	select {
	case c.wakeup <- struct{}{}:
	default:
	}
}

// run is the pump, which calls the sink. It ends when the connection has.
func (c *adopted) run() {
	c.delivering.Store(false)
	defer func() {
		if !c.over { // a listener has ended this goroutine
			go c.run()
		}
	}()
	for !c.over {
		c.delivering.Store(true)
		delivered := c.step()
		c.delivering.Store(false)
		if !delivered {
			c.socket.Call("addEventListener", "message", c.onWake, map[string]any{"once": true}) // no message can have come since step
			<-c.wakeup
		}
	}
}

// step delivers one thing, and reports whether there was one.
func (c *adopted) step() (delivered bool) {
	c.mu.Lock()
	seen, why, failure, opens := c.seen, c.why, c.failure, c.seen.opened && !c.opened
	c.opened = c.opened || opens
	c.mu.Unlock()
	switch {
	case failure != nil:
		c.finish(1006, "", false, failure)
	case opens:
		c.sink.Opened(stringOf(c.socket, "protocol"), stringOf(c.socket, "extensions"))
	case c.next < c.length || c.refill():
		c.next++
		c.message(c.batch.Index(c.next - 1).Get("data"))
	case seen.closed:
		c.finish(seen.code, seen.reason, seen.clean, why)
	default:
		return false
	}
	return true
}

// refill takes the messages that have come, and reports whether there were any.
func (c *adopted) refill() bool {
	c.batch, c.length, c.next = js.Undefined(), c.queue.Length(), 0
	if c.length > 0 {
		c.batch = c.queue.Call("splice", 0)
	}
	return c.length > 0
}

// finish is the end.
func (c *adopted) finish(code uint16, reason string, clean bool, failure error) {
	c.detach()
	c.over = true
	c.sink.Closed(code, reason, clean, failure)
}

// message delivers one message. A Blob keeps its place: what comes behind it waits until it is read. What is none of a
// message's types is an event that the page made, and passed by.
func (c *adopted) message(data js.Value) {
	switch {
	case TypeOf(data) == "string":
		if s := data.String(); !c.exceeds(int64(len(s))) {
			tell(c.tracer, false, opText, int64(len(s)))
			c.sink.Text(s)
		}
	case isA(data, "Blob"):
		c.blob(data)
	case isA(data, "ArrayBuffer"):
		c.binary(uint8Array.New(data))
	case global.Get("ArrayBuffer").Call("isView", data).Bool():
		c.binary(uint8Array.New(data.Get("buffer"), data.Get("byteOffset"), data.Get("byteLength")))
	}
}

// blob delivers a Blob, which a service sends that does not know "arraybuffer".
func (c *adopted) blob(data js.Value) {
	if c.exceeds(int64(numberOf(data, "size"))) {
		return
	}
	buffer, err := await(data.Call("arrayBuffer"))
	if err != nil {
		c.Fail(err)
		return
	}
	c.binary(uint8Array.New(buffer))
}

func (c *adopted) binary(bytes js.Value) {
	n := int64(bytes.Length())
	if c.exceeds(n) {
		return
	}
	tell(c.tracer, false, opBinary, n)
	if c.blobs.Load() {
		c.sink.Blob(makeBlob(bytes))
	} else {
		c.sink.Binary(c.bytes(bytes))
	}
}

// bytes copies a message to Go, into memory that the next one gets too if the sink borrows.
func (c *adopted) bytes(message js.Value) []byte {
	n := message.Length()
	if !c.borrows || n > mostLent {
		return toGo(message)
	}
	if n > cap(c.lent) {
		c.lent = make([]byte, n)
	}
	js.CopyBytesToGo(c.lent[:n], message)
	return c.lent[:n]
}

// exceeds fails the connection if a message of n bytes is too long.
func (c *adopted) exceeds(n int64) bool {
	if c.readLimit < 0 || n <= c.readLimit {
		return false
	}
	c.Fail(tooLong(n, c.readLimit))
	return true
}

// SetBlobs says whether binary messages are delivered by Sink.Blob.
func (c *adopted) SetBlobs(on bool) { c.blobs.Store(on) }

// SendText sends a text message.
func (c *adopted) SendText(s string) {
	if !c.drop(uint64(len(s))) {
		c.send(opText, int64(len(s)), text(s))
	}
}

// SendBinary sends a binary message.
func (c *adopted) SendBinary(b []byte) {
	if !c.drop(uint64(len(b))) {
		c.send(opBinary, int64(len(b)), toJS(b))
	}
}

// SendBlob sends a Blob without its bytes coming to Go.
func (c *adopted) SendBlob(b Blob) error {
	own, ok := b.(*blob)
	if !ok {
		return errForeignBlob
	}
	if !c.drop(uint64(b.Size())) {
		c.send(opBinary, b.Size(), own.value)
	}
	return nil
}

func (c *adopted) send(opcode uint8, length int64, message any) {
	if err := c.call("send", message); err != nil {
		c.Fail(err)
		return
	}
	tell(c.tracer, true, opcode, length)
}

// drop counts a message of n bytes that comes too late, and reports whether it does. A service's own kind may throw then.
func (c *adopted) drop(n uint64) bool {
	state := c.state()
	c.mu.Lock()
	defer c.mu.Unlock()
	drop := c.detached || state != open
	if drop {
		c.dropped += n
	}
	return drop
}

// Close has the socket begin the closing handshake.
func (c *adopted) Close(code uint16, reason string) {
	var err error
	switch {
	case c.isDetached():
	case code == 0:
		err = c.call("close")
	default:
		err = c.call("close", code, text(reason))
	}
	if err != nil {
		c.Fail(err)
	}
}

// Fail lets go of the socket: the pump closes it or, if there is none yet, this.
func (c *adopted) Fail(why error) {
	c.letGo()
	c.mu.Lock()
	c.failure = why
	started := c.started
	c.mu.Unlock()
	if !started {
		c.end()
	}
	c.wake()
}

// letGo has the socket asked for nothing from now on.
func (c *adopted) letGo() {
	left := c.Buffered()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.detached {
		c.detached, c.dropped = true, left
	}
}

// Closing reports whether the peer has begun to close, of which no event tells.
func (c *adopted) Closing() bool {
	idle := !c.delivering.Load() && c.next == c.length && (c.queue.IsUndefined() || c.queue.Length() == 0)
	return idle && !c.isDetached() && c.state() >= closing
}

// Buffered returns bufferedAmount, or 0 where there is none.
func (c *adopted) Buffered() uint64 {
	detached := c.isDetached()
	var n uint64
	if !detached {
		n = uint64(numberOf(c.socket, "bufferedAmount"))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return n + c.dropped
}

func (c *adopted) isDetached() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.detached
}

// Wait waits until Buffered() is at most below.
func (c *adopted) Wait(done <-chan struct{}, below uint64) error {
	return waitBuffered(done, below, c.Buffered, c.isDetached)
}

// stringOf and numberOf return a property, or the zero value if it is of another type.
func stringOf(object js.Value, name string) string {
	if v := object.Get(name); TypeOf(v) == "string" {
		return v.String()
	}
	return ""
}

func numberOf(object js.Value, name string) int {
	if v := object.Get(name); TypeOf(v) == "number" {
		return v.Int()
	}
	return 0
}

// isA reports whether the value is of the global class, if there is such a class.
func isA(v js.Value, class string) bool {
	c := global.Get(class)
	return c.Truthy() && v.InstanceOf(c)
}

//go:build js

package js

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall/js"
	"time"
	"unsafe"
)

// connection is one connection, from Start to the sink's Closed. pump.go has the goroutine that calls the sink.
type connection struct {
	sink      Sink
	tracer    Tracer // nil, or told what passes
	url       string
	protocols []string
	readLimit int64 // negative: none
	borrows   bool
	blobs     atomic.Bool
	wakeup    chan struct{} // holds one: there is something for the pump
	drained   atomic.Bool   // the module has nothing that the pump has not taken

	browser // set by Start, not changed after

	pump // pump's goroutine only

	// guarded by crossing
	out      outbox
	opened   bool   // the browser's socket is open, which the sink is told
	detached bool   // it is not used any more
	dropped  uint64 // bytes that Buffered counts and the browser does not

	mu sync.Mutex // never held across a call into JavaScript
	// guarded by mu
	failure error // Fail was called
}

// browser is the browser's side.
type browser struct {
	socket    js.Value
	module    *instance // nil if there can't be one
	sendValue js.Value  // the socket's method, bound
	number    int       // that ready is called with
	listeners []js.Value
}

const defaultReadLimit = 64 << 20

var errNoSocket = errors.New("websocket: this JavaScript environment has no WebSocket, or not Go's wasm_exec.js")

// Open makes a connection that the browser opens when it is started.
func Open(url string, protocols []string, o Options, s Sink) (Conn, error) {
	if !there(webSocket) || !there(exported()) {
		return nil, errNoSocket
	}
	if o.ReadLimit == 0 {
		o.ReadLimit = defaultReadLimit
	}
	return &connection{url: url, protocols: protocols, sink: s, tracer: s.Tracer(), readLimit: o.ReadLimit, borrows: o.BorrowMessages,
		wakeup: make(chan struct{}, 1)}, nil
}

// Start makes the browser's socket, which begins to connect.
func (c *connection) Start() {
	if err := c.connect(); err != nil {
		c.Fail(err)
	}
	go c.run()
}

// SetBlobs says whether binary messages are delivered by Sink.Blob.
func (c *connection) SetBlobs(on bool) {
	crossing.Lock()
	deliverBlob = (*connection).blob
	crossing.Unlock()
	c.blobs.Store(on)
}

// deliverBlob is set where blobs are, so that other programs do not carry what makes them.
var deliverBlob func(c *connection, data js.Value)

func (c *connection) blob(data js.Value) { c.sink.Blob(makeBlob(data)) }

// SendText sends a text message.
func (c *connection) SendText(s string) { c.send(opText, unsafe.Slice(unsafe.StringData(s), len(s))) }

// SendBinary sends a binary message.
func (c *connection) SendBinary(b []byte) { c.send(opBinary, b) }

func (c *connection) send(opcode uint8, b []byte) {
	if c.module == nil || len(b) > mostCopied {
		c.pass(opcode, int64(len(b)), toMessage(opcode, b))
		return
	}
	crossing.Lock()
	sent := !c.drop(int64(len(b)))
	if sent {
		c.cross(opcode, b)
	}
	crossing.Unlock()
	if sent {
		tell(c.tracer, true, opcode, int64(len(b)))
	}
}

// pass sends one of the browser's own values, a message of n bytes. To make it may have thrown; sending to an open socket does not.
func (c *connection) pass(opcode uint8, n int64, message any) {
	crossing.Lock()
	sent := !c.drop(n)
	if sent {
		c.out.flush(c.module)
		c.sendValue.Invoke(message)
	}
	crossing.Unlock()
	if sent {
		tell(c.tracer, true, opcode, n)
	}
}

// RFC 6455 5.2.
const (
	opText   = 1
	opBinary = 2
)

// SendBlob sends a Blob without its bytes coming to Go.
func (c *connection) SendBlob(b Blob) error {
	own, ok := b.(*blob)
	if !ok {
		return errForeignBlob
	}
	c.pass(opBinary, own.Size(), own.value)
	return nil
}

var errForeignBlob = errors.New("websocket: a Blob that is not the browser's; send its Bytes")

// drop counts a message of n bytes that comes too early or too late, and reports whether it does. Called with crossing held.
func (c *connection) drop(n int64) bool {
	drop := c.detached || !c.opened
	if drop {
		c.dropped += uint64(n)
	}
	return drop
}

// Close has the browser begin the closing handshake.
func (c *connection) Close(code uint16, reason string) {
	crossing.Lock()
	c.out.flush(c.module)
	switch {
	case c.detached:
	case code == 0:
		c.socket.Call("close")
	default:
		c.socket.Call("close", code, text(reason))
	}
	crossing.Unlock()
}

// Fail lets go of the browser's socket, which can't be ended at once: the pump closes it, and nothing that it does counts any
// more.
func (c *connection) Fail(why error) {
	c.letGo()
	c.mu.Lock()
	c.failure = why
	c.mu.Unlock()
	c.wake()
}

// letGo has the browser's socket asked for nothing from now on.
func (c *connection) letGo() {
	crossing.Lock()
	c.out.flush(c.module)
	if !c.detached {
		c.dropped = c.buffered()
		c.detached = true
	}
	crossing.Unlock()
}

// Closing reports whether the browser has received a Close frame, of which it tells by no event. While anything from before
// is still to be delivered, or a listener runs, it has not for the program.
func (c *connection) Closing() bool {
	const closing = 2
	return !c.isDetached() && !c.delivering.Load() && c.socket.Get("readyState").Int() >= closing && !c.waiting()
}

// Buffered returns the browser's bufferedAmount, and what has not come there.
func (c *connection) Buffered() uint64 {
	crossing.Lock()
	n := c.buffered()
	crossing.Unlock()
	return n
}

func (c *connection) buffered() uint64 {
	n := c.out.bytes + c.dropped
	if !c.detached && !c.socket.IsUndefined() {
		n += uint64(c.socket.Get("bufferedAmount").Float())
	}
	return n
}

func (c *connection) isDetached() bool {
	crossing.Lock()
	detached := c.detached
	crossing.Unlock()
	return detached
}

// Wait waits until Buffered() is at most below.
func (c *connection) Wait(done <-chan struct{}, below uint64) error {
	return waitBuffered(done, below, c.Buffered, c.isDetached)
}

// errDone is what Wait returns when it was to end.
var errDone = errors.New("websocket: nobody waits any more")

// waitBuffered asks again and again: the browser tells of no change.
func waitBuffered(done <-chan struct{}, below uint64, buffered func() uint64, ended func() bool) error {
	const first, most = time.Millisecond, 16 * time.Millisecond
	for pause := first; ; pause = min(2*pause, most) {
		n := buffered()
		switch {
		case n <= below:
			return nil
		case ended():
			return errors.New("websocket: the connection has ended with " + strconv.FormatUint(n, 10) + " bytes unsent")
		}
		select {
		case <-time.After(pause):
		case <-done:
			return errDone
		}
	}
}

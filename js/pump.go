//go:build js

package js

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall/js"
	"time"
)

// What a crossing between Go and JavaScript costs is mostly the calls of Go funcs by the browser: fifty times a copy of some
// bytes. So the browser's onmessage is its own Array.prototype.push, bound to an array, and a Go func is called only to wake
// the pump when it is idle. While messages come fast, that call too is put off by a task, in which more of them arrive.

// pump is the state of the goroutine that calls the sink: the socket's event loop.
type pump struct {
	opened bool
	over   bool
	batch  js.Value // the data of messages taken from the queue
	length int
	next   int // the first of batch that is not delivered

	lent []byte // lent to the sink with each message, if the sink borrows

	delivering atomic.Bool // read by all: a task runs

	woken time.Duration // when the pump was woken last, since start
	taken int           // messages taken since
	soon  soon
}

// fast is the time between two wakes below which more are expected.
const fast = 150 * time.Microsecond

// start is there so that woken need not be a time.Time, whose methods a program would carry: 80 KB of wasm.
var start = time.Now()

// run is the pump. It ends when the connection has.
func (c *connection) run() {
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
			c.wait()
		}
	}
}

// step delivers one thing, and reports whether there was one.
func (c *connection) step() (delivered bool) {
	c.mu.Lock()
	seen, failure := c.seen, c.failure
	c.mu.Unlock()
	switch {
	case failure != nil:
		c.finish(1006, "", false, failure)
	case seen.opened && !c.opened:
		c.opened = true
		c.sink.Opened(c.socket.Get("protocol").String(), c.socket.Get("extensions").String())
	case c.next < c.length || c.refill():
		c.message()
	case seen.closed && seen.failed:
		c.finish(seen.code, seen.reason, seen.clean, errFailed)
	case seen.closed:
		c.finish(seen.code, seen.reason, seen.clean, nil)
	default:
		return false
	}
	return true
}

var errFailed = errors.New("websocket: the connection failed; a browser tells only its console why")

// refill takes the messages that have come, and reports whether there were any.
func (c *connection) refill() bool {
	c.length, c.next = c.queue.Length(), 0
	if c.length == 0 {
		c.batch = js.Undefined()
		return false
	}
	c.sink.Received()
	c.taken += c.length
	c.batch = c.take.Invoke(0)
	if get := messageData(); get.Truthy() {
		c.batch = c.batch.Call("map", get)
	}
	return true
}

// messageData returns the getter of MessageEvent.data as a function of the event, undefined if there is none: one call for all
// events of a batch.
var messageData = sync.OnceValue(func() js.Value {
	class := global.Get("MessageEvent")
	if !class.Truthy() {
		return js.Undefined()
	}
	property := global.Get("Object").Call("getOwnPropertyDescriptor", class.Get("prototype"), "data")
	if !property.Truthy() || !property.Get("get").Truthy() {
		return js.Undefined()
	}
	return global.Get("Function").Get("prototype").Get("call").Call("bind", property.Get("get"))
})

// message delivers one message.
func (c *connection) message() {
	data := c.batch.Index(c.next)
	c.next++
	if !messageData().Truthy() {
		data = data.Get("data")
	}
	if data.Type() == js.TypeString {
		c.text(data)
	} else {
		c.binary(data)
	}
}

// charCodeAt returns a string's code unit at an index, or NaN beyond its end.
var charCodeAt = sync.OnceValue(func() js.Value {
	return bound(global.Get("String").Get("prototype").Get("charCodeAt"), "call")
})

// text delivers a text. UTF-8 has at least a byte for each of JavaScript's code units, and at most three.
func (c *connection) text(data js.Value) {
	if c.readLimit >= 0 && !charCodeAt().Invoke(data, c.readLimit).IsNaN() {
		c.exceeds(c.readLimit + 1)
		return
	}
	if s := data.String(); !c.exceeds(int64(len(s))) {
		c.tellReceived(opText, int64(len(s)))
		c.sink.Text(s)
	}
}

// mostLent is the largest message whose memory is kept for the next.
const mostLent = 1 << 20

func (c *connection) binary(buffer js.Value) {
	bytes := uint8Array.New(buffer)
	n := int64(bytes.Length())
	if c.exceeds(n) {
		return
	}
	c.tellReceived(opBinary, n)
	switch {
	case c.blobs.Load():
		c.sink.Blob(makeBlob(buffer))
	case c.borrows && n <= mostLent:
		if n > int64(cap(c.lent)) {
			c.lent = make([]byte, n)
		}
		b := c.lent[:n]
		js.CopyBytesToGo(b, bytes)
		c.sink.Binary(b)
	default:
		c.sink.Binary(toGo(bytes))
	}
}

// exceeds fails the connection if a message of n bytes is too long.
func (c *connection) exceeds(n int64) bool {
	if c.readLimit < 0 || n <= c.readLimit {
		return false
	}
	c.Fail(tooLong(n, c.readLimit))
	return true
}

func tooLong(n, limit int64) error {
	return quotaError("got a message of at least " + strconv.FormatInt(n, 10) + " bytes, want at most " +
		strconv.FormatInt(limit, 10) + " (ReadLimit)")
}

// quotaError is websocket.ErrQuotaExceeded, which can't be named here.
type quotaError string

func (e quotaError) Error() string { return "websocket: " + string(e) }

// Is knows websocket.ErrQuotaExceeded by its text.
func (e quotaError) Is(target error) bool { return target.Error() == "websocket: QuotaExceededError" }

// wait waits for the next event. No message can slip in between refill and here: the browser's tasks do not run meanwhile.
func (c *connection) wait() {
	if c.socket.Truthy() {
		c.listen()
	}
	<-c.wakeup
	now := time.Since(start)
	c.soon.wanted = c.taken > 1 || now-c.woken < fast
	c.woken, c.taken = now, 0
}

// listen has the pump woken by the next message.
func (c *connection) listen() {
	if c.soon.wanted {
		c.soon.listen(c)
	} else {
		c.listenNow.Invoke()
	}
}

// soon wakes the pump not by the message itself but in a task that the message posts, so that others can come before.
type soon struct {
	wanted bool
	port   js.Value // onWake is called for its messages
	post   js.Value // a listener that posts one
	add    js.Value // adds the listener
}

func (s *soon) listen(c *connection) {
	if s.post.IsUndefined() {
		channel := global.Get("MessageChannel").New()
		s.port = channel.Get("port1")
		s.port.Set("onmessage", c.onWake)
		s.post = bound(channel.Get("port2"), "postMessage", 0)
		s.add = bound(c.socket, "addEventListener", "message", s.post, once)
	}
	s.add.Invoke()
}

var (
	states = [...]string{"open", "error", "close"}
	once   = map[string]any{"once": true}
)

// attach has the browser report. What it sets, detach takes back.
func (c *connection) attach() {
	c.queue = array.New()
	c.take = bound(c.queue, "splice")
	c.socket.Set("onmessage", bound(c.queue, "push"))
	c.onState = newFunc(c.note)
	for _, typ := range states {
		c.socket.Call("addEventListener", typ, c.onState)
	}
	c.onWake = newFunc(func(js.Value) { c.wake() })
	c.listenNow = bound(c.socket, "addEventListener", "message", c.onWake, once)
}

// detach leaves the browser's socket alone, and closes it if it is not.
func (c *connection) detach() {
	c.letGo()
	if c.socket.Truthy() {
		c.socket.Set("onmessage", nil)
		for _, typ := range states {
			c.socket.Call("removeEventListener", typ, c.onState)
		}
		c.socket.Call("removeEventListener", "message", c.onWake)
		if c.soon.post.Truthy() {
			c.socket.Call("removeEventListener", "message", c.soon.post)
			c.soon.port.Call("close")
			c.soon.port.Set("onmessage", nil)
		}
		release(c.onState)
		release(c.onWake)
		c.socket.Call("close")
	}
}

// finish is the end.
func (c *connection) finish(code uint16, reason string, clean bool, failure error) {
	c.detach()
	c.over = true
	c.sink.Closed(code, reason, clean, failure)
}

// note notes an event other than a message.
func (c *connection) note(ev js.Value) {
	c.mu.Lock()
	seen := c.seen
	c.mu.Unlock()
	switch ev.Get("type").String() {
	case "open":
		seen.opened = true
	case "error":
		seen.failed = true
	case "close":
		seen.closed = true
		seen.code = uint16(ev.Get("code").Int())
		seen.reason = ev.Get("reason").String()
		seen.clean = ev.Get("wasClean").Bool()
	}
	c.mu.Lock()
	c.seen = seen
	c.mu.Unlock()
	c.wake()
}

// wake wakes the pump. It never waits.
func (c *connection) wake() {
	select {
	case c.wakeup <- struct{}{}:
	default:
	}
}

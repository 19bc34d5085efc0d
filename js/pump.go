//go:build js

package js

import (
	"errors"
	"strconv"
	"sync/atomic"
	"syscall/js"
)

// What a crossing between Go and JavaScript costs is mostly the calls of Go funcs by the browser and the objects given to Go:
// fifty times a copy of some bytes. So messages go to a module of the browser's own kind of code, which packs all that have come
// into memory for one copy, and a Go func is called only to wake the pump when it is idle. While messages come fast, that call
// too is put off by a task, in which more of them arrive.

// pump is the state of the goroutine that calls the sink: the socket's event loop.
type pump struct {
	over bool
	inbox

	delivering atomic.Bool // read by all: a task runs

	port js.Value // whose messages are tasks that wake the pump; undefined until that is wanted
}

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
			<-c.wakeup
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
		crossing.Lock()
		c.opened = true
		crossing.Unlock()
		c.sink.Opened(c.socket.Get("protocol").String(), c.socket.Get("extensions").String())
		c.rest(false)
	case c.fill():
		c.message()
		c.rest(false)
	case seen.closed:
		c.finish(seen.code, seen.reason, seen.clean, seen.why)
	default:
		return false
	}
	return true
}

var errFailed = errors.New("websocket: the connection failed; a browser tells only its console why")

// exceeds fails the connection if a message of n bytes is too long.
func (c *connection) exceeds(n int64) bool {
	if c.readLimit < 0 || n <= c.readLimit {
		return false
	}
	c.Fail(tooLong(n, c.readLimit))
	return true
}

func tooLong(n, limit int64) error {
	return &quotaError{"got a message of at least " + strconv.FormatInt(n, 10) + " bytes, want at most " +
		strconv.FormatInt(limit, 10) + " (ReadLimit)"}
}

// quotaError is websocket.ErrQuotaExceeded, which can't be named here.
type quotaError struct{ message string }

func (e *quotaError) Error() string { return "websocket: " + e.message }

// Is knows websocket.ErrQuotaExceeded by its text.
func (e *quotaError) Is(target error) bool { return target.Error() == "websocket: QuotaExceededError" }

// openPort has a message wake the pump not by itself but in a task that it posts, so that others can come before.
func (c *connection) openPort() {
	channel := global.Get("MessageChannel").New()
	c.port = channel.Get("port1")
	c.port.Set("onmessage", c.module.exports.Get("wake"))
	c.module.exports.Get("post").Set("value", bound(channel.Get("port2"), "postMessage", 0))
}

var states = [...]string{"open", "error", "close"}

// connect makes the browser's socket, and has it report. It may fail for what only a browser knows, such as a page's security
// policy. What it sets, finish takes back.
func (c *connection) connect() (err error) {
	defer catch(&err)
	protocols := make([]any, len(c.protocols))
	for i, p := range c.protocols {
		protocols[i] = p
	}
	c.socket = webSocket.New(c.url, protocols)
	c.socket.Set("binaryType", "arraybuffer") // also for Blobs, which are made when they are delivered
	c.number = notified.add(c)
	wake := notify.Call("bind", c.number)
	c.onEvent = guarded(wake)
	for _, typ := range states {
		c.socket.Call("addEventListener", typ, c.onEvent)
	}
	onMessage := c.onEvent
	c.sendValue = bound(c.socket, "send")
	if m := shared(); m != nil {
		c.module = m.instantiate(c.sendValue, wake)
		onMessage = c.module.exports.Get("message")
	}
	c.socket.Set("onmessage", onMessage)
	return nil
}

// finish is the end. It leaves the browser's socket alone, and closes it if it is not.
func (c *connection) finish(code uint16, reason string, clean bool, failure error) {
	c.letGo()
	if !c.socket.IsUndefined() {
		c.socket.Set("onmessage", nil)
		for _, typ := range states {
			c.socket.Call("removeEventListener", typ, c.onEvent)
		}
		if !c.port.IsUndefined() {
			c.port.Call("close")
			c.port.Set("onmessage", nil)
		}
		c.clear()
		notified.remove(c.number)
		c.socket.Call("close")
	}
	c.over = true
	c.sink.Closed(code, reason, clean, failure)
}

// note notes an event.
func (c *connection) note(ev js.Value) {
	seen := c.seen // which is changed here alone
	switch ev.Get("type").String() {
	case "message":
		c.receive(ev)
	case "open":
		seen.opened = true
	case "error":
		seen.why = errFailed
	case "close":
		seen.closed = true
		seen.code = uint16(ev.Get("code").Int())
		seen.reason = ev.Get("reason").String()
		seen.clean = ev.Get("wasClean").Bool()
	}
	c.mu.Lock()
	c.seen = seen
	c.mu.Unlock()
}

// wake wakes the pump. It never waits.
func (c *connection) wake() {
	c.drained.Store(false)
	select {
	case c.wakeup <- struct{}{}:
	default:
	}
}

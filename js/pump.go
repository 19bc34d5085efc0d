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
// into memory for one copy, and Go is called only to wake the pump when it is idle. While more than one comes at a time, that call
// too is put off by a task, before which they do.

// pump is the state of the goroutine that calls the sink: the socket's event loop.
type pump struct {
	over bool
	why  error // what Closed is told, if the browser has fired the error event
	inbox

	delivering atomic.Bool // read by all: a task runs

	flagTried bool     // setPost has been called
	port      js.Value // whose messages are tasks that wake the pump; undefined if there is none
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
	failure := c.failure
	c.mu.Unlock()
	switch {
	case failure != nil:
		c.finish(1006, "", false, failure)
	case c.fill():
		c.deliver()
		c.rest(false)
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

// setPost sets what the module needs if a message is to wake the pump not by itself but in a task, before which others can come:
// the first time for the module's flag, if there is one, and then for a port.
func (c *connection) setPost() {
	wake := c.module.exports.Get("wake")
	name, post := "onFlag", wake
	if c.flagTried || c.module.flag.IsNull() {
		channel := global.Get("MessageChannel").New()
		c.port = channel.Get("port1")
		set(c.port, "onmessage", wake)
		name, post = "post", bound(channel.Get("port2"), "postMessage", 0)
	}
	c.flagTried = true
	set(c.module.exports.Get(name), "value", post)
}

// connect makes the browser's socket, and has it report. It may fail for what only a browser knows, such as a page's security
// policy. What it sets, finish takes back.
func (c *connection) connect() (err error) {
	defer catch(&err)
	protocols := make([]any, len(c.protocols))
	for i, p := range c.protocols {
		protocols[i] = p
	}
	c.number = running.add(c)
	c.socket = webSocket.New(c.url, protocols)
	c.socket.Set("binaryType", "arraybuffer") // also for Blobs, which are made when they are delivered
	c.sendValue = bound(c.socket, "send")
	if m := shared(); m != nil {
		c.module = m.instantiate(c.sendValue, c.number)
		c.listeners = []js.Value{c.module.exports.Get("event")}
		set(c.socket, "onmessage", c.module.exports.Get("message"))
	} else {
		c.queue = global.Get("Array").New()
		c.listeners = []js.Value{bound(c.queue, "push"), exported().Call("bind", nil, c.number), bound(program, "_resume")}
	}
	c.listen("addEventListener")
	return nil
}

// listen adds the listeners, or removes them. Those for messages are the module's, if there is one.
func (c *connection) listen(how string) {
	for _, typ := range [...]string{"open", "error", "close", "message"} {
		if typ == "message" && c.module != nil {
			break
		}
		for _, l := range c.listeners {
			c.socket.Call(how, typ, l)
		}
	}
}

// finish is the end. It leaves the browser's socket alone, and closes it if it is not.
func (c *connection) finish(code uint16, reason string, clean bool, failure error) {
	c.letGo()
	running.remove(c.number)
	if !c.socket.IsUndefined() {
		c.socket.Set("onmessage", nil)
		c.listen("removeEventListener")
		if !c.port.IsUndefined() {
			c.port.Call("close")
			c.port.Set("onmessage", nil)
		}
		c.clear()
		c.socket.Call("close")
	}
	c.over = true
	c.sink.Closed(code, reason, clean, failure)
}

// wake wakes the pump. It never waits.
func (c *connection) wake() {
	c.drained.Store(false)
	select {
	case c.wakeup <- struct{}{}:
	default:
	}
}

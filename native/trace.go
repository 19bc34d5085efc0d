package native

import "errors"

// Without a Tracer tracing costs a comparison with nil for each frame. With one, its funcs are called with no lock held.

// apart calls a func of the program's on a goroutine of its own, so that no other is lost if it calls runtime.Goexit.
func apart(call func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		call()
	}()
	<-done
}

// errGoexit is what comes of a func that was to bring a connection and did not return.
var errGoexit = errors.New("websocket: a func of the program's ended its goroutine")

// traceWith has the tracer told from now on. Called before Start.
func (c *connection) traceWith(t Tracer) {
	c.tracer = t
	c.out.traced = true
	c.parser.seen = func(h header) { c.tell(false, h) }
}

func (c *connection) tell(sent bool, h header) {
	c.tracer.Frame(sent, uint8(h.opcode), h.rsv>>4, h.fin, h.length)
}

// tellWritten tells of the frames that were written. Writing goroutine only: what is traced is not written inline.
func (c *connection) tellWritten() {
	for _, h := range c.wrote {
		c.tell(true, h)
	}
	c.wrote = c.wrote[:0]
}

//go:build js

package jsclass

import (
	"strconv"
	"syscall/js"

	"github.com/twinsocket/websocket"
)

// A socket is the Go side of an object. The object sees the state as of the task that told it, which is later than Go does.
type socket struct {
	ws         *websocket.WebSocket // nil when it is closed, as is object: from then on JavaScript may collect it
	object     js.Value
	class      *class
	state      websocket.ReadyState
	url        string
	dropped    uint64 // bufferedAmount when it is closed
	protocol   string
	extensions string
	binaryType string
}

// listen has the events come to the object.
func (s *socket) listen() {
	s.ws.OnOpen(func(websocket.Event) {
		s.task(func() {
			if s.state == websocket.Connecting {
				s.state, s.protocol, s.extensions = websocket.Open, s.ws.Protocol(), s.ws.Extensions()
				s.dispatch("Event", "open", nil)
			}
		})
	})
	s.ws.OnMessage(func(e *websocket.MessageEvent) {
		s.task(func() {
			if s.state == websocket.Open {
				s.dispatch("MessageEvent", "message", map[string]any{"data": s.fromData(e.Data), "origin": e.Origin()})
			}
		})
	})
	failed := false
	s.ws.OnError(func(*websocket.ErrorEvent) { failed = true })
	s.ws.OnClose(func(e *websocket.CloseEvent) { s.task(func() { s.close(e, failed) }) })
}

func (s *socket) task(do func()) { s.class.tasks.run(do) }

// close is WebSockets Standard, 4, "when the WebSocket connection is closed": one task.
func (s *socket) close(e *websocket.CloseEvent, failed bool) {
	s.state = websocket.Closed
	if failed {
		s.dispatch("Event", "error", nil)
	}
	s.dispatch("CloseEvent", "close", map[string]any{"wasClean": e.WasClean, "code": e.Code, "reason": fromString(e.Reason)})
	// Nothing in Go may refer to JavaScript any more: the runtime keeps small things together, so a reference that is used no
	// more can last as long as one that is.
	s.dropped = s.bufferedAmount()
	s.ws, s.object = nil, js.Undefined()
}

func (s *socket) bufferedAmount() uint64 {
	if s.ws == nil {
		return s.dropped
	}
	return s.ws.BufferedAmount()
}

// dispatch fires an event. What listeners throw, the browser reports.
func (s *socket) dispatch(class, typ string, init map[string]any) {
	s.class.dispatch.Invoke(s.object, global.Get(class).New(typ, init))
}

// fromData makes what a MessageEvent has of a message, by the binaryType at this time.
func (s *socket) fromData(d websocket.Data) any {
	if d.IsText() {
		return fromString(d.Text())
	}
	bytes := global.Get("Uint8Array").New(d.Size())
	js.CopyBytesToJS(bytes, d.Bytes())
	if s.binaryType == "blob" {
		return global.Get("Blob").New([]any{bytes})
	}
	return bytes.Get("buffer")
}

// readyState is the object's, but that a peer's Close is told of by no event.
func (s *socket) readyState() websocket.ReadyState {
	if s.state == websocket.Open && s.ws.ReadyState() == websocket.Closing {
		return websocket.Closing
	}
	return s.state
}

// send is the method: WebSockets Standard, 3.1.
func (s *socket) send(args []js.Value) (any, error) {
	if len(args) == 0 {
		return nil, typeError("send: got no argument, want one")
	}
	d, err := toData(args[0])
	switch {
	case err != nil:
		return nil, err
	case s.state == websocket.Connecting:
		return nil, domException("InvalidStateError", "send: still connecting")
	case s.ws == nil:
		s.dropped += uint64(d.Size())
		return nil, nil
	}
	return nil, s.ws.Send(d)
}

// closeMethod is the method: WebSockets Standard, 3.1. In Go no code is 0, which JavaScript may not send.
func (s *socket) closeMethod(args []js.Value) (any, error) {
	code, reason, err := closeArguments(argument(args, 0), argument(args, 1))
	if err == nil && s.ws != nil {
		err = s.ws.Close(code, reason)
	}
	if err == nil {
		s.state = max(s.state, websocket.Closing)
	}
	return nil, err
}

// closeArguments converts both arguments, which may be left out, and then checks them.
func closeArguments(code, reason js.Value) (c uint16, r string, err error) {
	if !code.IsUndefined() {
		c, err = toClamped(code)
	}
	if err == nil && !reason.IsUndefined() {
		r, err = toString(reason)
	}
	switch {
	case err != nil:
		return 0, "", err
	case !code.IsUndefined() && c != 1000 && (c < 3000 || c > 4999):
		return 0, "", domException("InvalidAccessError", "close: got the code "+strconv.Itoa(int(c))+", want 1000 or 3000 to 4999")
	case len(r) > 123:
		return 0, "", domException("SyntaxError", "close: got a reason of "+strconv.Itoa(len(r))+" bytes, want at most 123")
	}
	return c, r, nil
}

// argument returns undefined for one that was left out.
func argument(args []js.Value, i int) js.Value {
	if i < len(args) {
		return args[i]
	}
	return js.Undefined()
}

// setBinaryType ignores what is no value of the enumeration: Web IDL, 3.7.6.
func (s *socket) setBinaryType(v js.Value) error {
	t, err := toString(v)
	if t == "blob" || t == "arraybuffer" {
		s.binaryType = t
	}
	return err
}

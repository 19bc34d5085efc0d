//go:build js

package jsclass

import (
	"syscall/js"

	"github.com/twinsocket/websocket"
)

// A socket is the Go side of an object. The object sees the state as of the task that told it, which is later than Go does.
type socket struct {
	ws         *websocket.WebSocket
	class      *class
	object     js.Value // undefined when it is closed: from then on JavaScript may collect it
	state      websocket.ReadyState
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
				s.dispatch("MessageEvent", "message", map[string]any{"data": s.fromData(e.Data), "origin": e.Origin})
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
	s.object = js.Undefined()
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
	}
	return nil, s.ws.Send(d)
}

// closeMethod is the method: WebSockets Standard, 3.1. In Go no code is 0, which JavaScript may not send.
func (s *socket) closeMethod(args []js.Value) (any, error) {
	var code uint16
	var reason string
	var err error
	given := argument(args, 0)
	if !given.IsUndefined() {
		if code, err = toClamped(given); err != nil {
			return nil, err
		}
	}
	if text := argument(args, 1); !text.IsUndefined() {
		if reason, err = toString(text); err != nil {
			return nil, err
		}
	}
	if code == 0 && !given.IsUndefined() {
		return nil, domException("InvalidAccessError", "close: got the code 0, want 1000 or 3000 to 4999")
	}
	if err := s.ws.Close(code, reason); err != nil {
		return nil, err
	}
	s.state = max(s.state, websocket.Closing)
	return nil, nil
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

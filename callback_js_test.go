//go:build js

package websocket_test

import (
	"syscall/js"
	"testing"

	"github.com/twinsocket/websocket"
)

// Nothing that returns at once may wait in a callback of the browser's: that would stop the whole program.
func TestCallsInACallbackOfTheBrowsers(t *testing.T) {
	later := func(do func()) {
		var f js.Func
		f = js.FuncOf(func(js.Value, []js.Value) any {
			f.Release()
			do()
			return nil
		})
		js.Global().Call("setTimeout", f, 0)
	}
	s := newSocket(t, nil, server()+"/echo")
	s.on = does{
		"open": func(s *socket) {
			later(func() {
				must(t, s.Send(websocket.Text("from a callback")))
				must(t, s.Send(websocket.Binary([]byte{1})))
				s.note(s.ReadyState().String())
			})
		},
		"binary:01": func(s *socket) { later(func() { must(t, s.Close(3000, "from a callback")) }) },
	}
	later(s.Start)
	s.wait()
	if got := s.run(); got != "open/1 OPEN text:from a callback/1 binary:01/1 close:3000:from a callback:true/3" {
		t.Errorf("got %s", got)
	}
}

package reconnect_test

import (
	"syscall/js"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/reconnect"
)

// In a js.FuncOf nothing may wait. A page calls these there: for a click, or when the network is back.
func TestCallsInACallback(t *testing.T) {
	address, _ := peerURL(t, "/close?code=1012&times=1")
	s, err := (&reconnect.Dialer{Backoff: reconnect.Backoff{First: time.Hour, Most: time.Hour}}).New(address)
	if err != nil {
		t.Fatal(err)
	}
	inCallback := func(call func()) {
		var f js.Func
		f = js.FuncOf(func(js.Value, []js.Value) any {
			call()
			f.Release()
			return nil
		})
		js.Global().Call("setTimeout", f, 0)
	}
	s.OnReconnecting(func(*reconnect.ReconnectingEvent) {
		inCallback(func() {
			must(t, s.Send(websocket.Text("hello")))
			s.RetryNow()
		})
	})
	s.OnMessage(func(*websocket.MessageEvent) { inCallback(func() { must(t, s.Close(1000, "")) }) })
	inCallback(s.Start)
	must(t, s.Run(t.Context()))
}

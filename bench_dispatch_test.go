package websocket_test

import (
	"testing"

	"github.com/twinsocket/websocket"
)

// What an event costs from the engine's call to the listener's, without any input or output.
func BenchmarkMessageEvent(b *testing.B) {
	var sink websocket.Sink
	d := &websocket.Dialer{Engine: func(_ string, _ []string, s websocket.Sink) (websocket.Conn, error) {
		sink = s
		return new(fakeConn), nil
	}}
	ws, err := d.New("ws://h/")
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	ws.OnMessage(func(e *websocket.MessageEvent) { n += len(e.Data.Bytes()) })
	ws.Start()
	sink.Opened("", "")
	message := make([]byte, 16)
	b.ReportAllocs()
	for b.Loop() {
		sink.Binary(message)
	}
	sink.Closed(1000, "", true, nil)
	if n == 0 {
		b.Error("no message was delivered")
	}
}

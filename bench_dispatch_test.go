package websocket

import "testing"

// noConn is a connection with no network.
type noConn struct{ Conn }

func (noConn) Start() {}

// What an event costs from the engine's call to the listener's, without any input or output.
func BenchmarkMessageEvent(b *testing.B) {
	for _, mode := range []struct {
		name    string
		borrows bool
	}{{"fresh", false}, {"borrowed", true}} {
		b.Run(mode.name, func(b *testing.B) {
			d := &Dialer{Engine: func(string, []string, Sink) (Conn, error) { return noConn{}, nil }}
			ws, err := d.New("ws://h/")
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			ws.OnMessage(func(e *MessageEvent) { n += len(e.Data.Bytes()) })
			ws.Start()
			var sink Sink = ws.core
			ws.core.borrows = mode.borrows
			sink.Opened("", "")
			const together = 32
			message := make([]byte, 16)
			b.ReportAllocs()
			for b.Loop() {
				sink.Received(0)
				for range together {
					sink.Binary(message)
				}
			}
			sink.Closed(1000, "", true, nil)
			if n == 0 {
				b.Error("no message was delivered")
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*together), "ns/message")
		})
	}
}

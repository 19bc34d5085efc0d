package websocket_test

import (
	"testing"

	"github.com/twinsocket/websocket"
)

// What a message costs from the engine's call to the end of Read, without any input or output.
func BenchmarkStreamRead(b *testing.B) {
	f := new(fakeConn)
	f.started = func() { f.Opened("", "") }
	d := &websocket.Dialer{Engine: func(_ string, _ []string, s websocket.Sink) (websocket.Conn, error) {
		f.Sink = s
		return f, nil
	}}
	s, err := d.OpenStream(b.Context(), "ws://h/")
	if err != nil {
		b.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		message := make([]byte, 16)
		for {
			select {
			case <-stop:
				f.Closed(1000, "", true, nil)
				return
			default:
				for range 100 {
					f.Binary(message)
				}
			}
		}
	}()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Read(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	close(stop)
	s.Close(1000, "")
	<-stopped
}

// A message to the peer and back.
func BenchmarkStreamPingPong(b *testing.B) {
	s, err := websocket.OpenStream(b.Context(), server()+"/echo")
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close(1000, "")
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Write(b.Context(), websocket.Text("ping")); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Read(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// The same by events.
func BenchmarkEventPingPong(b *testing.B) {
	ws, err := websocket.New(server() + "/echo")
	if err != nil {
		b.Fatal(err)
	}
	came := make(chan struct{}, 1)
	ws.OnOpen(func(websocket.Event) { came <- struct{}{} })
	ws.OnMessage(func(*websocket.MessageEvent) { came <- struct{}{} })
	ws.Start()
	<-came
	b.ReportAllocs()
	for b.Loop() {
		ws.Send(websocket.Text("ping"))
		<-came
	}
	ws.Close(1000, "")
	<-ws.Done()
}

// Messages that leave as fast as they are accepted.
func BenchmarkStreamWrite(b *testing.B) {
	s, err := websocket.OpenStream(b.Context(), server()+raw("hold"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close(1000, "")
	message := make([]byte, 1<<10)
	b.SetBytes(1 << 10)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Write(b.Context(), websocket.Binary(message)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStreamReceive(b *testing.B) {
	s, err := websocket.OpenStream(b.Context(), server()+"/send?type=binary&n=100000000&size=1024")
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close(1000, "")
	b.SetBytes(1 << 10)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Read(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

package websocket_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

// What Ping says in each state. A browser shows pings to nobody.
func TestPing(t *testing.T) {
	want := func(op string, err, native error) {
		t.Helper()
		if browser {
			native = websocket.ErrNotSupported
		}
		if !errors.Is(err, native) {
			t.Errorf("%s: got %v, want %v", op, err, native)
		}
	}
	s := newSocket(t, nil, server()+"/echo")
	_, err := s.Ping(t.Context())
	want("before Start", err, websocket.ErrInvalidState)
	s.on = does{"open": func(s *socket) {
		took, err := s.Ping(t.Context())
		want("open", err, nil)
		if !browser && took <= 0 {
			t.Errorf("it took %v", took)
		}
		_, err = s.Ping(nil)
		want("no context", err, nil)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = s.Ping(gone)
		want("a context that has ended", err, context.Canceled)
		must(t, s.Close(1000, ""))
		_, err = s.Ping(t.Context())
		want("closing", err, websocket.ErrInvalidState)
	}}
	s.run()
	_, err = s.Ping(t.Context())
	want("closed", err, websocket.ErrInvalidState)

	stream, err := websocket.OpenStream(t.Context(), server()+"/echo")
	if err != nil {
		t.Fatal(err)
	}
	_, err = stream.Ping(t.Context())
	want("a stream", err, nil)
	stream.Close(1000, "")
	stream.Closed(t.Context())
	_, err = new(websocket.WebSocketStream).Ping(t.Context())
	if !errors.Is(err, websocket.ErrInvalidState) {
		t.Errorf("a zero stream: got %v", err)
	}
}

// A server that answers nothing is found dead.
func TestKeepalive(t *testing.T) {
	const soon = 20 * time.Millisecond
	d := &websocket.Dialer{Options: websocket.Options{PingInterval: soon, PongTimeout: soon}}
	if browser {
		if _, err := d.New(server() + "/raw?do=mute"); !errors.Is(err, websocket.ErrNotSupported) {
			t.Errorf("got %v, want ErrNotSupported", err)
		}
		return
	}
	s := newSocket(t, d, server()+"/raw?do=mute")
	if got := s.run(); got != "open/1 error/3 close:1006::false/3" || !errors.Is(s.failure, context.DeadlineExceeded) {
		t.Errorf("got %s, %v", got, s.failure)
	}
}

package websocket_test

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"testing"

	gorilla "github.com/gorilla/websocket"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/native"
)

// pipeServer serves one gorilla connection at the far end of a pipe, which takes the place of TCP on every target.
func pipeServer(t *testing.T, serve func(*gorilla.Conn, *http.Request)) net.Conn {
	near, far := net.Pipe()
	served := make(chan struct{})
	go func() {
		defer close(served)
		defer far.Close()
		in := bufio.NewReader(far)
		r, err := http.ReadRequest(in)
		if err != nil {
			t.Error(err)
			return
		}
		u := gorilla.Upgrader{Subprotocols: []string{"b"}, CheckOrigin: func(*http.Request) bool { return true }}
		conn, err := u.Upgrade(hijacker{far, in}, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		serve(conn, r)
	}()
	t.Cleanup(func() { <-served })
	return near
}

// hijacker gives gorilla the pipe.
type hijacker struct {
	conn net.Conn
	in   *bufio.Reader
}

func (h hijacker) Header() http.Header         { return http.Header{} }
func (h hijacker) Write(b []byte) (int, error) { return h.conn.Write(b) }
func (h hijacker) WriteHeader(int)             {}
func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(h.in, bufio.NewWriter(h.conn)), nil
}

// The project's own engine carries a connection over anything, in a browser too.
func TestOver(t *testing.T) {
	var request *http.Request
	carrier := pipeServer(t, func(conn *gorilla.Conn, r *http.Request) {
		request = r
		for {
			kind, data, err := conn.ReadMessage()
			if err != nil {
				return
			}
			if err := conn.WriteMessage(kind, data); err != nil {
				t.Error(err)
			}
		}
	})
	long := strings.Repeat("é", 100000)
	d := &websocket.Dialer{Engine: native.Config{Origin: "https://here", Header: map[string][]string{"X-Mine": {"1"}}}.Over(carrier)}
	row{url: "wss://somewhere.example/path?q", dialer: d, protocols: []string{"a", "b"}, on: does{
		"open":           also(notes(func(s *socket) any { return s.Protocol() }), send("héllo", long)),
		"message#200000": closes(3000, ""),
	}, want: "open/1 b text:héllo/1 message#200000/1 close:3000::true/3"}.run(t)
	if request.Host != "somewhere.example" || request.URL.String() != "/path?q" || request.Header.Get("Origin") != "https://here" ||
		request.Header.Get("X-Mine") != "1" {
		t.Errorf("the peer got %v %v %v", request.Host, request.URL, request.Header)
	}
}

func TestOverABrokenCarrier(t *testing.T) {
	near, far := net.Pipe()
	far.Close()
	row{url: "ws://h/", dialer: &websocket.Dialer{Engine: native.Over(near)}, want: failed}.run(t)
}

func TestOverRefusesHeadersOfTheHandshake(t *testing.T) {
	for _, header := range []map[string][]string{
		{"Sec-WebSocket-Key": {"x"}}, {"connection": {"close"}}, {"X": {"a\r\nB: c"}}, {"A B": {"x"}},
	} {
		near, _ := net.Pipe()
		_, err := (&websocket.Dialer{Engine: native.Config{Header: header}.Over(near)}).New("ws://h/")
		if err == nil {
			t.Errorf("%v was taken", header)
		}
	}
}

// A message that is sent while a listener runs leaves with the others.
func TestOverBlobs(t *testing.T) {
	carrier := pipeServer(t, func(conn *gorilla.Conn, _ *http.Request) {
		conn.WriteMessage(gorilla.BinaryMessage, []byte{1, 2})
		conn.ReadMessage()
	})
	row{url: "ws://h/", dialer: &websocket.Dialer{Engine: native.Over(carrier)}, before: func(s *socket) {
		s.SetBinaryType(websocket.BlobType)
		s.OnMessage(func(e *websocket.MessageEvent) {
			must(t, s.Send(e.Data)) // a Blob that this engine made
			closes(1000, "")(s)
		})
	}, want: "open/1 blob:2/1 error/3 close:1006::false/3"}.run(t)
}

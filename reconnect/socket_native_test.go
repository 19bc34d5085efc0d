//go:build !js

package reconnect_test

import (
	"bytes"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/native"
	"github.com/twinsocket/websocket/reconnect"
)

// house is a server that dies, with its connections and its port, and is started again at the same address.
type house struct {
	t       *testing.T
	address string
	server  *http.Server

	mu    sync.Mutex
	conns []*gorilla.Conn // guarded by mu
}

func (h *house) open() {
	h.t.Helper()
	listener, err := net.Listen("tcp", h.address)
	if err != nil {
		h.t.Fatal(err)
	}
	h.address = listener.Addr().String()
	h.server = &http.Server{Handler: http.HandlerFunc(h.echo)}
	go h.server.Serve(listener)
}

func (h *house) echo(w http.ResponseWriter, r *http.Request) {
	conn, err := new(gorilla.Upgrader).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	h.mu.Lock()
	h.conns = append(h.conns, conn)
	h.mu.Unlock()
	for {
		kind, message, err := conn.ReadMessage()
		if err != nil || conn.WriteMessage(kind, message) != nil {
			return
		}
	}
}

func (h *house) die() {
	h.server.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, conn := range h.conns {
		conn.Close()
	}
	h.conns = nil
}

func TestAServerThatDiesAndIsStartedAgain(t *testing.T) {
	h := &house{t: t, address: "127.0.0.1:0"}
	h.open()
	defer func() { h.die() }()
	d := reconnect.Dialer{
		Backoff: impatient,
		Subscribe: func(ws *websocket.WebSocket, first bool) {
			ws.Send(websocket.Text(map[bool]string{true: "first", false: "again"}[first]))
		},
	}
	s, err := d.New("ws://" + h.address)
	if err != nil {
		t.Fatal(err)
	}
	var refused *net.OpError
	s.OnReconnecting(func(e *reconnect.ReconnectingEvent) {
		switch {
		case e.Attempt == 1:
			must(t, s.Send(websocket.Text("queued")))
		case e.Attempt == 3:
			if !errors.As(e.Err, &refused) {
				t.Errorf("got %v, want a refused connection", e.Err)
			}
			h.open()
		}
	})
	got := ""
	s.OnMessage(func(e *websocket.MessageEvent) {
		got += e.Data.Text() + " "
		switch e.Data.Text() {
		case "first":
			h.die()
		case "queued":
			s.Close(1000, "")
		}
	})
	must(t, s.Run(t.Context()))
	if got != "first again queued " || refused == nil {
		t.Errorf("got %s and the refusal %v", got, refused)
	}
}

// Natively a policy can be told what a browser keeps to itself.
func TestAPolicySeesTheStatusOfARefusal(t *testing.T) {
	address, _ := peerURL(t, "/status?code=401")
	d := reconnect.Dialer{Policy: func(l reconnect.Loss) (time.Duration, bool) {
		var refused *native.HandshakeError
		return 0, !errors.As(l.Err, &refused) || refused.Status != 401
	}}
	s, err := d.New(address)
	if err != nil {
		t.Fatal(err)
	}
	var refused *native.HandshakeError
	if err := s.Run(t.Context()); !errors.As(err, &refused) || refused.Status != 401 {
		t.Errorf("got %v, want the refusal with 401", err)
	}
}

func TestASocketThatIsNotStartedIsReportedOnce(t *testing.T) {
	var said bytes.Buffer
	log.SetOutput(&said)
	defer log.SetOutput(os.Stderr)
	synctest.Test(t, func(t *testing.T) {
		for _, then := range []func(*reconnect.Socket){
			func(*reconnect.Socket) {},
			func(s *reconnect.Socket) { s.Close(0, "") },
			func(s *reconnect.Socket) { s.Close(0, ""); s.Start() },
		} {
			s, err := reconnect.New("ws://h")
			must(t, err)
			then(s)
		}
		time.Sleep(time.Minute)
	})
	onStage(t, reconnect.Dialer{}, func(s *stage) {
		s.Start()
		s.next()
		time.Sleep(time.Minute)
	})
	if strings.Count(said.String(), "was not followed by Start or Run") != 1 {
		t.Errorf("got %q, want one line", said.String())
	}
}

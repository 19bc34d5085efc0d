package reconnect_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/reconnect"
)

// peerURL is the peer's URL for a path, with an id of its own.
func peerURL(t *testing.T, path string) (address, id string) {
	id = strings.ReplaceAll(t.Name(), "/", ".") + "-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	return os.Getenv("TESTSERVER_WS") + path + "&id=" + url.QueryEscape(id), id
}

// recorded returns what the peer got on the connections with the id, in one line, when they have ended. Who ended TCP is left
// out: that is noted at any time, also when the next connection has come.
func recorded(t *testing.T, id string) (record string) {
	t.Helper()
	ws, err := websocket.New(os.Getenv("TESTSERVER_WS") + "/recorded?id=" + url.QueryEscape(id))
	if err != nil {
		t.Fatal(err)
	}
	ws.OnMessage(func(e *websocket.MessageEvent) { record = e.Data.Text() })
	must(t, ws.Run(t.Context()))
	return strings.Join(slices.DeleteFunc(strings.Split(record, "\n"), func(line string) bool {
		return line == "server" || line == "fin" || line == "reset"
	}), " ")
}

// impatient waits for hardly anything.
var impatient = reconnect.Backoff{First: time.Millisecond, Most: 5 * time.Millisecond}

// A server that refuses, drops or dismisses a client so many times, and then is well.
func TestAServerThatComesBack(t *testing.T) {
	for _, c := range []struct{ name, path, want, record string }{
		{"refused", "/status?code=503&times=2",
			"connecting:0 close:1006 reconnecting:1 connecting:1 close:1006 reconnecting:2 connecting:2 open text:now close:1000 end",
			"request request request text:hello text:now close:1000:"},
		{"refused with 404", "/status?code=404&times=1", "connecting:0 close:1006 reconnecting:1 connecting:1 open text:now close:1000 end",
			"request request text:hello text:now close:1000:"},
		{"restarted", "/close?code=1012&after=message&times=2",
			"connecting:0 open close:1012 reconnecting:1 connecting:1 open close:1012 reconnecting:1 connecting:1 open text:now close:1000 end",
			"request text:hello close:1012: request text:hello close:1012: request text:hello text:now close:1000:"},
		{"reset", "/raw?do=expect:message&do=text:m&do=expect:text:got&do=rst&times=1",
			"connecting:0 open text:m close:1006 reconnecting:1 connecting:1 open text:now close:1000 end",
			"request text:hello text:got request text:hello text:now close:1000:"},
		{"told what it does is wrong", "/close?code=1008&times=1", "connecting:0 open close:1008 end", "request close:1008:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			address, id := peerURL(t, c.path)
			d := reconnect.Dialer{Backoff: impatient, Stable: -1}
			if !strings.Contains(c.path, "code=1008") {
				d.Subscribe = func(ws *websocket.WebSocket, _ bool) { ws.Send(websocket.Text("hello")) }
			}
			s, err := d.New(address)
			if err != nil {
				t.Fatal(err)
			}
			var trace []string
			note := func(format string, args ...any) { trace = append(trace, fmt.Sprintf(format, args...)) }
			s.OnConnecting(func(e *reconnect.ConnectingEvent) { note("connecting:%d", e.Attempt) })
			s.OnOpen(func(websocket.Event) { note("open") })
			s.OnMessage(func(e *websocket.MessageEvent) {
				switch text := e.Data.Text(); text {
				case "hello": // the echo: the server is well
					s.Send(websocket.Text("now"))
				case "m":
					note("text:m")
					s.Send(websocket.Text("got"))
				default:
					note("text:%s", text)
					s.Close(1000, "")
				}
			})
			s.OnClose(func(e *websocket.CloseEvent) { note("close:%d", e.Code) })
			s.OnReconnecting(func(e *reconnect.ReconnectingEvent) { note("reconnecting:%d", e.Attempt) })
			s.OnEnd(func(*reconnect.EndEvent) { note("end") })
			must(t, s.Run(t.Context()))
			if got := strings.Join(trace, " "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if got := recorded(t, id); got != c.record {
				t.Errorf("the peer got %s\nwant         %s", got, c.record)
			}
		})
	}
}

// What is sent while there is no connection arrives, once and in order.
func TestTheQueueArrivesInOrder(t *testing.T) {
	address, id := peerURL(t, "/close?code=1012&times=1")
	s, err := (&reconnect.Dialer{Backoff: impatient}).New(address)
	if err != nil {
		t.Fatal(err)
	}
	s.OnReconnecting(func(*reconnect.ReconnectingEvent) {
		for i := range 20 {
			must(t, s.Send(websocket.Text(strconv.Itoa(i))))
		}
	})
	got, want := "", ""
	for i := range 20 {
		want += " text:" + strconv.Itoa(i)
	}
	s.OnMessage(func(e *websocket.MessageEvent) {
		got += " text:" + e.Data.Text()
		if e.Data.Text() == "19" {
			s.Close(1000, "")
		}
	})
	must(t, s.Run(t.Context()))
	if got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
	if got, want := recorded(t, id), "request close:1012: request"+want+" close:1000:"; got != want {
		t.Errorf("the peer got %s\nwant         %s", got, want)
	}
}

// A listener of one connection may have it deliver Blobs, and read what it has agreed to.
func TestTheConnectingEventHasTheWebSocket(t *testing.T) {
	address, _ := peerURL(t, "/send?binary=0102")
	s, err := reconnect.New(address, "a")
	if err != nil {
		t.Fatal(err)
	}
	s.OnConnecting(func(e *reconnect.ConnectingEvent) { e.WebSocket.SetBinaryType(websocket.BlobType) })
	s.OnMessage(func(e *websocket.MessageEvent) {
		if e.Data.Blob() == nil || s.WebSocket().Protocol() != "a" {
			t.Errorf("got %v and the subprotocol %q, want a Blob and a", e.Data, s.WebSocket().Protocol())
		}
		s.Close(1000, "")
	})
	must(t, s.Run(t.Context()))
}

// Everything at once, over a server that dismisses every client at its first message: no Send is refused before Close, and after
// it the socket ends.
func TestEverythingAtOnce(t *testing.T) {
	address, _ := peerURL(t, "/close?code=1012&after=message")
	s, err := (&reconnect.Dialer{Backoff: impatient, QueueMessages: -1}).New(address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	for range 4 {
		for _, call := range []func(){
			func() { must(t, s.Send(websocket.Text("m"))) },
			s.RetryNow,
			func() { s.BufferedAmount() },
			func() { s.ReadyState() },
			func() { s.WebSocket() },
			func() { s.AddEventListener("message", func(websocket.Event) {})() },
			func() { s.OnOpen(func(websocket.Event) {}) },
			s.Start,
		} {
			callers.Go(func() {
				for ctx.Err() == nil {
					call()
					time.Sleep(time.Millisecond)
				}
			})
		}
	}
	closes := 0
	s.OnClose(func(e *websocket.CloseEvent) {
		if closes++; closes == 20 {
			cancel()
		}
	})
	callersGone := make(chan struct{})
	go func() {
		callers.Wait()
		for range 8 {
			go s.Close(1000, "")
		}
		close(callersGone)
	}()
	if err := s.Run(t.Context()); err != nil {
		var ended *websocket.WebSocketError
		if !errors.As(err, &ended) {
			t.Error(err)
		}
	}
	<-callersGone
	if s.ReadyState() != websocket.Closed || closes < 20 {
		t.Errorf("got %v after %d closes", s.ReadyState(), closes)
	}
}

package websocket_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

var ids atomic.Int64

// newID makes a name for connections that the peer is asked about.
func newID(t *testing.T) string {
	return strings.NewReplacer("/", ".", "#", ".").Replace(t.Name()) + "-" + strconv.FormatInt(time.Now().UnixNano(), 36) + strconv.FormatInt(ids.Add(1), 36)
}

// collect runs the garbage collector until the channel is closed.
func collect(t *testing.T, until <-chan struct{}) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		runtime.GC()
		select {
		case <-until:
			return
		case <-deadline:
			t.Fatal("still not collected")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// wantCollected collects garbage until the connection with the id has ended, and wants the peer to have got that on it.
func wantCollected(t *testing.T, id, want string) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if got := recorded(t, id); got != want {
			t.Errorf("the peer got %q, want %q", got, want)
		}
	}()
	collect(t, ended)
}

// A socket that nobody refers to and nobody listens to is closed without a code: WebSockets Standard, 5.
func TestUnreachableSocketIsClosed(t *testing.T) {
	id := newID(t)
	opened := make(chan struct{})
	func() {
		ws, err := websocket.New(server() + "/echo?id=" + id)
		if err != nil {
			t.Fatal(err)
		}
		ws.AddEventListener("open", func(websocket.Event) { close(opened) }, websocket.Once)
		ws.Start()
	}()
	<-opened
	wantCollected(t, id, "request close: server") // without a code
}

// Listeners for what has been, for other events and such as are gone do not keep a socket.
func TestListenersThatKeepNothing(t *testing.T) {
	nobody := func(ws *websocket.WebSocket) { ws.OnMessage(nil); ws.OnClose(nil); ws.OnError(nil) }
	for _, c := range []struct {
		name   string
		before func(ws *websocket.WebSocket)
		opened func(ws *websocket.WebSocket) // when it is open
	}{
		{"the open slot alone", func(ws *websocket.WebSocket) { ws.OnOpen(func(websocket.Event) {}) }, func(*websocket.WebSocket) {}},
		{"an open listener alone", func(ws *websocket.WebSocket) { ws.AddEventListener("open", func(websocket.Event) { _ = ws }) },
			func(*websocket.WebSocket) {}},
		{"a listener for events of the program's", func(ws *websocket.WebSocket) { ws.AddEventListener("mine", func(websocket.Event) { _ = ws }) },
			func(ws *websocket.WebSocket) { dispatch(t, ws, plain("mine")) }},
		{"a listener that was removed", func(*websocket.WebSocket) {}, func(ws *websocket.WebSocket) {
			ws.AddEventListener("message", func(websocket.Event) {})()
		}},
		{"a once listener that was called", func(ws *websocket.WebSocket) {
			ws.AddEventListener("message", func(websocket.Event) {}, websocket.Once)
		}, func(ws *websocket.WebSocket) {
			dispatch(t, ws, websocket.NewMessageEvent("message", websocket.MessageEventInit{}))
		}},
		{"slots set to nil", func(ws *websocket.WebSocket) {
			ws.OnMessage(func(*websocket.MessageEvent) {})
			ws.OnError(func(*websocket.ErrorEvent) {})
			ws.OnClose(func(*websocket.CloseEvent) {})
		}, nobody},
		{"slots set to nil, though they were never set", func(*websocket.WebSocket) {}, nobody},
		{"a listener whose signal ended before", func(ws *websocket.WebSocket) {
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			ws.AddEventListener("message", func(websocket.Event) {}, websocket.Signal(ended))
		}, func(*websocket.WebSocket) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := newID(t)
			opened := make(chan struct{})
			func() {
				ws, err := websocket.New(server() + "/echo?id=" + url.QueryEscape(id))
				if err != nil {
					t.Fatal(err)
				}
				c.before(ws)
				ws.AddEventListener("open", func(websocket.Event) {
					c.opened(ws)
					close(opened)
				}, websocket.Once)
				ws.Start()
			}()
			<-opened
			wantCollected(t, id, "request close: server")
		})
	}
}

// Nor does the event that borrowed messages share.
func TestBorrowedMessageKeepsNothing(t *testing.T) {
	id := newID(t)
	got := make(chan struct{})
	func() {
		d := websocket.Dialer{Options: websocket.Options{BorrowMessages: true}}
		ws, err := d.New(server() + "/echo?id=" + id)
		if err != nil {
			t.Fatal(err)
		}
		ws.AddEventListener("open", func(websocket.Event) { ws.Send(websocket.Text("hello")) }, websocket.Once)
		ws.AddEventListener("message", func(websocket.Event) { close(got) }, websocket.Once)
		ws.Start()
	}()
	<-got
	wantCollected(t, id, "request text:hello close: server")
}

// While it connects, a listener for the open event keeps a socket, until the event has come.
func TestOpenListenerKeepsASocketThatConnects(t *testing.T) {
	id := newID(t)
	opened := make(chan struct{})
	func() {
		ws, err := websocket.New(server() + raw("delay=200", "expect:close", "answer", "end") + "&id=" + id)
		if err != nil {
			t.Fatal(err)
		}
		ws.OnOpen(func(websocket.Event) { close(opened) })
		ws.Start()
	}()
	collect(t, opened)
	wantCollected(t, id, "request close: server")
}

// A socket that nobody listens to is given up while it connects: no frame goes to the peer.
func TestUnreachableSocketIsGivenUpWhileItConnects(t *testing.T) {
	id := newID(t)
	collected := make(chan struct{})
	func() {
		ws, err := trusting(t).New(os.Getenv("TESTSERVER_WSS") + raw("delay=1000", "expect:close", "answer", "end") + "&id=" + id)
		if err != nil {
			t.Fatal(err)
		}
		runtime.AddCleanup(ws, func(c chan struct{}) { close(c) }, collected)
		ws.Start()
	}()
	ask(t, server()+"/recorded?wait=1&id="+id) // at its other port: see TestOpeningTwoConnectionsAtOnce
	collect(t, collected)
	if got := recorded(t, id); got != "request fin" && got != "request reset" {
		t.Errorf("the peer got %q", got)
	}
}

// Messages that come for a socket that is collected are for nobody, and the closing handshake begins behind none of them.
func TestMessagesForACollectedSocket(t *testing.T) {
	id := newID(t)
	opened := make(chan struct{})
	func() {
		ws, err := websocket.New(server() + raw("repeat:20:text:x", "repeat:2000:binary:00", "text:z", "expect:close", "repeat:100:text:late",
			"answer", "end") + "&id=" + id)
		if err != nil {
			t.Fatal(err)
		}
		ws.AddEventListener("message", func(websocket.Event) { close(opened) }, websocket.Once)
		ws.Start()
	}()
	<-opened
	wantCollected(t, id, "request close: server")
}

// A collected socket whose peer has ended, or ends, or breaks the protocol, ends without a word.
func TestEndOfACollectedSocket(t *testing.T) {
	for _, c := range []struct {
		name   string
		script []string
		want   string
	}{
		{"the peer closes meanwhile", []string{"join", "text:x", "close:3000:bye", "flush", "expect:close", "end"}, "request close:3000:bye server"},
		{"the peer ends TCP in place of the answer", []string{"text:x", "expect:close", "end"}, "request close: server"},
		{"the peer breaks the protocol in place of the answer", []string{"text:x", "expect:close", "hex:8300", "end"}, "request close: server"},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := newID(t)
			opened := make(chan struct{})
			func() {
				ws, err := websocket.New(server() + raw(c.script...) + "&id=" + url.QueryEscape(id))
				if err != nil {
					t.Fatal(err)
				}
				ws.AddEventListener("message", func(websocket.Event) { close(opened) }, websocket.Once)
				ws.Start()
			}()
			<-opened
			wantCollected(t, id, c.want)
		})
	}
}

// What it has sent is sent all the same.
func TestUnreachableSocketSendsWhatIsQueued(t *testing.T) {
	id := newID(t)
	opened := make(chan struct{})
	func() {
		ws, _ := websocket.New(server() + "/echo?id=" + id)
		ws.AddEventListener("open", func(websocket.Event) {
			ws.Send(websocket.Text("last words"))
			close(opened)
		}, websocket.Once)
		ws.Start()
	}()
	<-opened
	wantCollected(t, id, "request text:last words close: server")
}

// A listener whose signal has ended keeps nothing.
func TestEndedSignalLetsTheSocketGo(t *testing.T) {
	id := newID(t)
	opened := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	func() {
		ws, _ := websocket.New(server() + "/echo?id=" + id)
		ws.AddEventListener("open", func(websocket.Event) {
			ws.AddEventListener("close", func(websocket.Event) {}, websocket.Signal(ctx))
			close(opened)
		}, websocket.Once)
		ws.AddEventListener("message", func(websocket.Event) {}, websocket.Signal(ctx))
		ws.Start()
	}()
	<-opened
	runtime.GC()
	if record := ask(t, server()+"/recorded?now=1&id="+id); record != "request" {
		t.Errorf("the peer got %q while the signal had not ended", record)
	}
	cancel()
	wantCollected(t, id, "request close: server")
}

// A listener that was removed, or called once, leaves nothing that waits for its signal.
func TestListenersWithASignalLeaveNothing(t *testing.T) {
	s, f := fake(t, websocket.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.Start()
	f.Opened("", "")
	before := runtime.NumGoroutine()
	for range 500 {
		s.AddEventListener("message", func(websocket.Event) {}, websocket.Signal(ctx))()
		s.AddEventListener("message", func(websocket.Event) {}, websocket.Signal(ctx), websocket.Once)
		f.Text("m")
	}
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			break
		}
		<-time.After(time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
	f.Closed(1000, "", true, nil)
}

// A socket that has a listener for what can still come, or whose end somebody waits for, is kept.
func TestAwaitedSocketIsKept(t *testing.T) {
	for name, await := range map[string]func(ws *websocket.WebSocket, got chan<- string) <-chan struct{}{
		"message": func(ws *websocket.WebSocket, got chan<- string) <-chan struct{} {
			ws.OnMessage(func(e *websocket.MessageEvent) { got <- e.Data.Text() })
			return nil
		},
		"close": func(ws *websocket.WebSocket, got chan<- string) <-chan struct{} {
			ws.AddEventListener("close", func(e websocket.Event) { got <- e.(*websocket.CloseEvent).Reason })
			return nil
		},
		"the close slot": func(ws *websocket.WebSocket, got chan<- string) <-chan struct{} {
			ws.OnClose(func(e *websocket.CloseEvent) { got <- e.Reason })
			return nil
		},
		"a slot set anew": func(ws *websocket.WebSocket, got chan<- string) <-chan struct{} {
			ws.OnClose(func(*websocket.CloseEvent) {})
			ws.OnClose(nil)
			ws.OnClose(func(e *websocket.CloseEvent) { got <- e.Reason })
			return nil
		},
		"a once listener": func(ws *websocket.WebSocket, got chan<- string) <-chan struct{} {
			ws.AddEventListener("close", func(e websocket.Event) { got <- e.(*websocket.CloseEvent).Reason }, websocket.Once)
			return nil
		},
		"a signal that has not ended": func(ws *websocket.WebSocket, got chan<- string) <-chan struct{} {
			ws.AddEventListener("close", func(e websocket.Event) { got <- e.(*websocket.CloseEvent).Reason }, websocket.Signal(t.Context()))
			return nil
		},
		"a listener added in another": func(ws *websocket.WebSocket, got chan<- string) <-chan struct{} {
			ws.OnOpen(func(websocket.Event) { ws.OnMessage(func(e *websocket.MessageEvent) { got <- e.Data.Text() }) })
			return nil
		},
		"Done": func(ws *websocket.WebSocket, got chan<- string) <-chan struct{} { return ws.Done() },
	} {
		t.Run(name, func(t *testing.T) {
			got := make(chan string, 2)
			var done <-chan struct{}
			// The peer ends it when the test says so, over a second connection's barrier: this one's own message.
			id := newID(t)
			func() {
				ws, _ := websocket.New(server() + raw("sleep:200", "text:late", "close:3000:late", "expect:close", "end") + "&id=" + id)
				done = await(ws, got)
				ws.Start()
			}()
			for range 5 {
				runtime.GC()
				runtime.Gosched()
			}
			if done != nil {
				<-done
				got <- "late"
			}
			if s := <-got; s != "late" {
				t.Errorf("got %q", s)
			}
			if record := recorded(t, id); record != "request close:3000:late server" {
				t.Errorf("the peer got %q: the socket was collected", record)
			}
		})
	}
}

func TestNeverStartedSocketOwnsNothing(t *testing.T) {
	id := newID(t)
	collected := make(chan struct{})
	func() {
		ws, _ := websocket.New(server() + "/echo?id=" + id)
		ws.OnMessage(func(*websocket.MessageEvent) { _ = ws })
		runtime.AddCleanup(ws, func(c chan struct{}) { close(c) }, collected)
	}()
	collect(t, collected)
	if n := ask(t, server()+"/count?id="+id); n != "0" {
		t.Errorf("it has %s connections", n)
	}
}

func TestListenersMayBlock(t *testing.T) {
	release := make(chan struct{})
	blocked := newSocket(t, nil, server()+raw("join", "text:1", "text:2", "ping:p", "flush", "expect:pong", "close:1000", "expect:close", "end"))
	blocked.on = does{"text:1": func(*socket) { <-release }}
	blocked.Start()
	// Other sockets go on meanwhile, and timers.
	row{url: "/echo", on: does{"open": send("x"), "text:x": closes(1000, "")}, want: "open/1 text:x/1 close:1000::true/3"}.run(t)
	<-time.After(time.Millisecond)
	close(release)
	if got := blocked.run(); got != "open/1 text:1/1 text:2/1 close:1000::true/3" {
		t.Errorf("got %s", got)
	}
}

// The peer gets its pong and the answer to its Close while a listener blocks: it says so on a second connection.
func TestBlockedListenerDoesNotHoldUpThePeer(t *testing.T) {
	id := newID(t)
	s := newSocket(t, nil, server()+raw("text:1", "ping:p", "expect:pong", "text:2", "close:3000", "expect:close", "end")+"&id="+id)
	s.on = does{"text:1": func(s *socket) {
		if record := ask(t, server()+"/recorded?wait=3&id="+id); !strings.HasPrefix(record, "request\npong:70\nclose:3000:") {
			s.t.Errorf("while a listener blocks the peer got %q", record)
		}
	}}
	if got := s.run(); got != "open/1 text:1/1 text:2/1 close:3000::true/3" {
		t.Errorf("got %s", got)
	}
}

func TestBlockingCallsWorkInEveryListener(t *testing.T) {
	pause := func(s *socket) { <-time.After(time.Millisecond) }
	row{url: raw("text:a", "end"), on: does{"open": pause, "message": pause, "error": pause, "close": pause},
		want: "open/1 text:a/1 error/3 close:1006::false/3",
		js:   "open/1 text:a/1 close:1006::false/3", why: "a browser fires no error event for the end of TCP"}.run(t)
}

func TestRunEndsWithItsContext(t *testing.T) {
	ws, _ := websocket.New(server() + "/echo")
	ctx, cancel := context.WithCancel(t.Context())
	ws.OnOpen(func(websocket.Event) { cancel() })
	var code uint16
	ws.OnClose(func(e *websocket.CloseEvent) { code = e.Code })
	if err := ws.Run(ctx); err != nil || code != 1000 {
		t.Errorf("got %v and code %d, want a clean close with 1000", err, code)
	}
}

func TestRunWithAnEndedContext(t *testing.T) {
	ws, _ := websocket.New(server() + raw("delay=3000"))
	ctx, cancel := context.WithCancelCause(t.Context())
	mine := fmt.Errorf("mine")
	cancel(mine)
	err := ws.Run(ctx)
	if err == nil || !isCause(err, mine) {
		t.Errorf("got %v, want a WebSocketError that wraps the context's cause", err)
	}
}

func isCause(err, cause error) bool {
	for ; err != nil; err = unwrap(err) {
		if err == cause {
			return true
		}
	}
	return false
}

func unwrap(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return nil
}

func TestHandshakeTimeout(t *testing.T) {
	row{url: raw("delay=20000"), dialer: &websocket.Dialer{Options: websocket.Options{HandshakeTimeout: 50 * time.Millisecond}},
		want: failed, err: "the handshake took longer than 0.05 s"}.run(t)
}

func TestDoneIsClosedAfterTheCloseListeners(t *testing.T) {
	ws, _ := websocket.New(server() + "/close?code=1000")
	returned := false
	ws.OnClose(func(*websocket.CloseEvent) {
		select {
		case <-ws.Done():
			t.Error("closed while a listener runs")
		case <-time.After(time.Millisecond):
		}
		returned = true
	})
	ws.Start()
	ws.Start() // does nothing
	<-ws.Done()
	if !returned {
		t.Error("closed before the listener returned")
	}
}

func TestManySocketsLeaveNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 100 {
		row{url: "/echo", on: does{"open": send("x"), "text:x": closes(1000, "")}, want: "open/1 text:x/1 close:1000::true/3"}.run(t)
	}
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
		<-time.After(time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

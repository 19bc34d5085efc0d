package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/native"
)

// TestMain wants what the tests are started under, as make webtransport does: a page can't start a server.
func TestMain(m *testing.M) {
	if server() == "" || relay() == "" {
		fmt.Println("TESTSERVER_WS or TESTSERVER_WEBTRANSPORT is not set: run the tests by make webtransport")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func server() string { return os.Getenv("TESTSERVER_WS") }
func relay() string  { return os.Getenv("TESTSERVER_WEBTRANSPORT") }
func hash() string   { return os.Getenv("TESTSERVER_WEBTRANSPORT_HASH") }

// connect opens a session that ends with the test, and then wants nothing left of it.
func connect(t *testing.T, url string) *session {
	t.Helper()
	leavesNothing(t)
	s, err := dial(t.Context(), url, hash())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

// leavesNothing wants no goroutine of this module in the end that is not there now, and no func that JavaScript holds.
func leavesNothing(t *testing.T) {
	before := len(goroutines())
	t.Cleanup(func() {
		limit := time.Now().Add(20 * time.Second)
		for ; len(goroutines()) > before || held() > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("%d before, now, with %d funcs:\n%s", before, held(), strings.Join(goroutines(), "\n\n"))
			}
		}
	})
}

func goroutines() []string {
	all := make([]byte, 1<<20)
	stacks := strings.Split(string(all[:runtime.Stack(all, true)]), "\n\n")
	return slices.DeleteFunc(stacks, func(stack string) bool { return !strings.Contains(stack, "/twinsocket/websocket") })
}

// socket is a WebSocket over a stream, with what happened to it.
type socket struct {
	*websocket.WebSocket
	trace []string
}

func open(t *testing.T, s *session, path string) *socket {
	t.Helper()
	ws, err := s.open(t.Context(), server()+path)
	if err != nil {
		t.Fatal(err)
	}
	w := &socket{WebSocket: ws}
	note := func(e string) { w.trace = append(w.trace, e) }
	ws.AddEventListener("open", func(websocket.Event) { note("open") })
	ws.AddEventListener("message", func(e websocket.Event) {
		d := e.(*websocket.MessageEvent).Data
		note(fmt.Sprintf("message:%t#%d", d.IsText(), d.Size()))
	})
	ws.AddEventListener("error", func(websocket.Event) { note("error") })
	ws.AddEventListener("close", func(e websocket.Event) {
		c := e.(*websocket.CloseEvent)
		note(fmt.Sprintf("close:%d:%s:%t", c.Code, c.Reason, c.WasClean))
	})
	return w
}

func (w *socket) run(t *testing.T) (trace string, err error) {
	err = w.Run(t.Context())
	return strings.Join(w.trace, " "), err
}

func TestAsk(t *testing.T) {
	leavesNothing(t)
	if answer, err := ask(t.Context(), relay(), hash(), server()+"/echo", "héllo"); answer != "héllo" || err != nil {
		t.Errorf("got %q, %v", answer, err)
	}
}

func TestEnds(t *testing.T) {
	onMessage := func(w *socket) { w.OnMessage(func(*websocket.MessageEvent) { w.Close(3000, "bye") }) }
	for _, row := range []struct {
		rule, query, path string
		act               func(w *socket)
		want              string
		clean             bool
	}{
		{"the server closes", "", "/close?code=3000&reason=go", nil, "open close:3000:go:true", true},
		{"we close", "", "/send?text=a", onMessage, "open message:true#1 close:3000:bye:true", true},
		{"the server resets, which may overtake what it sent", "", "/raw?do=text:a&do=rst", nil, "error close:1006::false", false},
		{"the server ends without a Close frame", "", "/raw?do=text:a&do=fin", nil, "open message:true#1 error close:1006::false", false},
		{"the session ends", "?cut=100000", "/send?n=1000&size=1000", nil, "close:1006::false", false},
		{"the session ends in the handshake", "?cut=10", "/echo", nil, "error close:1006::false", false},
		{"no upgrade", "", "/status?code=404", nil, "error close:1006::false", false},
	} {
		t.Run(row.rule, func(t *testing.T) {
			w := open(t, connect(t, relay()+row.query), row.path)
			if row.act != nil {
				row.act(w)
			}
			trace, err := w.run(t)
			if !strings.HasSuffix(trace, row.want) || (err == nil) != row.clean {
				t.Errorf("got  %.200s, %v\nwant %s", trace, err, row.want)
			}
		})
	}
}

// Each message is echoed by its kind and its size, by three sockets of one session at the same time.
func TestSocketsShareASession(t *testing.T) {
	s := connect(t, relay())
	sizes := []int{0, 1, 125, 126, 65_535, 65_536, 1 << 20}
	want := "open"
	for _, n := range sizes {
		want += fmt.Sprintf(" message:true#%d message:false#%d", n, n)
	}
	want += " close:1000::true"
	done := make(chan string)
	for range 3 {
		w := open(t, s, "/echo")
		w.OnOpen(func(websocket.Event) {
			for _, n := range sizes {
				w.Send(websocket.Text(strings.Repeat("x", n)))
				w.Send(websocket.Binary(make([]byte, n)))
			}
		})
		left := 2 * len(sizes)
		w.OnMessage(func(*websocket.MessageEvent) {
			if left--; left == 0 {
				w.Close(1000, "")
			}
		})
		go func() {
			trace, _ := w.run(t)
			done <- trace
		}()
	}
	for range 3 {
		if got := <-done; got != want {
			t.Errorf("got  %.300s\nwant %s", got, want)
		}
	}
}

// What the server does not take stays with the socket, and does not keep it from ending.
func TestAServerThatNeverReads(t *testing.T) {
	c, err := connect(t, relay()).stream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d := websocket.Dialer{Engine: native.Config{CloseTimeout: 50 * time.Millisecond}.Over(c)}
	ws, err := d.New(server() + "/slow?rate=0")
	if err != nil {
		t.Fatal(err)
	}
	const much = 64 << 20
	ws.OnOpen(func(websocket.Event) {
		ws.Send(websocket.Binary(make([]byte, much)))
		ws.Close(1000, "")
	})
	var end *websocket.WebSocketError
	if err := ws.Run(t.Context()); !errors.As(err, &end) || end.CloseCode != 1006 {
		t.Errorf("got %v, want 1006", err)
	}
	if ws.BufferedAmount() == 0 {
		t.Error("all of it was taken")
	}
}

func TestDialFails(t *testing.T) {
	gone, cancel := context.WithCancelCause(t.Context())
	why := errors.New("gone")
	cancel(why)
	for _, row := range []struct {
		rule      string
		ctx       context.Context
		url, hash string
		want      string
	}{
		{"a hash that is none", t.Context(), relay(), "abc", `got the hash "abc", want 64 hexadecimal digits`},
		{"another certificate", t.Context(), relay(), strings.Repeat("0", 64), ""},
		{"a wrong query", t.Context(), relay() + "?cut=x", hash(), ""},
		{"a context that has ended", gone, relay(), hash(), ""},
	} {
		t.Run(row.rule, func(t *testing.T) {
			leavesNothing(t)
			s, err := dial(row.ctx, row.url, row.hash)
			if s != nil || err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

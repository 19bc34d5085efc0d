package websocket_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	gorilla "github.com/gorilla/websocket"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/native"
)

// lines is a log: what it prints may come of several goroutines.
type lines struct {
	mu   sync.Mutex
	list []string // guarded by mu
}

func (l *lines) print(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, line)
}

// with returns the lines that begin so, in one.
func (l *lines) with(prefix string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, line := range l.list {
		if rest, found := strings.CutPrefix(line, prefix); found {
			out = append(out, rest)
		}
	}
	return strings.Join(out, "; ")
}

func TestTrace(t *testing.T) {
	var log lines
	d := &websocket.Dialer{Trace: websocket.TraceLines(log.print)}
	url := raw("frame:0,1,hé", "ping:p", "frame:1,0,llo", "binary:000102", "expect:message", "close:3000:bye", "expect:close", "end")
	row{url: url, dialer: d, on: does{"binary:000102": func(s *socket) {
		must(s.t, s.Send(websocket.Binary(make([]byte, 300))))
		must(s.t, s.Send(websocket.Text("é")))
	}}, want: "open/1 text:héllo/1 binary:000102/1 close:3000:bye:true/3"}.run(t)

	for _, c := range []struct{ prefix, want, js string }{
		{"state ", "CONNECTING to OPEN; OPEN to CLOSING; CLOSING to CLOSED", "CONNECTING to OPEN; OPEN to CLOSED"}, // no event of a browser's says CLOSING
		{"received ", "text, 3 bytes, more to come; ping, 1 bytes; continuation, 3 bytes; binary, 3 bytes; close, 5 bytes", "text, 6 bytes; binary, 3 bytes"},
		{"sent ", "pong, 1 bytes; binary, 300 bytes; text, 2 bytes; close, 5 bytes", "binary, 300 bytes; text, 2 bytes"},
		{"> GET ", url + " HTTP/1.1", ""},
		{"> Sec-WebSocket-Version: ", "13", ""},
		{"< HTTP/1.1 ", "101 Switching Protocols", ""},
		{"closed ", `with 3000 "bye", clean`, `with 3000 "bye", clean`},
	} {
		want := c.want
		if browser {
			want = c.js
		}
		if got := log.with(c.prefix); got != want {
			t.Errorf("%s: got %s\nwant %s", c.prefix, got, want)
		}
	}
}

func TestTraceOfWhatNeverOpens(t *testing.T) {
	var log lines
	row{url: "/status?code=404", dialer: &websocket.Dialer{Trace: websocket.TraceLines(log.print)}, want: failed}.run(t)
	if got := log.with("state "); got != "CONNECTING to CLOSED" {
		t.Errorf("got the states %s", got)
	}
	if got := log.with("closed "); !strings.HasPrefix(got, `with 1006 "": `) {
		t.Errorf("got closed %s", got)
	}
	if got := log.with("< HTTP/1.1 "); !browser && got != "404 Not Found" {
		t.Errorf("got the answer %s", got)
	}
}

// A frame that breaks the protocol is what a log is wanted for.
func TestTraceOfAViolation(t *testing.T) {
	var log lines
	row{url: raw("frame:1,113,x", "expect:close", "end"), dialer: &websocket.Dialer{Trace: websocket.TraceLines(log.print)},
		want: "open/1 error/3 close:1006::false/3"}.run(t)
	if got := log.with("received "); !browser && got != "text, 1 bytes, RSV1, RSV2, RSV3" {
		t.Errorf("got %s", got)
	}
}

// Over a carrier a frame is a frame in a browser too.
func TestTraceOver(t *testing.T) {
	var log lines
	carrier := pipeServer(t, func(conn *gorilla.Conn, _ *http.Request) {
		kind, p, err := conn.ReadMessage()
		must(t, err)
		must(t, conn.WriteMessage(kind, p))
		conn.ReadMessage()
		conn.Close()
	})
	row{url: "ws://h/", dialer: &websocket.Dialer{Engine: native.Over(carrier), Trace: websocket.TraceLines(log.print)},
		on: does{"open": send("x"), "text:x": closes(1000, "")}, want: "open/1 text:x/1 close:1000::true/3"}.run(t)
	for prefix, want := range map[string]string{
		"sent ": "text, 1 bytes; close, 2 bytes", "received ": "text, 1 bytes; close, 2 bytes", "> Host: ": "h", "< HTTP/1.1 ": "101 Switching Protocols",
	} {
		if got := log.with(prefix); got != want {
			t.Errorf("%s: got %s, want %s", prefix, got, want)
		}
	}
}

func TestTraceLinesKeepSecrets(t *testing.T) {
	var log lines
	trace := websocket.TraceLines(log.print)
	trace.Request("GET / HTTP/1.1\r\nAuthorization: Basic c2VjcmV0\r\nCookie: a=secret\r\nX:  y \r\n\r\n")
	trace.Response("HTTP/1.1 101 Switching Protocols\r\nSet-Cookie: a=secret\r\n\r\n")
	want := []string{"> GET / HTTP/1.1", "> Authorization: (14 bytes)", "> Cookie: (8 bytes)", "> X:  y ",
		"< HTTP/1.1 101 Switching Protocols", "< Set-Cookie: (8 bytes)"}
	if !slices.Equal(log.list, want) {
		t.Errorf("got %q", log.list)
	}
}

func TestTraceFrameHasItsTime(t *testing.T) {
	begun := websocket.NewEvent("", websocket.EventInit{}).TimeStamp()
	var frames []websocket.Frame
	d := &websocket.Dialer{Trace: &websocket.Trace{Frame: func(f websocket.Frame) {
		if !f.Sent {
			frames = append(frames, f)
		}
	}}}
	row{url: "/send?text=a&text=b&close=1000", dialer: d, want: "open/1 text:a/1 text:b/1 close:1000::true/3"}.run(t)
	if len(frames) < 2 {
		t.Fatalf("got %v", frames)
	}
	for _, f := range frames {
		if f.TimeStamp < begun || f.TimeStamp > websocket.NewEvent("", websocket.EventInit{}).TimeStamp() || !f.Final {
			t.Errorf("got %v at %v", f, f.TimeStamp)
		}
	}
}

// The funcs may use the socket, which is what one with a lock held could not.
func TestTraceMayUseTheSocket(t *testing.T) {
	var ws *websocket.WebSocket
	d := new(websocket.Dialer)
	use := func() { ws.ReadyState(); ws.BufferedAmount(); ws.Protocol() }
	var once atomic.Bool
	d.Trace = &websocket.Trace{
		State: func(_, to websocket.ReadyState) {
			use()
			if to == websocket.Closing {
				ws.Close(3001, "too late")
			}
		},
		Request: func(string) { use() }, Response: func(string) { use() },
		Frame: func(f websocket.Frame) {
			use()
			if f.Sent && f.Opcode == 1 && !once.Swap(true) {
				must(t, ws.Send(websocket.Text("from the trace"))) // told of as well
			}
		},
		Closed: func(uint16, string, bool, error) { use() },
	}
	s := newSocket(t, d, server()+"/echo")
	ws = s.WebSocket
	d.Trace.State = nil // the socket has its own copy
	s.on = does{"open": send("x"), "text:from the trace": closes(3000, "")}
	if got := s.run(); got != "open/1 text:x/1 text:from the trace/1 close:3000::true/3" {
		t.Errorf("got %s", got)
	}
}

// A func that ends its goroutine, as t.FailNow does, ends nothing but the handshake that it was part of.
func TestTraceThatEndsItsGoroutine(t *testing.T) {
	exit := func(when bool) {
		if when {
			runtime.Goexit()
		}
	}
	const all = "open/1 text:x/1 close:1000::true/3"
	for _, c := range []struct {
		name  string
		trace websocket.Trace
		want  string
		js    string
		err   string
	}{
		{"State, open", websocket.Trace{State: func(_, to websocket.ReadyState) { exit(to == websocket.Open) }}, all, "", ""},
		{"State, closing", websocket.Trace{State: func(_, to websocket.ReadyState) { exit(to == websocket.Closing) }}, all, "", ""},
		{"State, closed", websocket.Trace{State: func(_, to websocket.ReadyState) { exit(to == websocket.Closed) }}, all, "", ""},
		{"Closed", websocket.Trace{Closed: func(uint16, string, bool, error) { runtime.Goexit() }}, all, "", ""},
		{"Request", websocket.Trace{Request: func(string) { runtime.Goexit() }}, failed, all, "ended its goroutine"},
		{"Response", websocket.Trace{Response: func(string) { runtime.Goexit() }}, failed, all, "ended its goroutine"},
		{"received", websocket.Trace{Frame: func(f websocket.Frame) { exit(!f.Sent) }}, all, "", ""},
		{"sent", websocket.Trace{Frame: func(f websocket.Frame) { exit(f.Sent) }}, all, "", ""},
	} {
		row{name: c.name, url: "/send?text=x&close=1000", dialer: &websocket.Dialer{Trace: &c.trace}, want: c.want, js: c.js,
			why: "a browser tells of no handshake", err: c.err}.run(t)
	}
}

func ExampleTraceLines() {
	d := websocket.Dialer{Trace: websocket.TraceLines(func(line string) {
		if strings.HasPrefix(line, "state") || strings.HasPrefix(line, "closed") {
			fmt.Println(line)
		}
	})}
	ws, err := d.New(server() + "/echo")
	if err != nil {
		fmt.Println(err)
		return
	}
	ws.OnOpen(func(websocket.Event) { ws.Close(1000, "seen enough") })
	ws.Run(context.Background())
	// Output:
	// state CONNECTING to OPEN
	// state OPEN to CLOSING
	// state CLOSING to CLOSED
	// closed with 1000 "seen enough", clean
}

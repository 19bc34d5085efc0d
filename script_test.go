package websocket_test

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

// A row is a script: a server that behaves as its URL says, what the program does at which event, and the trace that must come
// of it. The trace is the events in order, each with the readyState in which it was seen:
//
//	open/1 text:héllo/1 close:3000:bye:true/3
//
// The same rows run on both engines. Where a browser differs, js has its trace and why the reason.
type row struct {
	name      string // the rule
	url       string // the peer's path, or a whole URL
	dialer    *websocket.Dialer
	protocols []string
	before    func(*socket) // before Start
	on        does
	want      string
	js, why   string
	sent      string // what the peer recorded, in one line; "" is not looked at
	jsSent    string // the same of a browser, where it differs
	err       string // what the error event's reason contains, natively
}

// does is what a program does at an event. The key is the event without the state: "open", "text:héllo"; "message" is any.
type does map[string]func(*socket)

func runRows(t *testing.T, rows []row) {
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) { r.run(t) })
	}
}

func (r row) run(t *testing.T) {
	id := ""
	address := r.url
	if strings.HasPrefix(address, "/") {
		address = os.Getenv("TESTSERVER_WS") + address
	}
	if r.sent != "" {
		id = newID(t)
		address += "&id=" + url.QueryEscape(id)
		if !strings.Contains(address, "?") {
			address = strings.Replace(address, "&", "?", 1)
		}
	}
	s := newSocket(t, r.dialer, address, r.protocols...)
	s.on = r.on
	if r.before != nil {
		r.before(s)
	}
	got := s.run()
	want := r.want
	sent := r.sent
	if browser && r.js+r.jsSent != "" {
		if r.why == "" {
			t.Error("a browser's difference without a reason")
		}
		want, sent = cmp.Or(r.js, want), cmp.Or(r.jsSent, sent)
	}
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !browser && !strings.Contains(fmt.Sprint(s.failure), r.err) {
		t.Errorf("got the error %v, want one with %q", s.failure, r.err)
	}
	if r.sent != "" {
		if got := recorded(t, id); got != sent {
			t.Errorf("the peer got %s\nwant         %s", got, sent)
		}
	}
}

// socket is a WebSocket that keeps a trace.
type socket struct {
	*websocket.WebSocket
	t       *testing.T
	on      does
	failure error

	mu    sync.Mutex
	trace []string // guarded by mu
}

func newSocket(t *testing.T, d *websocket.Dialer, url string, protocols ...string) *socket {
	t.Helper()
	if d == nil {
		d = new(websocket.Dialer)
	}
	ws, err := d.New(url, protocols...)
	if err != nil {
		t.Fatal(err)
	}
	return traced(t, ws)
}

// traced has a socket keep a trace.
func traced(t *testing.T, ws *websocket.WebSocket) *socket {
	s := &socket{WebSocket: ws, t: t}
	ws.AddEventListener("open", func(websocket.Event) { s.event("open") })
	ws.AddEventListener("message", func(e websocket.Event) { s.event(message(e.(*websocket.MessageEvent))) })
	ws.AddEventListener("error", func(e websocket.Event) {
		s.failure = e.(*websocket.ErrorEvent).Err
		s.event("error")
	})
	ws.AddEventListener("close", func(e websocket.Event) {
		c := e.(*websocket.CloseEvent)
		s.event(fmt.Sprintf("close:%d:%s:%t", c.Code, c.Reason, c.WasClean))
	})
	return s
}

// message writes a message as the traces have it.
func message(e *websocket.MessageEvent) string {
	switch d := e.Data; {
	case d.Size() > 100:
		return fmt.Sprintf("message#%d", d.Size())
	case d.IsText():
		return "text:" + d.Text()
	case d.IsBinary():
		return "binary:" + hex.EncodeToString(d.Bytes())
	default:
		return fmt.Sprintf("blob:%d", d.Size())
	}
}

// event notes an event and does what the script has for it.
func (s *socket) event(what string) {
	s.note(fmt.Sprintf("%s/%d", what, s.ReadyState()))
	kind := "message"
	switch {
	case what == "open", what == "error":
		kind = what
	case strings.HasPrefix(what, "close:"):
		kind = "close"
	}
	for _, key := range []string{what, kind} {
		if do := s.on[key]; do != nil {
			do(s)
			return
		}
	}
}

func (s *socket) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trace = append(s.trace, what)
}

// run runs the socket to its end and returns the trace.
func (s *socket) run() string {
	s.t.Helper()
	s.Start()
	s.wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.trace, " ")
}

// wait waits for the end. The time is only for a test that has gone wrong.
func (s *socket) wait() {
	s.t.Helper()
	select {
	case <-s.Done():
	case <-time.After(40 * time.Second):
		s.mu.Lock()
		defer s.mu.Unlock()
		s.t.Fatalf("no close event after %s", strings.Join(s.trace, " "))
	}
}

// The steps that scripts are made of.

func send(texts ...string) func(*socket) {
	return func(s *socket) {
		for _, text := range texts {
			must(s.t, s.Send(websocket.Text(text)))
		}
	}
}

func closes(code uint16, reason string) func(*socket) {
	return func(s *socket) { must(s.t, s.Close(code, reason)) }
}

func also(steps ...func(*socket)) func(*socket) {
	return func(s *socket) {
		for _, step := range steps {
			step(s)
		}
	}
}

// notes adds what it is told to the trace.
func notes(what func(*socket) any) func(*socket) {
	return func(s *socket) { s.note(fmt.Sprint(what(s))) }
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// ask opens a connection to the peer and returns the first message.
func ask(t *testing.T, url string) string {
	t.Helper()
	var answer string
	ws, err := websocket.New(url)
	if err != nil {
		t.Fatal(err)
	}
	ws.OnMessage(func(e *websocket.MessageEvent) {
		answer = e.Data.Text()
		ws.Close(1000, "")
	})
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	if err := ws.Run(ctx); err != nil {
		t.Error(err)
	}
	return answer
}

// recorded returns what the peer got on the connections with the id, in one line, when they have ended.
func recorded(t *testing.T, id string) string {
	t.Helper()
	record := ask(t, os.Getenv("TESTSERVER_WS")+"/recorded?id="+url.QueryEscape(id))
	return strings.Join(strings.Split(record, "\n"), " ")
}

// raw makes the URL of a server that runs the script.
func raw(steps ...string) string {
	q := url.Values{}
	for _, s := range steps {
		name, value, found := strings.Cut(s, "=")
		if !found || strings.Contains(name, ":") {
			name, value = "do", s
		}
		q.Add(name, value)
	}
	return "/raw?" + q.Encode()
}

func server() string { return os.Getenv("TESTSERVER_WS") }

package websocket_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twinsocket/websocket"
)

// fakeConn is a connection with no network: the test says what the engine reports, and when.
type fakeConn struct {
	websocket.Sink
	mu       sync.Mutex
	calls    []string // guarded by mu
	buffered uint64
	closing  bool
	started  func() // called by Start on a goroutine of its own; may be nil
}

func (f *fakeConn) did(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
}

func (f *fakeConn) Start() {
	f.did("start")
	if f.started != nil {
		go f.started()
	}
}

func (f *fakeConn) SendText(s string)                { f.did("text:%s", s); f.buffered += uint64(len(s)) }
func (f *fakeConn) SendBinary(b []byte)              { f.did("binary:%x", b); f.buffered += uint64(len(b)) }
func (f *fakeConn) SetBlobs(on bool)                 { f.did("blobs:%t", on) }
func (f *fakeConn) Close(code uint16, reason string) { f.did("close:%d:%s", code, reason) }
func (f *fakeConn) Fail(error)                       { f.did("fail") }
func (f *fakeConn) Closing() bool                    { return f.closing }
func (f *fakeConn) Buffered() uint64                 { return f.buffered }

func (f *fakeConn) SendBlob(websocket.BlobData) error { return errors.New("no blobs here") }

func (f *fakeConn) Wait(done <-chan struct{}, below uint64) error {
	<-done
	return errors.New("done")
}

// fake makes a socket over a fake connection, not started.
func fake(t *testing.T, o websocket.Options) (*socket, *fakeConn) {
	t.Helper()
	f := new(fakeConn)
	d := &websocket.Dialer{Options: o, Engine: func(url string, protocols []string, s websocket.Sink) (websocket.Conn, error) {
		f.did("%s %v", url, protocols)
		f.Sink = s
		return f, nil
	}}
	return newSocket(t, d, "HTTP://h:80/p", "a"), f
}

// An interleaving is a sequence of calls from above and reports from below, and what comes of it on both sides.
func TestInterleavings(t *testing.T) {
	type step = func(s *socket, f *fakeConn)
	open := func(s *socket, f *fakeConn) { f.Opened("a", "x-ext") }
	text := func(s *socket, f *fakeConn) { f.Text("m") }
	peerCloses := func(s *socket, f *fakeConn) { f.Sink.Closing() }
	closed := func(s *socket, f *fakeConn) { f.Closed(3000, "bye", true, nil) }
	broken := func(s *socket, f *fakeConn) { f.Closed(1006, "", false, errors.New("broken")) }
	start := func(s *socket, f *fakeConn) { s.Start() }
	closes := func(s *socket, f *fakeConn) { must(s.t, s.Close(1000, "x")) }
	sends := func(s *socket, f *fakeConn) { must(s.t, s.Send(websocket.Text("s"))) }
	state := func(s *socket, f *fakeConn) { s.note(fmt.Sprint(int(s.ReadyState()))) }
	for _, c := range []struct {
		name   string
		steps  []step
		events string
		calls  string
	}{
		{"a life", []step{start, state, open, text, sends, closes, state, closed},
			"0 open/1 text:m/1 2 close:3000:bye:true/3", "start text:s close:1000:x"},
		{"Close, then the opening that was under way", []step{start, closes, open, state, text, closed},
			"2 error/3 close:1006::false/3", "start fail"},
		{"Close, then a failure of its own", []step{start, closes, broken}, "error/3 close:1006::false/3", "start fail"},
		{"Close twice", []step{start, open, closes, closes, closed}, "open/1 close:3000:bye:true/3", "start close:1000:x"},
		{"Close, then messages that were under way", []step{start, open, closes, text, text, closed}, "open/1 close:3000:bye:true/3", "start close:1000:x"},
		{"the peer's Close, then Close", []step{start, open, peerCloses, state, closes, closed}, "open/1 2 close:3000:bye:true/3", "start"},
		{"Close, then the peer's", []step{start, open, closes, peerCloses, closed}, "open/1 close:3000:bye:true/3", "start close:1000:x"},
		{"messages behind the peer's Close", []step{start, open, peerCloses, text, closed}, "open/1 close:3000:bye:true/3", "start"},
		{"Send while the peer's Close is being answered", []step{start, open, peerCloses, sends, closed}, "open/1 close:3000:bye:true/3", "start text:s"},
		{"Close and Send after the end", []step{start, open, closed, closes, sends, state}, "open/1 close:3000:bye:true/3 3", "start text:s"},
		{"the end without an opening", []step{start, broken}, "error/3 close:1006::false/3", "start"},
		{"Start twice", []step{start, start, broken}, "error/3 close:1006::false/3", "start"},
		{"Close before Start", []step{closes, start}, "error/3 close:1006::false/3", "fail"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, f := fake(t, websocket.Options{})
			for _, step := range c.steps {
				step(s, f)
			}
			s.wait()
			s.mu.Lock()
			defer s.mu.Unlock()
			if got := strings.Join(s.trace, " "); got != c.events {
				t.Errorf("events: got %s, want %s", got, c.events)
			}
			if got := strings.Join(f.calls[1:], " "); f.calls[0] != "ws://h/p [a]" || got != c.calls {
				t.Errorf("calls: got %s %s, want %s", f.calls[0], got, c.calls)
			}
		})
	}
}

func TestWhatTheEngineSaysIsSeen(t *testing.T) {
	s, f := fake(t, websocket.Options{})
	s.Start()
	f.Opened("a", "x-ext")
	if s.Protocol() != "a" || s.Extensions() != "x-ext" {
		t.Errorf("got %q %q", s.Protocol(), s.Extensions())
	}
	s.OnMessage(func(e *websocket.MessageEvent) {
		if e.Origin() != "ws://h" { // no default port, no path
			t.Errorf("got the origin %q", e.Origin())
		}
	})
	f.Text("m")
	f.closing = true
	if s.ReadyState() != websocket.Closing {
		t.Errorf("got %v, want CLOSING as the engine says", s.ReadyState())
	}
	f.buffered = 7
	if s.BufferedAmount() != 7 {
		t.Errorf("got %d", s.BufferedAmount())
	}
	if err := s.Send(websocket.FromBlob(nil)); !errors.Is(err, websocket.ErrNotSupported) {
		t.Errorf("a Blob that the engine can't send: got %v", err)
	}
	f.Closed(1000, "", true, nil)
}

func TestFullBufferIsFailedBeforeTheMessageIsCounted(t *testing.T) {
	s, f := fake(t, websocket.Options{MaxBufferedAmount: 3})
	s.Start()
	f.Opened("", "")
	for range 5 {
		must(t, s.Send(websocket.Text("s")))
	}
	f.Closed(1000, "ok", true, nil) // too late
	s.wait()
	if got := strings.Join(f.calls[1:], " "); got != "start text:s text:s text:s fail text:s text:s" {
		t.Errorf("got %s", got)
	}
	if got := strings.Join(s.trace, " "); got != "open/1 error/3 close:1006::false/3" {
		t.Errorf("got %s", got)
	}
}

// What counts is what is sent: U+FFFD, of 3 bytes, for each byte that is no UTF-8.
func TestFullBufferCountsWhatIsSent(t *testing.T) {
	s, f := fake(t, websocket.Options{MaxBufferedAmount: 5})
	s.Start()
	f.Opened("", "")
	must(t, s.Send(websocket.Text("\xff\xff")))
	f.Closed(1006, "", false, nil)
	s.wait()
	if got := strings.Join(f.calls[1:], " "); got != "start fail text:\uFFFD\uFFFD" {
		t.Errorf("got %s", got)
	}
}

func TestEngineThatRefuses(t *testing.T) {
	why := errors.New("not today")
	d := &websocket.Dialer{Engine: func(string, []string, websocket.Sink) (websocket.Conn, error) { return nil, why }}
	ws, err := d.New("ws://h/")
	if ws != nil || !errors.Is(err, why) || !errors.Is(err, websocket.ErrNotSupported) {
		t.Errorf("got %v, %v", ws, err)
	}
}

func TestOptionsOfTheOwnEngineWithAnother(t *testing.T) {
	engine := func(string, []string, websocket.Sink) (websocket.Conn, error) { return new(fakeConn), nil }
	d := &websocket.Dialer{Engine: engine, Options: websocket.Options{
		Header: map[string][]string{"X": nil}, Origin: "o", ReadLimit: 1, CloseTimeout: 1, HandshakeTimeout: 1, MaxBufferedAmount: 1,
	}}
	_, err := d.New("ws://h/")
	if !errors.Is(err, websocket.ErrNotSupported) {
		t.Fatalf("got %v", err)
	}
	for _, name := range []string{"Header", "Origin", "ReadLimit", "CloseTimeout"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
	for _, name := range []string{"TLSConfig", "NetDial", "HandshakeTimeout", "MaxBufferedAmount"} {
		if strings.Contains(err.Error(), name) {
			t.Errorf("%v names %s", err, name)
		}
	}
}

func TestHandshakeTimeoutIsStoppedByTheOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := fake(t, websocket.Options{HandshakeTimeout: time.Second})
		s.Start()
		f.Opened("", "")
		time.Sleep(time.Hour)
		f.Text("m")
		f.Closed(1000, "", true, nil)
		s.wait()
		if got := strings.Join(s.trace, " "); got != "open/1 text:m/1 close:1000::true/3" {
			t.Errorf("got %s", got)
		}
	})
}

func TestHandshakeTimeoutHasADefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := fake(t, websocket.Options{})
		none, unbounded := fake(t, websocket.Options{HandshakeTimeout: -1})
		s.Start()
		none.Start()
		time.Sleep(45*time.Second + 1)
		synctest.Wait()
		if f.calls[len(f.calls)-1] != "fail" {
			t.Errorf("got %v after 45 s", f.calls)
		}
		time.Sleep(time.Hour)
		if unbounded.calls[len(unbounded.calls)-1] != "start" {
			t.Errorf("got %v with no limit", unbounded.calls)
		}
		f.Closed(1006, "", false, nil)
		unbounded.Closed(1006, "", false, nil)
		if !errors.Is(s.failure, context.DeadlineExceeded) {
			t.Errorf("got %v", s.failure)
		}
	})
}

func TestSocketThatIsNotStartedIsReportedOnce(t *testing.T) {
	said := warnings(t)
	synctest.Test(t, func(t *testing.T) {
		fake(t, websocket.Options{})
		started, f := fake(t, websocket.Options{})
		closed, _ := fake(t, websocket.Options{})
		closed.Close(0, "")
		started.Start()
		time.Sleep(time.Minute)
		f.Closed(1006, "", false, nil)
	})
	if got := said(); strings.Count(got, "was not followed by Start or Run") != 1 || !strings.Contains(got, "_test.go:") {
		t.Errorf("got %q, want one line that says where New was called", got)
	}
}

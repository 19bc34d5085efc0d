package reconnect_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/reconnect"
)

// A stage is a Socket over connections with no network, in a bubble with a clock of its own: the test says what the connections
// report, and when. The trace has all events, each with the time since the beginning:
//
//	0s:connecting:0 0s:close:1006 0s:reconnecting:1:1s 1s:connecting:1
type stage struct {
	*reconnect.Socket
	t     *testing.T
	begin time.Time
	conns chan *fakeConn // those that were started

	mu    sync.Mutex
	trace []string // guarded by mu
}

// onStage runs a script in a bubble, which must leave nothing.
func onStage(t *testing.T, d reconnect.Dialer, script func(*stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, begin: time.Now(), conns: make(chan *fakeConn, 100)}
		d.Dialer.Engine = func(url string, protocols []string, sink websocket.Sink) (websocket.Conn, error) {
			return &fakeConn{Sink: sink, stage: s, url: url, protocols: strings.Join(protocols, ","), over: true}, nil
		}
		var err error
		if s.Socket, err = d.New("ws://h/p", "a"); err != nil {
			t.Fatal(err)
		}
		s.OnConnecting(func(e *reconnect.ConnectingEvent) { s.note("connecting:%d", e.Attempt) })
		s.OnOpen(func(websocket.Event) { s.note("open") })
		s.OnMessage(func(e *websocket.MessageEvent) { s.note("text:%s", e.Data.Text()) })
		s.OnError(func(e *websocket.ErrorEvent) { s.note("error") })
		s.OnClose(func(e *websocket.CloseEvent) { s.note("close:%d", e.Code) })
		s.OnReconnecting(func(e *reconnect.ReconnectingEvent) { s.note("reconnecting:%d:%v", e.Attempt, e.Delay) })
		s.OnEnd(func(e *reconnect.EndEvent) { s.note("end:%d", e.Attempt) })
		script(s)
		s.Close(0, "")
		if s.started() {
			<-s.Done()
		}
	})
}

// started reports whether anything has been traced.
func (s *stage) started() bool {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.trace) > 0
}

func (s *stage) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trace = append(s.trace, time.Since(s.begin).String()+":"+fmt.Sprintf(format, args...))
}

// next waits for the next connection.
func (s *stage) next() *fakeConn { return <-s.conns }

// want compares the trace, once nothing moves.
func (s *stage) want(trace string) {
	s.t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if got := strings.Join(s.trace, " "); got != trace {
		s.t.Errorf("got  %s\nwant %s", got, trace)
	}
}

// sends sends texts that must be taken.
func (s *stage) sends(texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		must(s.t, s.Send(websocket.Text(text)))
	}
}

// run runs the socket to its end.
func (s *stage) run() error { return s.Run(context.Background()) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// fakeConn is a connection with no network.
type fakeConn struct {
	websocket.Sink
	stage          *stage
	url, protocols string
	silent         bool        // does not answer Close
	closing        func() bool // what Closing returns; may be nil

	mu       sync.Mutex
	sent     []string // guarded by mu
	buffered uint64   // guarded by mu
	over     bool     // guarded by mu; nothing is reported after it, nor before Start
}

func (f *fakeConn) Start() {
	f.mu.Lock()
	f.over = false
	f.mu.Unlock()
	f.stage.conns <- f
}

func (f *fakeConn) did(what string, size int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, what)
	f.buffered += uint64(size)
}

func (f *fakeConn) SendText(s string)   { f.did(s, len(s)) }
func (f *fakeConn) SendBinary(b []byte) { f.did(fmt.Sprintf("%x", b), len(b)) }

func (f *fakeConn) SendBlob(websocket.BlobData) error { return fmt.Errorf("no Blobs here") }

// Close is answered at once.
func (f *fakeConn) Close(code uint16, reason string) {
	f.did(fmt.Sprintf("close:%d:%s", code, reason), 0)
	if !f.silent {
		f.ends(code, true, nil)
	}
}

func (f *fakeConn) Fail(why error)   { f.ends(1006, false, why) }
func (f *fakeConn) SetBlobs(bool)    {}
func (f *fakeConn) Closing() bool    { return f.closing != nil && f.closing() }
func (f *fakeConn) Buffered() uint64 { f.mu.Lock(); defer f.mu.Unlock(); return f.buffered }

func (f *fakeConn) Wait(done <-chan struct{}, below uint64) error { <-done; return context.Canceled }

// ends reports the end, as an engine does: once.
func (f *fakeConn) ends(code uint16, clean bool, why error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.over {
		f.over = true
		go f.Closed(code, "", clean, why)
	}
}

// lost is the end of a connection without a Close frame, as a browser tells it.
func (f *fakeConn) lost() { f.ends(1006, false, nil) }

// want compares what was sent on the connection.
func (f *fakeConn) want(sent string) {
	f.stage.t.Helper()
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if got := strings.Join(f.sent, " "); got != sent {
		f.stage.t.Errorf("sent %s\nwant %s", got, sent)
	}
}

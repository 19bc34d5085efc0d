package heartbeat_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/heartbeat"
)

// A stage is a connection whose peer is the test.
type stage struct {
	websocket.Sink

	mu    sync.Mutex
	began time.Time
	calls []string
}

func (s *stage) call(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, fmt.Sprintf("%v:", time.Since(s.began))+fmt.Sprintf(format, args...))
}

func (s *stage) Start()                             {}
func (s *stage) SendText(text string)               { s.call("text:%s", text) }
func (s *stage) SendBinary(b []byte)                { s.call("binary:%x", b) }
func (s *stage) SendBlob(websocket.BlobData) error  { return nil }
func (s *stage) SetBlobs(bool)                      {}
func (s *stage) Fail(why error)                     { s.Closed(1006, "", false, why) }
func (s *stage) Closing() bool                      { return false }
func (s *stage) Buffered() uint64                   { return 0 }
func (s *stage) Wait(<-chan struct{}, uint64) error { return nil }
func (s *stage) Close(code uint16, reason string) {
	s.call("close:%d:%s", code, reason)
	go s.Closed(code, reason, true, nil)
}

// open returns an open socket with a heartbeat, in a bubble.
func open(t *testing.T, h heartbeat.Heartbeat) (*websocket.WebSocket, *stage, func()) {
	t.Helper()
	s := &stage{}
	d := websocket.Dialer{Engine: func(url string, protocols []string, sink websocket.Sink) (websocket.Conn, error) {
		s.Sink = sink
		return s, nil
	}}
	ws, err := d.New("ws://h/")
	if err != nil {
		t.Fatal(err)
	}
	stop := h.Start(ws)
	ws.Start()
	s.began = time.Now()
	s.Opened("", "")
	return ws, s, stop
}

func (s *stage) want(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.calls, want) {
		t.Errorf("got  %q\nwant %q", s.calls, want)
	}
}

func TestSilence(t *testing.T) {
	for _, row := range []struct {
		rule string
		h    heartbeat.Heartbeat
		want []string
	}{
		{"the defaults", heartbeat.Heartbeat{}, []string{"20s:text:ping", "40s:close:4000:no heartbeat"}},
		{"a timeout of its own", heartbeat.Heartbeat{Interval: time.Minute, Timeout: time.Second}, []string{"1m0s:text:ping", "1m1s:close:4000:no heartbeat"}},
		{"a message and a code of its own", heartbeat.Heartbeat{Message: websocket.Binary([]byte{7}), Code: 3001, Reason: "r"},
			[]string{"20s:binary:07", "40s:close:3001:r"}},
		{"a code that Close does not take", heartbeat.Heartbeat{Code: 5}, []string{"20s:text:ping", "40s:close:0:"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dead := 0
				row.h.Dead = func() { dead++ }
				ws, s, _ := open(t, row.h)
				<-ws.Done()
				s.want(t, row.want...)
				if dead != 1 {
					t.Errorf("Dead was called %d times", dead)
				}
			})
		})
	}
}

// A message of any kind is a sign of life.
func TestTalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws, s, _ := open(t, heartbeat.Heartbeat{})
		for range 10 {
			time.Sleep(19 * time.Second)
			s.Text("news")
		}
		s.want(t)
		time.Sleep(31 * time.Second) // asked
		s.Binary(nil)
		time.Sleep(10 * time.Second)
		s.want(t, "3m40s:text:ping")
		ws.Close(1000, "")
		<-ws.Done()
		time.Sleep(time.Hour)
		s.want(t, "3m40s:text:ping", "3m51s:close:1000:")
	})
}

func TestAnswersAreHidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws, s, stop := open(t, heartbeat.Heartbeat{IsAnswer: func(d websocket.Data) bool { return d.Text() == "pong" }})
		var seen []string
		ws.OnMessage(func(e *websocket.MessageEvent) { seen = append(seen, e.Data.Text()) })
		for _, text := range []string{"a", "pong", "b"} {
			s.Text(text)
		}
		if got := strings.Join(seen, " "); got != "a b" {
			t.Errorf("got %s", got)
		}
		stop()
		s.Text("pong")
		if got := strings.Join(seen, " "); got != "a b pong" {
			t.Errorf("got %s", got)
		}
		time.Sleep(time.Hour)
		s.want(t)
		ws.Close(0, "")
		<-ws.Done()
	})
}

func server() string { return os.Getenv("TESTSERVER_WS") }

// soon is for a real peer, which says nothing or answers at once.
var soon = heartbeat.Heartbeat{Interval: 50 * time.Millisecond, Timeout: 50 * time.Millisecond}

func TestServerThatSaysNothing(t *testing.T) {
	ws, err := websocket.New(server() + "/slow?rate=1000000")
	if err != nil {
		t.Fatal(err)
	}
	soon.Start(ws)
	var end *websocket.CloseEvent
	ws.OnClose(func(e *websocket.CloseEvent) { end = e })
	if err := ws.Run(t.Context()); err != nil || end.Code != 4000 || !end.WasClean {
		t.Errorf("got %v, %+v", err, end)
	}
}

func TestServerThatAnswers(t *testing.T) {
	ws, err := websocket.New(server() + "/echo")
	if err != nil {
		t.Fatal(err)
	}
	heartbeat.Heartbeat{Interval: 10 * time.Millisecond, Timeout: time.Second}.Start(ws)
	answers := 0
	ws.OnMessage(func(e *websocket.MessageEvent) {
		if answers++; answers == 2 {
			ws.Close(1000, "")
		}
	})
	if err := ws.Run(t.Context()); err != nil {
		t.Error(err)
	}
}

// A socket that is open already is watched over from then on.
func TestStartWhenOpen(t *testing.T) {
	ws, err := websocket.New(server() + "/slow?rate=1000000")
	if err != nil {
		t.Fatal(err)
	}
	ws.OnOpen(func(websocket.Event) { soon.Start(ws) })
	var code uint16
	ws.OnClose(func(e *websocket.CloseEvent) { code = e.Code })
	if ws.Run(t.Context()); code != 4000 {
		t.Errorf("got %d", code)
	}
}

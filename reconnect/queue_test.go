package reconnect_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/reconnect"
)

func TestTheQueueLeavesBehindSubscribe(t *testing.T) {
	var socket *stage
	subscribe := func(ws *websocket.WebSocket, first bool) {
		socket.sends("meanwhile")
		if first {
			ws.Send(websocket.Text("hello"))
		} else {
			ws.Send(websocket.Text("hello again"))
		}
	}
	onStage(t, reconnect.Dialer{Subscribe: subscribe, Backoff: exact}, func(s *stage) {
		socket = s
		s.AddEventListener("open", func(websocket.Event) { s.sends("open") })
		s.sends("before Start")
		s.Start()
		f := s.next()
		s.sends("connecting")
		f.Opened("", "")
		s.sends("direct")
		f.want("hello before Start connecting meanwhile open direct")
		f.lost()
		synctest.Wait()
		s.sends("waiting")
		f = s.next()
		f.Opened("", "")
		f.want("hello again waiting meanwhile open")
	})
}

func TestWhatIsQueuedIsTheQueuesOwn(t *testing.T) {
	onStage(t, reconnect.Dialer{}, func(s *stage) {
		b := []byte{1, 2}
		must(t, s.Send(websocket.Binary(b)))
		b[0] = 9
		s.sends("a\xffb")
		if got := s.BufferedAmount(); got != 7 { // as it will be sent
			t.Errorf("got %d bytes, want 7", got)
		}
		s.Start()
		f := s.next()
		f.Opened("", "")
		f.want("0102 a\uFFFDb")
	})
}

// A message that no connection was given is not lost with one.
func TestTheRestOfTheQueueStays(t *testing.T) {
	onStage(t, reconnect.Dialer{Backoff: exact, Dialer: websocket.Dialer{
		Options: websocket.Options{MaxBufferedAmount: 3}, // fails the first connection in the middle
	}}, func(s *stage) {
		s.sends("ab", "cd", "ef")
		s.Start()
		f := s.next()
		f.Opened("", "")
		f.want("ab cd")
		f = s.next()
		f.Opened("", "")
		f.want("ef")
	})
}

func TestTheQueueIsBounded(t *testing.T) {
	for _, c := range []struct {
		name   string
		d      reconnect.Dialer
		send   string // one message a word
		refuse string // the words that Send refuses
		want   string // what leaves
	}{
		{"by messages", reconnect.Dialer{QueueMessages: 2}, "a b c", "c", "a b"},
		{"by bytes", reconnect.Dialer{QueueBytes: 4}, "abc de f", "de", "abc f"},
		{"by messages, newest", reconnect.Dialer{QueueMessages: 2, Queue: reconnect.QueueNewest}, "a b c d", "", "c d"},
		{"by bytes, newest", reconnect.Dialer{QueueBytes: 4, Queue: reconnect.QueueNewest}, "a b cd efg", "", "efg"},
		{"by bytes, newest, too long for it", reconnect.Dialer{QueueBytes: 4, Queue: reconnect.QueueNewest}, "a abcde b", "abcde", "a b"},
		{"by nothing", reconnect.Dialer{QueueMessages: -1, QueueBytes: -1}, strings.Repeat("abc ", 2000), "",
			strings.TrimSpace(strings.Repeat("abc ", 2000))},
		{"by default", reconnect.Dialer{}, strings.Repeat("a ", 1024) + "b", "b", strings.TrimSpace(strings.Repeat("a ", 1024))},
		{"dropped", reconnect.Dialer{Queue: reconnect.Drop}, "a b", "", ""},
		{"refused", reconnect.Dialer{Queue: reconnect.Fail}, "a b", "a b", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			onStage(t, c.d, func(s *stage) {
				var refused []string
				for _, word := range strings.Fields(c.send) {
					if err := s.Send(websocket.Text(word)); err != nil {
						refused = append(refused, word)
					}
				}
				if got := strings.Join(refused, " "); got != c.refuse {
					t.Errorf("got %q refused, want %q", got, c.refuse)
				}
				if got, want := s.BufferedAmount(), uint64(len(strings.ReplaceAll(c.want, " ", ""))); got != want {
					t.Errorf("got %d bytes queued, want %d", got, want)
				}
				s.Start()
				f := s.next()
				f.Opened("", "")
				f.want(c.want)
				s.sends("direct")
			})
		})
	}
}

func TestErrorsOfSendSayWhatWasSeen(t *testing.T) {
	onStage(t, reconnect.Dialer{QueueBytes: 4}, func(s *stage) {
		s.sends("abc")
		err := s.Send(websocket.Text("de"))
		var full *reconnect.QueueError
		if !errors.As(err, &full) || *full != (reconnect.QueueError{2, 1, 3, 1024, 4}) {
			t.Errorf("got %+v", full)
		}
		if want := "reconnect: Send: the queue is full: got 2 bytes to send with 1 messages of 3 bytes queued, want at most 1024 (QueueMessages) and 4 (QueueBytes)"; err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
	onStage(t, reconnect.Dialer{Queue: reconnect.Fail}, func(s *stage) {
		if err := s.Send(websocket.Text("x")); !errors.Is(err, websocket.ErrInvalidState) {
			t.Errorf("got %v, want an InvalidStateError", err)
		}
	})
}

// A Blob that the engine can't send is told when it is its turn.
func TestAQueuedMessageThatCantBeSentIsAnErrorEvent(t *testing.T) {
	onStage(t, reconnect.Dialer{}, func(s *stage) {
		var err error
		s.OnError(func(e *websocket.ErrorEvent) { err = e.Err })
		must(t, s.Send(websocket.FromBlob(websocket.NewBlob([]byte("blob"), ""))))
		s.sends("text")
		s.Start()
		f := s.next()
		f.Opened("", "")
		f.want("text")
		if !errors.Is(err, websocket.ErrNotSupported) {
			t.Errorf("got %v, want a NotSupportedError", err)
		}
	})
}

func TestBufferedAmountIsTheQueuesAndTheConnections(t *testing.T) {
	onStage(t, reconnect.Dialer{Backoff: exact}, func(s *stage) {
		amounts := func(want uint64) {
			t.Helper()
			synctest.Wait()
			if got := s.BufferedAmount(); got != want {
				t.Errorf("got %d, want %d", got, want)
			}
		}
		s.sends("abc")
		amounts(3)
		s.Start()
		f := s.next()
		amounts(3)
		f.Opened("", "")
		amounts(3)
		s.sends("de")
		amounts(5)
		f.lost()
		amounts(0) // gone with the connection
		s.sends("f")
		amounts(1)
		s.Close(1000, "")
		<-s.Done()
		amounts(1) // it never left
	})
}

// Send has seen one connection end, and before it can queue the message the next has opened and got the queue.
func TestAMessageIsNotQueuedBehindAnOpenConnection(t *testing.T) {
	onStage(t, reconnect.Dialer{Policy: few(1)}, func(s *stage) {
		s.Start()
		first := s.next()
		first.Opened("", "")
		var second *fakeConn
		first.closing = func() bool {
			first.closing = nil
			first.lost()
			second = s.next()
			second.Opened("", "")
			return true
		}
		s.sends("m")
		second.want("m")
	})
}

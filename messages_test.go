package websocket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

func TestOpenSeesEverythingSet(t *testing.T) {
	row{url: "/echo", protocols: []string{"chat"}, on: does{"open": also(
		notes(func(s *socket) any { return s.Protocol() + "," + s.Extensions() + "," + s.ReadyState().String() }),
		closes(1000, "")),
	}, want: "open/1 chat,,OPEN close:1000::true/3"}.run(t)
}

func TestMessages(t *testing.T) {
	long := strings.Repeat("x", 70000)
	runRows(t, []row{
		{name: "text", url: "/echo?", on: does{"open": send("héllo 🌍"), "text:héllo 🌍": closes(3000, "bye")},
			want: "open/1 text:héllo 🌍/1 close:3000:bye:true/3", sent: "request text:héllo 🌍 close:3000:bye server"},
		{name: "empty text", url: "/echo", on: does{"open": send(""), "text:": closes(1000, "")}, want: "open/1 text:/1 close:1000::true/3"},
		{name: "the zero Data is empty text", url: "/echo?", on: does{"open": func(s *socket) { must(s.t, s.Send(websocket.Data{})) },
			"text:": closes(1000, "")}, want: "open/1 text:/1 close:1000::true/3", sent: "request text: close:1000: server"},
		{name: "binary", url: "/echo?", on: does{"open": func(s *socket) { must(s.t, s.Send(websocket.Binary([]byte{0, 255, 7}))) },
			"binary:00ff07": closes(1000, "")}, want: "open/1 binary:00ff07/1 close:1000::true/3", sent: "request binary:00ff07 close:1000: server"},
		{name: "nil binary", url: "/echo?", on: does{"open": func(s *socket) { must(s.t, s.Send(websocket.Binary(nil))) },
			"binary:": closes(1000, "")}, want: "open/1 binary:/1 close:1000::true/3", sent: "request binary: close:1000: server"},
		{name: "a byte order mark is part of the text", url: "/echo?", on: does{"open": send("\uFEFFx"), "message": closes(1000, "")},
			want: "open/1 text:\uFEFFx/1 close:1000::true/3", sent: "request text:\uFEFFx close:1000: server"},
		{name: "NUL is part of the text", url: "/echo", on: does{"open": send("a\x00b"), "message": closes(1000, "")},
			want: "open/1 text:a\x00b/1 close:1000::true/3"},
		{name: "invalid UTF-8 becomes U+FFFD", url: "/echo?", on: does{"open": send("a\xffb\xed\xa0\x80"), "message": closes(1000, "")},
			want: "open/1 text:a\uFFFDb\uFFFD\uFFFD\uFFFD/1 close:1000::true/3"},
		{name: "every length encoding", url: "/echo", on: does{"open": send(long[:125], long[:126], long[:65535], long[:65536]),
			"message#65536": closes(1000, "")}, want: "open/1 message#125/1 message#126/1 message#65535/1 message#65536/1 close:1000::true/3"},
		{name: "fragments", url: raw("frame:0,1,hé", "frame:0,0,", "frame:1,0,llo", "close:1000", "expect:close", "end"),
			want: "open/1 text:héllo/1 close:1000::true/3"},
		{name: "a character split over fragments", url: raw("hex:0101c3", "hex:8001a9", "close:1000", "expect:close", "end"),
			want: "open/1 text:é/1 close:1000::true/3"},
		{name: "control frames between fragments", url: raw("frame:0,1,a", "ping:p", "frame:0,0,b", "pong:q", "frame:1,0,c", "expect:pong", "close:1000", "expect:close", "end"),
			want: "open/1 text:abc/1 close:1000::true/3", sent: "request pong:70 close:1000: server"},
		{name: "each byte a segment", url: raw("chunk:1", "text:héllo", "binary:000102", "close:1000:bye", "expect:close", "end"),
			want: "open/1 text:héllo/1 binary:000102/1 close:1000:bye:true/3"},
		{name: "many in one segment", url: raw("join", "repeat:3:text:a", "binary:", "text:z", "close:1000", "flush", "expect:close", "end"),
			want: "open/1 text:a/1 text:a/1 text:a/1 binary:/1 text:z/1 close:1000::true/3"},
		{name: "pings are answered in order", url: raw("ping:1", "ping:2", "ping:", "expect:pong", "expect:pong", "expect:pong", "close:1000", "expect:close", "end"),
			want: "open/1 close:1000::true/3", sent: "request pong:31 pong:32 pong: close:1000: server"},
		{name: "an unasked pong is ignored", url: raw("pong:x", "text:after", "close:1000", "expect:close", "end"),
			want: "open/1 text:after/1 close:1000::true/3"},
	})
}

func TestEchoOfTheEventsData(t *testing.T) {
	echo := func(e websocket.Event) {
		m := e.(*websocket.MessageEvent)
		must(t, m.Target().(*websocket.WebSocket).Send(m.Data))
	}
	row{url: raw("text:é", "binary:0102", "text:bye", "expect:text:bye", "close:1000", "expect:close", "end"),
		before: func(s *socket) { s.AddEventListener("message", echo) },
		want:   "open/1 text:é/1 binary:0102/1 text:bye/1 close:1000::true/3",
		sent:   "request text:é binary:0102 text:bye close:1000: server"}.run(t)
}

func TestMessageEventHasItsAttributes(t *testing.T) {
	row{url: "/send?text=hi", on: does{"text:hi": closes(1000, "")}, before: func(s *socket) {
		s.OnMessage(func(e *websocket.MessageEvent) {
			s.note(fmt.Sprint(e.Type(), " ", e.Origin() == os.Getenv("TESTSERVER_WS"), " ", e.LastEventID(), " ", e.IsTrusted(), e.Bubbles(), e.Cancelable(),
				e.Composed(), e.DefaultPrevented(), e.EventPhase(), e.Target() == websocket.EventTarget(s.WebSocket),
				e.CurrentTarget() == e.Target(), len(e.ComposedPath()), e.TimeStamp() > 0))
		})
	}, want: "open/1 text:hi/1 message true  true false false false false 2 true true 1 true close:1000::true/3"}.run(t)
}

func TestBinaryTypeIsReadAtDispatch(t *testing.T) {
	blobs := func(s *socket) { s.SetBinaryType(websocket.BlobType) }
	row{url: raw("join", "binary:01", "binary:0203", "binary:04", "flush", "close:1000", "expect:close", "end"), on: does{
		"binary:01": blobs,
		"blob:2": func(s *socket) {
			s.SetBinaryType("nonsense") // ignored
			s.note(string(s.BinaryType()))
			s.SetBinaryType(websocket.ArrayBuffer)
		},
	}, want: "open/1 binary:01/1 blob:2/1 blob binary:04/1 close:1000::true/3"}.run(t)
}

func TestDataConversions(t *testing.T) {
	text, binary := websocket.Text("é"), websocket.Binary([]byte{0xff, 'a'})
	if !text.IsText() || text.IsBinary() || string(text.Bytes()) != "é" || text.Size() != 2 || text.Blob() != nil {
		t.Errorf("text: %+v", text)
	}
	if binary.IsText() || !binary.IsBinary() || binary.Text() != "\xffa" || binary.Size() != 2 {
		t.Errorf("binary: %+v", binary)
	}
	if &binary.Bytes()[0] != &binary.Bytes()[0] {
		t.Error("Bytes of a binary message copies")
	}
}

func TestSendBeforeOpenIsAnInvalidState(t *testing.T) {
	row{url: raw("delay=1", "expect:close", "answer", "end"), before: func(s *socket) {
		err := s.Send(websocket.Text("x"))
		s.note(fmt.Sprint(errors.Is(err, websocket.ErrInvalidState), s.BufferedAmount()))
		s.Start()
		if s.ReadyState() == websocket.Connecting {
			err = s.Send(websocket.Text("x"))
			if err != nil && err.Error() != "websocket: Send: InvalidStateError: still connecting" {
				t.Errorf("got %q", err)
			}
		}
	}, on: does{"open": closes(1000, "")}, want: "true 0 open/1 close:1000::true/3"}.run(t)
}

func TestSendAfterCloseIsDroppedAndCounted(t *testing.T) {
	row{url: "/echo?", on: does{
		"open":  also(closes(1000, ""), send("dropped", "é"), notes(func(s *socket) any { return s.BufferedAmount() })),
		"close": also(send("late"), notes(func(s *socket) any { return s.BufferedAmount() })),
	}, want: "open/1 9 close:1000::true/3 13", sent: "request close:1000: server"}.run(t)
}

func TestBufferedAmountCountsPayloadInUTF8(t *testing.T) {
	row{url: "/echo", on: does{
		"open": also(send("é€"), notes(func(s *socket) any { return s.BufferedAmount() }),
			func(s *socket) { must(s.t, s.Send(websocket.Binary(make([]byte, 1000)))) }, notes(func(s *socket) any { return s.BufferedAmount() })),
		"message#1000": also(notes(func(s *socket) any { return s.BufferedAmount() }), closes(1000, "")),
	}, want: "open/1 5 1005 text:é€/1 message#1000/1 0 close:1000::true/3"}.run(t)
}

// A task sees the amount only grow: WebSockets Standard, 3.1.
func TestBufferedAmountDoesNotFallWhileAListenerRuns(t *testing.T) {
	row{url: "/echo", on: does{"open": func(s *socket) {
		must(s.t, s.Send(websocket.Binary(make([]byte, 5000))))
		begun := time.Now()
		for i := range 20000 { // the bytes have long left
			n := s.BufferedAmount()
			if time.Since(begun) > 70*time.Millisecond {
				break // natively a listener that takes longer counts as blocked
			}
			if n != 5000 {
				s.t.Errorf("got %d after %d looks", n, i)
				break
			}
		}
	}, "message": closes(1000, "")}, want: "open/1 message#5000/1 close:1000::true/3"}.run(t)
}

func TestAListenerThatWaitsForTheAmountToFallDoesNotHang(t *testing.T) {
	wait := func(s *socket) {
		must(s.t, s.Send(websocket.Binary(make([]byte, 500000))))
		for s.BufferedAmount() > 0 {
			time.Sleep(time.Millisecond)
		}
	}
	row{url: "/echo", on: does{"open": wait, "message": closes(1000, "")},
		want: "open/1 message#500000/1 close:1000::true/3"}.run(t)
}

func TestWaitBuffered(t *testing.T) {
	row{url: "/echo", on: does{"open": func(s *socket) {
		for range 50 {
			must(s.t, s.Send(websocket.Binary(make([]byte, 100000))))
			must(s.t, s.WaitBuffered(s.t.Context(), 200000))
			if n := s.BufferedAmount(); n > 200000 {
				s.t.Errorf("got %d", n)
			}
		}
		s.Send(websocket.Text("end"))
	}, "text:end": closes(1000, "")}, want: "open/1" + strings.Repeat(" message#100000/1", 50) + " text:end/1 close:1000::true/3"}.run(t)
}

func TestWaitBufferedEndsWithTheContextAndTheConnection(t *testing.T) {
	row{url: "/slow?rate=0", dialer: &websocket.Dialer{Options: websocket.Options{MaxBufferedAmount: 64 << 20}}, on: does{"open": func(s *socket) {
		must(s.t, s.Send(websocket.Binary(make([]byte, 64<<20))))
		gone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(s.t.Context())
		cancel(gone)
		if err := s.WaitBuffered(ctx, 0); err != gone {
			s.t.Errorf("got %v, want the context's cause", err)
		}
		must(s.t, s.Send(websocket.Binary(make([]byte, 64<<20)))) // one too many
		go func() {
			err := s.WaitBuffered(context.Background(), 0)
			if !errors.Is(err, websocket.ErrInvalidState) {
				s.t.Errorf("got %v, want an InvalidStateError", err)
			}
		}()
		runtime.Gosched()
	}}, want: "open/1 error/3 close:1006::false/3", err: "MaxBufferedAmount"}.run(t)
}

// WebSockets Standard, 3.1, send: "flag the WebSocket as full and close the connection".
func TestFullBufferFailsTheConnection(t *testing.T) {
	row{url: "/slow?rate=0", dialer: &websocket.Dialer{Options: websocket.Options{MaxBufferedAmount: 1000}}, on: does{
		"open": also(
			func(s *socket) { must(s.t, s.Send(websocket.Binary(make([]byte, 1000)))) },
			func(s *socket) { must(s.t, s.Send(websocket.Text("x"))) },
			notes(func(s *socket) any { return s.ReadyState() }),
			notes(func(s *socket) any { return s.BufferedAmount() >= 1001 })),
	}, want: "open/1 CLOSING true error/3 close:1006::false/3", err: "want at most 1000"}.run(t)
}

func TestSendCopies(t *testing.T) {
	row{url: "/echo?", on: does{"open": func(s *socket) {
		b := []byte{1, 2, 3}
		must(s.t, s.Send(websocket.Binary(b)))
		clear(b)
	}, "binary:010203": closes(1000, "")}, want: "open/1 binary:010203/1 close:1000::true/3"}.run(t)
}

func TestSendDoesNotBlockOnASlowPeer(t *testing.T) {
	row{url: "/slow?rate=0", on: does{"open": func(s *socket) {
		for range 200 {
			must(s.t, s.Send(websocket.Binary(make([]byte, 100000))))
		}
		s.note(fmt.Sprint(s.BufferedAmount() > 10*100000)) // the system takes some
	}}, before: func(s *socket) {
		// A drop from this side, since the peer never reads the Close frame.
		s.AddEventListener("open", func(websocket.Event) { s.DispatchEvent(websocket.NewEvent("sent", websocket.EventInit{})) })
		s.AddEventListener("sent", func(websocket.Event) { closes(3000, "")(s) })
	}, dialer: impatient(), want: "open/1 true error/3 close:1006::false/3", js: "open/1 true error/3 close:1006::false/3", why: "see impatient"}.run(t)
}

func TestManyGoroutinesSend(t *testing.T) {
	const senders, each = 8, 200
	got := 0
	s := newSocket(t, nil, os.Getenv("TESTSERVER_WS")+"/echo")
	s.OnOpen(func(websocket.Event) {
		for i := range senders {
			go func() {
				for j := range each {
					must(t, s.Send(websocket.Text(strings.Repeat("x", 1+(i*j)%100))))
				}
			}()
		}
	})
	s.OnMessage(func(*websocket.MessageEvent) {
		if got++; got == senders*each {
			s.Close(1000, "")
		}
	})
	s.Start()
	s.wait()
	if got != senders*each {
		t.Errorf("got %d messages, want %d", got, senders*each)
	}
}

func TestALargeMessage(t *testing.T) {
	data := make([]byte, 20<<20)
	for i := range data {
		data[i] = byte(i * 7 >> 3)
	}
	same := false
	row{url: "/echo", before: func(s *socket) {
		s.OnMessage(func(e *websocket.MessageEvent) { same = string(e.Data.Bytes()) == string(data) })
	}, on: does{"open": func(s *socket) { must(s.t, s.Send(websocket.Binary(data))) }, "message": closes(1000, "")},
		want: "open/1 message#20971520/1 close:1000::true/3"}.run(t)
	if !same {
		t.Error("the bytes differ")
	}
}

func TestReadLimit(t *testing.T) {
	limit := func(n int64) *websocket.Dialer { return &websocket.Dialer{Options: websocket.Options{ReadLimit: n}} }
	runRows(t, []row{
		{name: "at the limit", url: raw("text:12345", "binary:0102030405", "close:1000", "expect:close", "end"), dialer: limit(5),
			want: "open/1 text:12345/1 binary:0102030405/1 close:1000::true/3"},
		{name: "binary beyond", url: raw("binary:010203040506", "expect:close", "end"), dialer: limit(5),
			want: "open/1 error/3 close:1006::false/3", err: "ReadLimit"},
		{name: "text beyond", url: raw("text:123456", "expect:close", "end"), dialer: limit(5),
			want: "open/1 error/3 close:1006::false/3", err: "1009"},
		{name: "text beyond in UTF-8 alone", url: raw("text:ééé", "expect:close", "end"), dialer: limit(5),
			want: "open/1 error/3 close:1006::false/3", err: "ReadLimit"},
		{name: "fragments beyond", url: raw("frame:0,2,123", "frame:0,0,456", "sleep:300", "end"), dialer: limit(5),
			want: "open/1 error/3 close:1006::false/3", err: "ReadLimit",
			js: "open/1 close:1006::false/3", why: "a browser holds the fragments until the message is whole, which it never is here"},
		{name: "none", url: raw("text:123456", "close:1000", "expect:close", "end"), dialer: limit(-1),
			want: "open/1 text:123456/1 close:1000::true/3"},
	})
}

// WriteTo writes each kind's bytes, without copying them, those of a lent text too.
func TestDataWriteTo(t *testing.T) {
	blob := websocket.NewBlob(bytes.Repeat([]byte("0123456789"), 10_000), "")
	for _, c := range []struct {
		d    websocket.Data
		want string
	}{
		{websocket.Text("é"), "é"}, {websocket.Binary([]byte{0, 255}), "\x00\xFF"}, {websocket.Data{}, ""},
		{websocket.FromBlob(blob), strings.Repeat("0123456789", 10_000)},
	} {
		var b strings.Builder
		if n, err := c.d.WriteTo(&b); n != c.d.Size() || err != nil || b.String() != c.want {
			t.Errorf("got %d, %v and %d bytes, want %d", n, err, b.Len(), len(c.want))
		}
		why := errors.New("mine")
		if _, err := c.d.WriteTo(&failing{why}); err != why {
			t.Errorf("got %v, want the writer's error", err)
		}
	}
	lends := &websocket.Dialer{Options: websocket.Options{BorrowMessages: true}}
	row{url: "/send?text=h%C3%A9&close=1000", dialer: lends, before: func(s *socket) {
		s.OnMessage(func(e *websocket.MessageEvent) {
			var b strings.Builder
			copies := testing.AllocsPerRun(10, func() { e.Data.WriteTo(io.Discard) })
			e.Data.WriteTo(&b)
			s.note(fmt.Sprint(b.String(), " ", copies))
		})
	}, want: "open/1 text:hé/1 hé 0 close:1000::true/3"}.run(t)
}

type failing struct{ err error }

func (f *failing) Write([]byte) (int, error) { return 0, f.err }

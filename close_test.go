package websocket_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

// impatient is a Dialer whose closing handshakes fail soon. A browser waits as long as it likes: there the socket is failed by
// a full buffer instead.
func impatient() *websocket.Dialer {
	if browser {
		return &websocket.Dialer{Options: websocket.Options{MaxBufferedAmount: 200*100000 - 1}}
	}
	return &websocket.Dialer{Options: websocket.Options{CloseTimeout: 100 * time.Millisecond}}
}

func TestCloseChecksItsArgumentsInEveryState(t *testing.T) {
	check := func(s *socket) {
		before := s.ReadyState()
		for _, c := range []struct {
			code   uint16
			reason string
			want   error
		}{
			{1, "", websocket.ErrInvalidAccess}, {999, "", websocket.ErrInvalidAccess}, {1001, "", websocket.ErrInvalidAccess},
			{1005, "", websocket.ErrInvalidAccess}, {1006, "", websocket.ErrInvalidAccess}, {2999, "", websocket.ErrInvalidAccess},
			{5000, "", websocket.ErrInvalidAccess}, {65535, "", websocket.ErrInvalidAccess},
			{1000, strings.Repeat("x", 124), websocket.ErrSyntax}, {0, strings.Repeat("é", 62), websocket.ErrSyntax},
			{3000, strings.Repeat("\xff", 42), websocket.ErrSyntax}, // 126 bytes when it is UTF-8
			{1, strings.Repeat("x", 124), websocket.ErrInvalidAccess},
		} {
			if err := s.Close(c.code, c.reason); !errors.Is(err, c.want) {
				s.t.Errorf("in state %v: Close(%d, %q): got %v, want %v", before, c.code, c.reason, err, c.want)
			}
		}
		if s.ReadyState() != before {
			s.t.Errorf("the state went from %v to %v", before, s.ReadyState())
		}
	}
	row{url: "/echo?", before: check, on: does{"open": also(check, closes(1000, strings.Repeat("é", 61)+"x"), check), "close": check},
		want: "open/1 close:1000:" + strings.Repeat("é", 61) + "x:true/3"}.run(t)
}

func TestCloseByThisSide(t *testing.T) {
	at := func(do ...func(*socket)) does { return does{"open": also(do...)} }
	runRows(t, []row{
		{name: "no code", url: "/echo?", on: at(closes(0, "")), want: "open/1 close:1005::true/3", sent: "request close: server"},
		{name: "a reason without a code", url: "/echo?", on: at(closes(0, "x")), want: "open/1 close:1000:x:true/3", sent: "request close:1000:x server"},
		{name: "code and reason", url: "/echo?", on: at(closes(4999, "é")), want: "open/1 close:4999:é:true/3", sent: "request close:4999:é server"},
		{name: "invalid UTF-8 in the reason", url: "/echo?", on: at(closes(3000, "a\xff")), want: "open/1 close:3000:a\uFFFD:true/3"},
		{name: "the first call wins", url: "/echo?", on: at(closes(3000, "one"), closes(3001, "two")), want: "open/1 close:3000:one:true/3",
			sent: "request close:3000:one server"},
		{name: "the state is CLOSING at once", url: "/echo", on: at(closes(1000, ""), notes(func(s *socket) any { return s.ReadyState() })),
			want: "open/1 CLOSING close:1000::true/3"},
		{name: "the code is the one received", url: raw("expect:close", "close:3001:other", "end"), on: at(closes(3000, "mine")),
			want: "open/1 close:3001:other:true/3"},
		{name: "an empty answer", url: raw("expect:close", "close", "end"), on: at(closes(3000, "mine")), want: "open/1 close:1005::true/3"},
		{name: "messages that come after Close are dropped", url: raw("text:go", "expect:close", "text:a", "text:b", "close:1000:done", "end"),
			on: does{"text:go": closes(3000, "")}, want: "open/1 text:go/1 close:1000:done:true/3"},
		{name: "messages received before Close is called are dropped", url: raw("join", "text:1", "text:2", "text:3", "flush", "expect:close", "close:3000:after", "end"),
			on: does{"text:1": closes(1000, "")}, want: "open/1 text:1/1 close:3000:after:true/3"},
		{name: "the peer ends TCP in place of an answer", url: raw("expect:close", "end"), on: at(closes(1000, "")),
			want: "open/1 error/3 close:1006::false/3", err: "without a Close frame",
			js: "open/1 close:1006::false/3", why: "no error event for the end of TCP"},
		{name: "the peer does not answer", url: raw("expect:close", "sleep:500", "end"), on: at(closes(1000, "")), dialer: impatient(),
			want: "open/1 error/3 close:1006::false/3", err: "CloseTimeout",
			js: "open/1 close:1006::false/3", why: "the peer ends TCP before the browser's own minute is over"},
		{name: "all is sent before Close", url: raw("repeat:100:expect:message", "expect:close", "answer", "end"), on: at(func(s *socket) {
			for range 100 {
				must(s.t, s.Send(websocket.Binary(make([]byte, 60000))))
			}
			must(s.t, s.Close(1000, ""))
		}), want: "open/1 close:1000::true/3",
			sent: "request" + strings.Repeat(" binary#60000:sha1="+sha1Of60000Zeros, 100) + " close:1000: server"},
	})
}

const sha1Of60000Zeros = "93ddafec1fd66bdf45397ffee5003a0dc7f73120"

func TestCloseWhileConnecting(t *testing.T) {
	runRows(t, []row{
		{name: "after Start", url: raw("delay=3000"), before: func(s *socket) {
			s.Start()
			must(s.t, s.Close(3000, "x"))
			if state := s.ReadyState(); state < websocket.Closing {
				s.t.Errorf("got %v after Close", state)
			}
			must(s.t, s.Close(3001, "y"))
			must(s.t, s.Send(websocket.Text("é")))
			if n := s.BufferedAmount(); n != 2 {
				s.t.Errorf("got %d buffered, want 2", n)
			}
		}, want: failed, err: "before the connection was established"},
		{name: "before Start", url: "/echo", before: func(s *socket) {
			must(s.t, s.Close(1000, ""))
			s.note(fmt.Sprint(s.ReadyState()))
		}, want: "CLOSING " + failed, err: "before the connection was established"},
		{name: "while the peer says nothing", url: raw("delay=3000"), before: func(s *socket) {
			go func() { s.Close(1000, "") }()
		}, want: failed},
	})
}

func TestCloseByThePeer(t *testing.T) {
	runRows(t, []row{
		{name: "code and reason", url: "/close?code=3456&reason=bye", want: "open/1 close:3456:bye:true/3", sent: "request close:3456:bye server"},
		{name: "no code", url: "/close?", want: "open/1 close:1005::true/3", sent: "request close: server"},
		{name: "1001", url: "/close?code=1001", want: "open/1 close:1001::true/3", sent: "request close:1001: server"},
		{name: "1011", url: "/close?code=1011&reason=oops", want: "open/1 close:1011:oops:true/3"},
		{name: "4999", url: "/close?code=4999", want: "open/1 close:4999::true/3"},
		{name: "behind messages in one segment", url: raw("join", "text:a", "text:b", "close:1000:end", "flush", "expect:close", "end"),
			want: "open/1 text:a/1 text:b/1 close:1000:end:true/3"},
		{name: "data behind Close is nothing", url: raw("join", "close:1000", "text:late", "flush", "expect:close", "end"),
			want: "open/1 close:1000::true/3",
			js:   "open/1 error/3 close:1006::false/3", why: "Chromium fails a connection for a frame behind Close"},
		{name: "rubbish behind Close is nothing", url: raw("join", "close:1000", "hex:ffff", "flush", "expect:close", "end"),
			want: "open/1 close:1000::true/3", sent: "request close:1000: server"},
		{name: "Close in the middle of a fragmented message", url: raw("frame:0,1,half", "close:1000", "expect:close", "end"), want: "open/1 close:1000::true/3"},
		{name: "Close called afterwards sends no second frame", url: raw("text:x", "close:3000:theirs", "expect:close", "end"),
			on: does{"text:x": func(s *socket) {}, "close": closes(3001, "mine")}, want: "open/1 text:x/1 close:3000:theirs:true/3",
			sent: "request close:3000:theirs server"},
		{name: "the peer does not wait for the answer", url: raw("close:3000:x", "end"), want: "open/1 close:3000:x:true/3"},
		{name: "the peer ends half of TCP and waits for the answer", url: raw("close:3000:x", "fin", "expect:close", "end"),
			want: "open/1 close:3000:x:true/3", sent: "request close:3000:x server"},
		{name: "the peer never ends TCP", url: raw("close:3000:x", "expect:close", "hold"), want: "open/1 close:3000:x:true/3",
			sent: "request close:3000:x fin"},
	})
}

func TestEndOfTCP(t *testing.T) {
	const end, endJS, why = "open/1 error/3 close:1006::false/3", "open/1 close:1006::false/3", "a browser fires no error event for the end of TCP"
	runRows(t, []row{
		{name: "at once", url: raw("end"), want: end, js: endJS, why: why, err: "unexpected EOF"},
		{name: "behind messages", url: raw("join", "text:a", "text:b", "flush", "end"), want: "open/1 text:a/1 text:b/1 error/3 close:1006::false/3",
			js: "open/1 text:a/1 text:b/1 close:1006::false/3", why: why, err: "without a Close frame"},
		{name: "inside a header", url: raw("hex:81", "end"), want: end, js: endJS, why: why},
		{name: "inside a payload", url: raw("hex:8105616263", "end"), want: end, js: endJS, why: why},
		{name: "inside a fragmented message", url: raw("frame:0,1,abc", "end"), want: end, js: endJS, why: why},
		{name: "half", url: raw("text:a", "fin", "hold"), want: "open/1 text:a/1 error/3 close:1006::false/3",
			js: "open/1 text:a/1 close:1006::false/3", why: why},
	})
}

// A reset shows as an error in some browsers and not in others, so that is not asked.
func TestResetIsUnclean(t *testing.T) {
	for _, url := range []string{raw("rst"), raw("frame:0,1,abc", "rst"), raw("expect", "rst")} {
		s := newSocket(t, nil, server()+url)
		s.on = does{"open": send("x")}
		got := strings.ReplaceAll(s.run(), "error/3 ", "")
		if got != "open/1 close:1006::false/3" {
			t.Errorf("%s: got %s", url, got)
		}
	}
}

// A broken rule is answered with a Close frame that says which, and the event does not repeat it: RFC 6455 7.1.7.
func TestProtocolViolations(t *testing.T) {
	long := strings.Repeat("x", 126)
	closeWith := func(code int) string { return fmt.Sprintf("hex:8802%04x", code) }
	var rows []row
	for _, c := range []struct {
		name, bytes, code string
		taken             int // the close code, where Chromium takes it
	}{
		{"RSV1", "frame:1,65,x", "1002", -1},
		{"RSV2", "frame:1,33,x", "1002", -1},
		{"RSV3", "frame:1,17,x", "1002", -1},
		{"opcode 3", "frame:1,3,x", "1002", -1},
		{"opcode 7", "frame:1,7,x", "1002", -1},
		{"opcode 11", "frame:1,11,x", "1002", -1},
		{"opcode 15", "frame:1,15,x", "1002", -1},
		{"a masked frame", "hex:81810000000078", "1002", -1},
		{"a continuation of nothing", "frame:1,0,x", "1002", -1},
		{"a message inside a message", "hex:010161810162", "1002", -1},
		{"a fragmented ping", "frame:0,9,x", "1002", -1},
		{"a fragmented Close", "frame:0,8,", "1002", -1},
		{"a long ping", "frame:1,9," + long, "1002", -1},
		{"a long Close", "frame:1,8," + long, "1002", -1},
		{"a Close of one byte", "hex:880103", "1002", -1},
		{"close code 0", closeWith(0), "1002", 0},
		{"close code 999", closeWith(999), "1002", 999},
		{"close code 1004", closeWith(1004), "1002", 1004},
		{"close code 1005", closeWith(1005), "1002", -1},
		{"close code 1006", closeWith(1006), "1002", -1},
		{"close code 1015", closeWith(1015), "1002", -1},
		{"close code 1016", closeWith(1016), "1002", 1016},
		{"close code 2999", closeWith(2999), "1002", 2999},
		{"close code 5000", closeWith(5000), "1002", 5000},
		{"close code 65535", closeWith(65535), "1002", 65535},
		{"bad UTF-8 in a close reason", "hex:880303e8ff", "1007", -1},
		{"a length in too many bytes", "hex:817e0001", "1002", -1},
		{"a length in far too many bytes", "hex:817f0000000000000001", "1002", -1},
		{"the 63rd bit", "hex:817f8000000000000001", "1002", -1},
		{"bad UTF-8", "hex:8101ff", "1007", -1},
		{"an overlong encoding", "hex:8102c080", "1007", -1},
		{"a surrogate", "hex:8103eda080", "1007", -1},
		{"beyond U+10FFFF", "hex:8104f4908080", "1007", -1},
		{"text that ends inside a character", "hex:8101c3", "1007", -1},
		{"bad UTF-8 in the second fragment", "hex:0101c3800178", "1007", -1},
		{"bad UTF-8 at the fourth of 255 bytes", "hex:817e00ffceba63ff", "1007", -1},
	} {
		r := row{name: c.name, url: raw("text:ok", "expect", c.bytes, "expect:close", "end"), on: does{"text:ok": send("go")},
			want: "open/1 text:ok/1 error/3 close:1006::false/3", err: "(" + c.code + ")"}
		if c.taken >= 0 {
			r.js, r.why = fmt.Sprintf("open/1 text:ok/1 close:%d::true/3", c.taken), "Chromium takes any close code but 1005, 1006 and 1015"
		}
		rows = append(rows, r)
	}
	runRows(t, rows)
}

// What came before the violation is delivered, even in one segment with it.
func TestMessagesBeforeAViolation(t *testing.T) {
	row{url: raw("join", "text:a", "text:b", "frame:0,9,x", "flush", "expect:close", "end"), want: "open/1 text:a/1 text:b/1 error/3 close:1006::false/3",
		js: "open/1 error/3 close:1006::false/3", why: "Chromium parses all that came at once before it looks at any of it"}.run(t)
}

// The state changes without an event, and a barrier shows it: the answer is sent, TCP is not yet ended.
func TestPeersCloseMakesTheStateClosing(t *testing.T) {
	s := newSocket(t, nil, server()+raw("close:3000", "expect:close", "sleep:300", "end"))
	seen := make(chan websocket.ReadyState, 1)
	s.on = does{"open": func(s *socket) {
		go func() {
			for s.ReadyState() == websocket.Open {
				time.Sleep(time.Millisecond)
			}
			seen <- s.ReadyState()
		}()
	}}
	if got := s.run(); got != "open/1 close:3000::true/3" {
		t.Errorf("got %s", got)
	}
	if state := <-seen; state != websocket.Closing {
		t.Errorf("got %v before the close event, want CLOSING", state)
	}
}

func TestRun(t *testing.T) {
	ws, _ := websocket.New(server() + "/close?code=4001&reason=why")
	if err := ws.Run(t.Context()); err != nil {
		t.Errorf("a clean close: got %v", err)
	}
	ws, _ = websocket.New(server() + "/status?code=404")
	var ended *websocket.WebSocketError
	if err := ws.Run(t.Context()); !errors.As(err, &ended) || ended.CloseCode != 1006 || ended.Reason != "" || errors.Unwrap(ended) == nil {
		t.Errorf("a failed handshake: got %v", err)
	}
}

//go:build js

package websocket_test

import (
	"context"
	"errors"
	"net/url"
	"runtime"
	"strings"
	"syscall/js"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

// made has JavaScript make a WebSocket.
func made(url string, protocols ...any) js.Value {
	return js.Global().Get("WebSocket").New(url, protocols)
}

// madeOpen is made, when its open event has come.
func madeOpen(t *testing.T, url string, protocols ...any) js.Value {
	t.Helper()
	value := made(url, protocols...)
	next(value, "open")
	return value
}

// next waits for an object's next event of the type.
func next(target js.Value, typ string) (event js.Value) {
	got := make(chan js.Value, 1)
	listener := js.FuncOf(func(_ js.Value, args []js.Value) any {
		got <- args[0]
		return nil
	})
	defer listener.Release()
	target.Call("addEventListener", typ, listener, map[string]any{"once": true})
	return <-got
}

// adopt makes a socket with a trace of a WebSocket of JavaScript's.
func adopt(t *testing.T, d *websocket.Dialer, value js.Value) *socket {
	t.Helper()
	ws, err := d.FromJS(value)
	if err != nil {
		t.Fatal(err)
	}
	return traced(t, ws)
}

func (s *socket) wants(trace string) {
	s.t.Helper()
	if got := s.run(); got != trace {
		s.t.Errorf("got  %s\nwant %s", got, trace)
	}
}

var defaults = new(websocket.Dialer)

func TestSocketToJavaScript(t *testing.T) {
	s := newSocket(t, nil, server()+"/echo", "chat")
	if !s.JSValue().IsNull() {
		t.Errorf("before Start: got %v, want null", s.JSValue())
	}
	s.on = does{
		"open": func(s *socket) {
			v := s.JSValue()
			if !v.InstanceOf(js.Global().Get("WebSocket")) || v.Get("url").String() != s.URL() || v.Get("protocol").String() != "chat" {
				t.Errorf("got %v with the URL %v", v, v.Get("url"))
			}
			v.Call("send", "by JavaScript")
		},
		"text:by JavaScript": func(s *socket) { s.JSValue().Call("close", 3000, "by JavaScript") },
	}
	s.wants("open/1 text:by JavaScript/1 close:3000:by JavaScript:true/3")
	if state := s.JSValue().Get("readyState").Int(); state != 3 {
		t.Errorf("after the end: got readyState %d", state)
	}

	over, f := fake(t, websocket.Options{})
	over.Start()
	f.Opened("", "")
	if v := over.JSValue(); !v.IsNull() {
		t.Errorf("over another engine: got %v, want null", v)
	}
	f.Closed(1000, "", true, nil)
}

func TestOpenSocketFromJavaScript(t *testing.T) {
	value := madeOpen(t, server()+"/echo?deflate=1", "chat")
	s := adopt(t, defaults, value)
	if s.ReadyState() != websocket.Open || s.URL() != server()+"/echo?deflate=1" || s.Protocol() != "chat" ||
		!strings.HasPrefix(s.Extensions(), "permessage-deflate") || !s.JSValue().Equal(value) {
		t.Errorf("got %v %s %q %q", s.ReadyState(), s.URL(), s.Protocol(), s.Extensions())
	}
	must(t, s.Send(websocket.Text("before Start")))
	s.AddEventListener("message", func(e websocket.Event) {
		if got := e.(*websocket.MessageEvent).Origin(); got != server() {
			t.Errorf("got the origin %q, want %q", got, server())
		}
	})
	s.on = does{
		"text:before Start": func(s *socket) { must(t, s.Send(websocket.Binary([]byte{1, 2}))) },
		"binary:0102": func(s *socket) {
			s.SetBinaryType(websocket.BlobType)
			must(t, s.Send(websocket.FromBlob(websocket.NewBlob([]byte("abc"), ""))))
		},
		"blob:3": closes(3000, "bye"),
	}
	s.wants("text:before Start/1 binary:0102/1 blob:3/1 close:3000:bye:true/3")
}

func TestConnectingSocketFromJavaScript(t *testing.T) {
	s := adopt(t, defaults, made(server()+"/echo", "chat"))
	if err := s.Send(websocket.Text("x")); s.ReadyState() != websocket.Connecting || s.Protocol() != "" || !errors.Is(err, websocket.ErrInvalidState) {
		t.Errorf("got %v, protocol %q, Send: %v", s.ReadyState(), s.Protocol(), err)
	}
	s.on = does{"open": also(notes(func(s *socket) any { return s.Protocol() }), send("x")), "text:x": closes(1000, "")}
	s.wants("open/1 chat text:x/1 close:1000::true/3")

	// It opens before Start: its event waits for that.
	value := made(server() + "/echo")
	s = adopt(t, defaults, value)
	next(value, "open")
	if s.ReadyState() != websocket.Connecting {
		t.Errorf("before Start: got %v", s.ReadyState())
	}
	s.on = does{"open": closes(1000, "")}
	s.wants("open/1 close:1000::true/3")

	adopt(t, defaults, made(server()+"/status?code=404")).wants("error/3 close:1006::false/3")
	adopt(t, &websocket.Dialer{Options: websocket.Options{HandshakeTimeout: 50 * time.Millisecond}}, made(server()+raw("delay=20000"))).
		wants("error/3 close:1006::false/3")
}

func TestEndingSocketFromJavaScript(t *testing.T) {
	closing := madeOpen(t, server()+"/echo")
	closing.Call("close", 3000, "JavaScript's")
	s := adopt(t, defaults, closing)
	if s.ReadyState() != websocket.Closing {
		t.Errorf("got %v, want CLOSING", s.ReadyState())
	}
	must(t, s.Send(websocket.Text("dropped")))
	if n := s.BufferedAmount(); n != 7 {
		t.Errorf("got bufferedAmount %d, want 7", n)
	}
	must(t, s.Close(4000, "late"))
	s.wants("close:3000:JavaScript's:true/3")

	const lost = "error/3 close:1006::false/3"
	s = adopt(t, defaults, closing)
	if s.ReadyState() != websocket.Closed {
		t.Errorf("got %v, want CLOSED", s.ReadyState())
	}
	s.wants(lost)
	if !strings.Contains(s.failure.Error(), "closed before Start") {
		t.Errorf("got %v", s.failure)
	}

	for _, wait := range []string{"open", "close"} { // the states at FromJS
		value := made(server() + "/close?code=3000")
		if wait == "close" {
			next(value, "open")
		}
		s = adopt(t, defaults, value)
		next(value, "close")
		s.wants(lost)
	}
	ws, err := websocket.FromJS(closing)
	if err != nil {
		t.Fatal(err)
	}
	var failed *websocket.WebSocketError
	if err := ws.Run(t.Context()); !errors.As(err, &failed) || failed.CloseCode != 1006 {
		t.Errorf("Run: got %v", err)
	}
}

func TestCloseBeforeStartClosesWhatJavaScriptMade(t *testing.T) {
	value := made(server() + raw("delay=20000"))
	s := adopt(t, defaults, value)
	must(t, s.Close(1000, ""))
	if state := value.Get("readyState").Int(); state < 2 {
		t.Errorf("got the object's readyState %d, want CLOSING", state)
	}
	s.wants("error/3 close:1006::false/3")

	value = madeOpen(t, server()+"/echo")
	s = adopt(t, defaults, value)
	must(t, s.Close(3000, "x"))
	s.wants("close:3000:x:true/3")
}

func TestJavaScriptListensToo(t *testing.T) {
	value := madeOpen(t, server()+"/echo")
	var heard []string
	slot := js.FuncOf(func(_ js.Value, args []js.Value) any {
		heard = append(heard, args[0].Get("data").String())
		return nil
	})
	defer slot.Release()
	value.Set("onmessage", slot)
	s := adopt(t, defaults, value)
	s.on = does{"text:a": also(func(s *socket) { value.Call("send", "b") }), "text:b": closes(1000, "")}
	value.Call("send", "a")
	s.wants("text:a/1 text:b/1 close:1000::true/3")
	if strings.Join(heard, "") != "ab" || !value.Get("onmessage").Equal(slot.Value) {
		t.Errorf("JavaScript heard %q", heard)
	}
}

func TestFromJSWantsAWebSocket(t *testing.T) {
	object := func(script string) js.Value { return js.Global().Call("eval", "("+script+")") }
	const whole = "send() {}, close() {}, addEventListener() {}, removeEventListener() {}, readyState: 1"
	for _, c := range []struct {
		value js.Value
		want  string
	}{
		{js.Undefined(), "SyntaxError: got a value of type undefined, want a WebSocket"},
		{js.Null(), "SyntaxError: got a value of type null, want a WebSocket"},
		{js.ValueOf("ws://h"), "SyntaxError: got a value of type string, want a WebSocket"},
		{js.Global().Call("BigInt", 7), "SyntaxError: got a value of type bigint, want a WebSocket"},
		{js.Global().Get("WebSocket"), "SyntaxError: got a value of type function, want a WebSocket"},
		{object("{}"), "SyntaxError: got an object without send, close, addEventListener, removeEventListener, readyState, want a WebSocket"},
		{object("new EventTarget"), "SyntaxError: got an object without send, close, readyState, want a WebSocket"},
		{object("{" + whole + ", readyState: '1'}"), "SyntaxError: got an object without readyState, want a WebSocket"},
		{object("WebSocket.prototype"), "TypeError: Illegal invocation"},
		{object("{" + whole + ", get send() { throw new RangeError('mine') }}"), "RangeError: mine"},
	} {
		ws, err := websocket.FromJS(c.value)
		if want := "websocket: FromJS: " + c.want; ws != nil || err == nil || err.Error() != want ||
			errors.Is(err, websocket.ErrSyntax) != strings.HasPrefix(c.want, "Syntax") {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	stream := &websocket.Dialer{Options: websocket.Options{ReadQueueLimit: 1}}
	if _, err := stream.FromJS(object("{" + whole + "}")); !errors.Is(err, websocket.ErrNotSupported) {
		t.Errorf("ReadQueueLimit: got %v", err)
	}
	header := &websocket.Dialer{Options: websocket.Options{Header: map[string][]string{}}}
	if _, err := header.FromJS(object("{" + whole + "}")); !errors.Is(err, websocket.ErrNotSupported) || !strings.HasSuffix(err.Error(), "honour: Header") {
		t.Errorf("Header: got %v", err)
	}
	engine := &websocket.Dialer{Engine: func(string, []string, websocket.Sink) (websocket.Conn, error) { return nil, nil }}
	if _, err := engine.FromJS(object("{" + whole + "}")); !errors.Is(err, websocket.ErrNotSupported) {
		t.Errorf("Engine: got %v", err)
	}
}

func TestOptionsOfASocketFromJavaScript(t *testing.T) {
	limited := &websocket.Dialer{Options: websocket.Options{ReadLimit: 4}}
	for _, kind := range []string{"text=éé&text=12345", "binary=01020304&binary=0102030405"} {
		s := adopt(t, limited, made(server()+"/send?"+kind))
		if got := s.run(); !strings.HasSuffix(got, "/1 error/3 close:1006::false/3") || strings.Count(got, " ") != 3 {
			t.Errorf("ReadLimit: got %s", got)
		}
		if !strings.Contains(s.failure.Error(), "want at most 4 (ReadLimit)") {
			t.Errorf("got %v", s.failure)
		}
	}
	full := adopt(t, &websocket.Dialer{Options: websocket.Options{MaxBufferedAmount: 3}}, madeOpen(t, server()+"/echo"))
	must(t, full.Send(websocket.Text("1234")))
	full.wants("error/3 close:1006::false/3")

	var first, second []byte
	borrows := adopt(t, &websocket.Dialer{Options: websocket.Options{BorrowMessages: true}}, made(server()+"/send?binary=0102&binary=0304&close=1000"))
	borrows.OnMessage(func(e *websocket.MessageEvent) { first, second = second, e.Data.Bytes() })
	borrows.wants("open/1 binary:0102/1 binary:0304/1 close:1000::true/3")
	if &first[0] != &second[0] {
		t.Error("BorrowMessages: each message has memory of its own")
	}

	var lines []string
	trace := adopt(t, &websocket.Dialer{Trace: websocket.TraceLines(func(line string) { lines = append(lines, line) })}, made(server()+"/echo"))
	trace.on = does{"open": send("abc"), "text:abc": closes(1000, "")}
	trace.run()
	want := "state CONNECTING to OPEN, sent text, 3 bytes, received text, 3 bytes, state OPEN to CLOSING, state CLOSING to CLOSED, " +
		`closed with 1000 "", clean`
	if got := strings.Join(lines, ", "); got != want {
		t.Errorf("Trace: got  %s\nwant %s", got, want)
	}
}

func TestWaitBufferedOfASocketFromJavaScript(t *testing.T) {
	s := adopt(t, defaults, madeOpen(t, server()+"/echo"))
	s.Start()
	for range 16 {
		must(t, s.Send(websocket.Binary(make([]byte, 1<<20))))
	}
	if n := s.BufferedAmount(); n != 16<<20 {
		t.Errorf("got bufferedAmount %d, want %d", n, 16<<20)
	}
	must(t, s.WaitBuffered(t.Context(), 0))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	must(t, s.Close(1000, ""))
	must(t, s.Send(websocket.Text("late")))
	if err := s.WaitBuffered(ended, 0); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	s.wait()
	if err := s.WaitBuffered(t.Context(), 0); !errors.Is(err, websocket.ErrInvalidState) || s.BufferedAmount() != 4 {
		t.Errorf("got %v, %d", err, s.BufferedAmount())
	}
}

func TestGoexitInListenersOfASocketFromJavaScript(t *testing.T) {
	s := adopt(t, defaults, made(server()+"/send?text=a&text=b&close=1000"))
	exit := func(*socket) { runtime.Goexit() }
	s.on = does{"open": exit, "message": exit, "close": exit}
	s.wants("open/1 text:a/1 text:b/1 close:1000::true/3")
}

// A socket that nobody needs is closed, whoever made the object under it. Before Start it is JavaScript's alone.
func TestUnreachableSocketFromJavaScriptIsClosed(t *testing.T) {
	id := newID(t)
	value := madeOpen(t, server()+"/echo?id="+url.QueryEscape(id))
	collected := make(chan struct{})
	func() {
		s, err := websocket.FromJS(value)
		must(t, err)
		s.OnMessage(func(*websocket.MessageEvent) {})
		runtime.AddCleanup(s, func(c chan struct{}) { close(c) }, collected)
	}()
	collect(t, collected)
	if state := value.Get("readyState").Int(); state != 1 {
		t.Errorf("never started: got readyState %d, want OPEN", state)
	}
	func() {
		s, err := websocket.FromJS(value)
		must(t, err)
		s.Start()
	}()
	wantCollected(t, id, "request close: server")
}

// pair makes two sockets of a service's own kind, as a server on an edge network has them: no url, bufferedAmount or protocol;
// send and close throw before accept and behind the end.
const pair = `(() => {
	class Half extends EventTarget {
		readyState = 1;
		accept() { this.accepted = true; }
		check(what) { if (!this.accepted || this.readyState === 3) throw new TypeError("can't " + what); }
		send(data) {
			this.check("send");
			if (ArrayBuffer.isView(data)) data = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
			this.other.emit(new MessageEvent("message", {data}));
		}
		close(code = 1005, reason = "") {
			this.check("close");
			for (const half of [this, this.other]) {
				half.emit(new CloseEvent("close", {code, reason, wasClean: true}), () => { half.readyState = 3; });
			}
		}
		emit(event, first = () => {}) { setTimeout(() => { first(); this.dispatchEvent(event); }); }
	}
	const halves = [new Half, new Half];
	halves[0].other = halves[1];
	halves[1].other = halves[0];
	return halves;
})()`

// halves are a pair of which one is a socket in Go, the other JavaScript's.
func halves(t *testing.T, d *websocket.Dialer) (s *socket, half, other js.Value) {
	t.Helper()
	both := js.Global().Call("eval", pair)
	return adopt(t, d, both.Index(0)), both.Index(0), both.Index(1)
}

func TestSocketOfAServicesOwnKind(t *testing.T) {
	s, half, other := halves(t, defaults)
	if s.ReadyState() != websocket.Open || s.URL() != "" || s.Protocol() != "" || s.Extensions() != "" || s.BufferedAmount() != 0 {
		t.Errorf("got %v %q %q %q %d", s.ReadyState(), s.URL(), s.Protocol(), s.Extensions(), s.BufferedAmount())
	}
	s.AddEventListener("message", func(e websocket.Event) {
		if got := e.(*websocket.MessageEvent).Origin(); got != "" {
			t.Errorf("got the origin %q", got)
		}
	})
	half.Call("accept")
	other.Call("accept")
	answered := make(chan string, 1)
	s.on = does{"text:last": func(s *socket) {
		must(t, s.Send(websocket.Text("\uFEFFhéllo")))
		answered <- next(other, "message").Get("data").String()
		must(t, s.Close(4000, "bye"))
	}}
	eval := js.Global().Get("eval")
	for _, message := range []string{`"text"`, `new Uint8Array([1, 2]).buffer`, `new Blob(["abc"])`, `new DataView(new ArrayBuffer(4), 1, 2)`,
		`({})`, `null`, `7`, `7n`, `Symbol()`, `"last"`} {
		half.Call("emit", js.Global().Get("MessageEvent").New("message", map[string]any{"data": eval.Invoke(message)}))
	}
	js.Global().Call("setTimeout", half.Get("send").Call("bind", other, "last"), 0)
	s.wants("text:text/1 binary:0102/1 binary:616263/1 binary:0000/1 text:last/1 close:4000:bye:true/3")
	if got := <-answered; got != "\uFEFFhéllo" {
		t.Errorf("the other half got %q", got)
	}
}

// Where a service's object throws, or says by its error event why, the connection fails with that.
func TestSocketOfAServicesOwnKindFails(t *testing.T) {
	const failed = "error/3 close:1006::false/3"
	for _, c := range []struct {
		name string
		do   func(s *socket, half, other js.Value)
		want string
	}{
		{"Send before accept", func(s *socket, _, _ js.Value) { must(t, s.Send(websocket.Text("x"))) }, "websocket: TypeError: can't send"},
		{"Close before accept", func(s *socket, _, _ js.Value) { must(t, s.Close(1000, "")) }, "websocket: TypeError: can't close"},
		{"a send that throws what is no error", func(s *socket, half, _ js.Value) {
			half.Set("send", js.Global().Call("eval", `() => { throw "mine" }`))
			must(t, s.Send(websocket.Text("x")))
		}, "websocket: Error: mine"},
		{"an error event with a message", func(s *socket, half, other js.Value) {
			half.Call("dispatchEvent", js.Global().Get("ErrorEvent").New("error", map[string]any{"message": "mine"}))
			half.Call("dispatchEvent", js.Global().Get("CloseEvent").New("close", map[string]any{"code": 1006}))
		}, "websocket: mine"},
		{"a close event without what it should have", func(s *socket, half, other js.Value) {
			half.Call("dispatchEvent", js.Global().Get("Event").New("error"))
			half.Call("dispatchEvent", js.Global().Get("Event").New("close"))
		}, "only its console"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, half, other := halves(t, defaults)
			s.Start()
			c.do(s, half, other)
			if got := strings.Replace(s.run(), "close:0:", "close:1006:", 1); got != failed || !strings.Contains(s.failure.Error(), c.want) {
				t.Errorf("got %s and %v, want %s and %s", got, s.failure, failed, c.want)
			}
		})
	}
}

// Events that a page makes and dispatches to the object are no reason to end the program.
func TestEventsThatThePageMade(t *testing.T) {
	value := madeOpen(t, server()+"/echo")
	s := adopt(t, defaults, value)
	s.on = does{"text:mine": closes(1000, "")}
	s.Start()
	for _, event := range []string{`new Event("message")`, `new MessageEvent("message", {data: 7})`, `new Event("open")`, `new MessageEvent("message", {data: "mine"})`} {
		value.Call("dispatchEvent", js.Global().Call("eval", event))
	}
	s.wants("text:mine/1 close:1000::true/3")
}

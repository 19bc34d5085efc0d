//go:build js

package js

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// recorder is a sink that keeps what it is told.
type recorder struct {
	t      *testing.T
	conn   Conn
	trace  []string
	at     map[string]func() // what to do at an event
	count  bool              // count messages instead of keeping them
	n      int
	ended  chan struct{}
	reason error
}

func (r *recorder) note(event string) {
	r.trace = append(r.trace, event)
	if do := r.at[event]; do != nil {
		do()
	}
}

func (r *recorder) Opened(protocol, extensions string) { r.note("opened") }
func (r *recorder) Text(s string)                      { r.message("text:" + s) }
func (r *recorder) Binary(b []byte)                    { r.message(fmt.Sprintf("binary:%d", len(b))) }
func (r *recorder) Blob(b Blob)                        { r.message(fmt.Sprintf("blob:%d", b.Size())) }
func (r *recorder) Received(time.Duration)             {}
func (r *recorder) Tracer() Tracer                     { return nil }
func (r *recorder) Closing()                           { r.t.Error("a browser tells of no closing") }

func (r *recorder) message(m string) {
	r.n++
	if !r.count {
		r.note(m)
	}
}

func (r *recorder) Closed(code uint16, reason string, clean bool, failure error) {
	defer close(r.ended)
	r.reason = failure
	r.note(fmt.Sprintf("closed:%d:%s:%t:%t", code, reason, clean, failure != nil))
}

// run runs a connection to its end.
func run(t *testing.T, url string, prepare func(r *recorder)) *recorder {
	t.Helper()
	r := &recorder{t: t, at: map[string]func(){}, ended: make(chan struct{})}
	conn, err := Open(url, nil, Options{}, r)
	if err != nil {
		t.Fatal(err)
	}
	r.conn = conn
	if prepare != nil {
		prepare(r)
	}
	conn.Start()
	r.wait()
	return r
}

func (r *recorder) wait() {
	r.t.Helper()
	select {
	case <-r.ended:
	case <-time.After(30 * time.Second):
		r.t.Fatalf("no end after %v", r.trace)
	}
}

func server(t *testing.T) string {
	t.Helper()
	s := os.Getenv("TESTSERVER_WS")
	if s == "" {
		t.Fatal("TESTSERVER_WS is not set: run the tests under testserver, as make test does")
	}
	return s
}

func TestEveryEndLeavesNothing(t *testing.T) {
	broken := errors.New("given up")
	for _, c := range []struct {
		name, url, want string
		prepare         func(r *recorder)
	}{
		{"a clean close", server(t) + "/close?code=3000&reason=x", "opened closed:3000:x:true:false", nil},
		{"a failed handshake", server(t) + "/status?code=404", "closed:1006::false:true", nil},
		{"the end of TCP", server(t) + "/raw?do=end", "opened closed:1006::false:false", nil},
		{"a URL that the browser refuses", "ws://h:99999/", "closed:1006::false:true", nil},
		{"Fail while connecting", server(t) + "/raw?delay=5000", "closed:1006::false:true", func(r *recorder) { go r.conn.Fail(broken) }},
		{"Fail when open", server(t) + "/echo", "opened closed:1006::false:true", func(r *recorder) {
			r.at["opened"] = func() { r.conn.Fail(broken) }
		}},
		{"Fail in a flood", server(t) + "/send?n=1000&size=10", "opened closed:1006::false:true", func(r *recorder) {
			r.count = true
			r.at["opened"] = func() { r.conn.Fail(broken) }
		}},
		{"Close in a flood", server(t) + "/send?n=1000&size=10", "opened closed:1000::true:false", func(r *recorder) {
			r.count = true
			r.at["opened"] = func() { r.conn.Close(1000, "") }
		}},
		{"Goexit", server(t) + "/send?text=a&text=b&close=1000", "opened text:a text:b closed:1000::true:false", func(r *recorder) {
			for _, event := range []string{"opened", "text:a", "text:b", "closed:1000::true:false"} {
				r.at[event] = runtime.Goexit
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T) {
				r := run(t, c.url, c.prepare)
				if got := strings.Join(r.trace, " "); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
				if n := running.live; n != 0 {
					t.Errorf("%d connections are left that ready finds", n)
				}
				before := r.conn.Buffered()
				r.conn.SendText("late")
				r.conn.SendBinary(make([]byte, 3))
				if n := r.conn.Buffered(); n != before+7 {
					t.Errorf("Buffered went from %d to %d, want 7 more", before, n)
				}
			})
		})
	}
}

// To wake Go is what costs most.
func TestGoIsNotWokenForEachMessage(t *testing.T) { wakesFor(t, 10000) }

// wakesFor wants few wakes for a flood of messages.
func wakesFor(t *testing.T, messages int) {
	before := wakes.Load()
	flood(t, messages)
	if woken := wakes.Load() - before; woken > int64(messages/10) {
		t.Errorf("%d wakes for %d messages", woken, messages)
	} else {
		t.Logf("%d wakes for %d messages", woken, messages)
	}
}

func flood(t *testing.T, messages int) {
	r := run(t, server(t)+fmt.Sprintf("/send?n=%d&size=16&type=binary&close=1000", messages), func(r *recorder) { r.count = true })
	if r.n != messages {
		t.Errorf("got %d messages, want %d", r.n, messages)
	}
}

// A page may dispatch messages at the socket, also while Go runs: its listeners are called before the call returns.
func TestMessagesThatAPageMakes(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		got := run(t, server(t)+"/echo", func(r *recorder) {
			dispatch := func(data any) {
				event := global.Get("MessageEvent").New("message", map[string]any{"data": data})
				SocketValue(r.conn).Call("dispatchEvent", event)
			}
			r.at["opened"] = func() {
				dispatch("in a listener")
				gone := uint8Array.New(3).Get("buffer")
				dispatch(gone)
				if shared() != nil { // without it a buffer must stay
					global.Call("structuredClone", gone, map[string]any{"transfer": []any{gone}})
				}
				go func() {
					dispatch("in a goroutine")
					dispatch(nil)
					dispatch("last")
				}()
			}
			r.at["text:last"] = func() { r.conn.Close(1000, "") }
		})
		want := "opened text:in a listener binary:0 text:in a goroutine binary:0 text:last closed:1000::true:false"
		if shared() == nil {
			want = strings.Replace(want, "binary:0", "binary:3", 1)
		}
		if got := strings.Join(got.trace, " "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// A program that is run by something else than wasm_exec.js is told so.
func TestNoProgramToResume(t *testing.T) {
	was := program
	program = object.New()
	t.Cleanup(func() { program = was })
	if conn, err := Open("ws://localhost/", nil, Options{}, &recorder{}); conn != nil || err != errNoSocket {
		t.Errorf("got %v and %v, want %v", conn, err, errNoSocket)
	}
}

func TestMessagesInAFloodKeepTheirOrder(t *testing.T) { onBoth(t, keepTheirOrder) }

func keepTheirOrder(t *testing.T) {
	next := 0
	r := run(t, server(t)+"/send?n=5000&size=8&type=text&close=1000", func(r *recorder) {
		for i := range 5000 {
			r.at[fmt.Sprintf("text:%d%s", i, strings.Repeat(".", 8-len(fmt.Sprint(i))))] = func() {
				if i != next {
					t.Errorf("got message %d, want %d", i, next)
				}
				next++
			}
		}
	})
	if next != 5000 || r.n != 5000 {
		t.Errorf("got %d of %d messages", next, r.n)
	}
}

func TestBlobOfAFailedRead(t *testing.T) {
	_, err := await(global.Get("Promise").Call("reject", global.Get("DOMException").New("gone", "NotReadableError")))
	if err == nil || err.Error() != "websocket: NotReadableError: gone" {
		t.Errorf("got %v", err)
	}
	if n := funcs.Load(); n != 0 {
		t.Errorf("%d funcs are left", n)
	}
}

// A page may throw anything, and its own objects need have nothing.
func TestWhatIsThrownIsAnError(t *testing.T) {
	for _, c := range []struct {
		thrown any
		want   string
	}{
		{global.Get("DOMException").New("gone", "NotReadableError"), "websocket: NotReadableError: gone"},
		{with("name", "Mine"), "websocket: Mine: <undefined>"},
		{object.Call("create", nil), "websocket: <undefined>: <undefined>"},
		{"a text", "websocket: Error: a text"},
		{global.Call("BigInt", 7), "websocket: Error: 7"},
		{global.Call("Symbol", "s"), "websocket: Error: Symbol(s)"},
		{nil, "websocket: Error: null"},
	} {
		_, err := await(global.Get("Promise").Call("reject", c.thrown))
		if err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

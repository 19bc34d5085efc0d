//go:build js

package js

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

// runStream runs a connection over the browser's own stream to its end.
func runStream(t *testing.T, url string, prepare func(r *recorder)) *streamRecorder {
	t.Helper()
	r := &streamRecorder{recorder{t: t, at: map[string]func(){}, ended: make(chan struct{})}}
	conn, err := OpenStream(url, nil, Options{ReadLimit: 1000}, r)
	if err != nil {
		t.Fatal(err)
	}
	r.conn = conn
	if prepare != nil {
		prepare(&r.recorder)
	}
	conn.Start()
	select {
	case <-r.ended:
	case <-time.After(30 * time.Second):
		t.Fatalf("no end after %v", r.trace)
	}
	return r
}

// streamRecorder is told of the peer's Close.
type streamRecorder struct{ recorder }

func (r *streamRecorder) Closing() { r.note("closing") }

func TestEveryEndOfAStreamReleasesItsFuncs(t *testing.T) {
	broken := errors.New("given up")
	const failed = "closed:1006::false:true"
	for _, c := range []struct {
		name, url, want string
		prepare         func(r *recorder)
	}{
		{"a clean close", server(t) + "/close?code=3000&reason=x", "opened closing closed:3000:x:true:false", nil},
		{"a failed handshake", server(t) + "/status?code=404", failed, nil},
		{"the end of TCP", server(t) + "/raw?do=end", "opened " + failed, nil},
		{"a URL that the browser refuses", "ws://h:99999/", failed, nil},
		{"a message that is too long", server(t) + "/send?n=1&size=1001", "opened " + failed, nil},
		{"Fail while connecting", server(t) + "/raw?delay=500", failed, func(r *recorder) { go r.conn.Fail(broken) }},
		{"Fail when open", server(t) + "/echo", "opened " + failed, func(r *recorder) {
			r.at["opened"] = func() { r.conn.Fail(broken) }
		}},
		{"Fail in a flood", server(t) + "/send?n=1000&size=10", "opened " + failed, func(r *recorder) {
			r.count = true
			r.at["opened"] = func() { r.conn.Fail(broken) }
		}},
		{"Fail with something unsent", server(t) + "/echo", "opened " + failed, func(r *recorder) {
			r.at["opened"] = func() {
				r.conn.SendText("x")
				r.conn.Fail(broken)
			}
		}},
		{"Close behind something unsent", server(t) + "/raw?do=expect:text:y&do=answer&do=end", "opened closing closed:3000:x:true:false",
			func(r *recorder) {
				r.at["opened"] = func() {
					r.conn.SendText("x")
					r.conn.SendText("y")
					r.conn.Close(3000, "x")
				}
			}},
		{"Goexit", server(t) + "/send?text=a&text=b&close=1000", "opened text:a text:b closing closed:1000::true:false", func(r *recorder) {
			for _, event := range []string{"opened", "text:a", "text:b", "closing", "closed:1000::true:false"} {
				r.at[event] = runtime.Goexit
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := runStream(t, c.url, c.prepare)
			if got := strings.Join(r.trace, " "); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			for start := time.Now(); funcs.Load() != 0; time.Sleep(time.Millisecond) { // the browser settles its promises
				if time.Since(start) > 30*time.Second {
					t.Fatalf("%d funcs are left", funcs.Load())
				}
			}
			before := r.conn.Buffered()
			r.conn.SendText("late")
			r.conn.SendBinary(make([]byte, 3))
			if n := r.conn.Buffered(); n != before+7 {
				t.Errorf("Buffered went from %d to %d, want 7 more", before, n)
			}
		})
	}
}

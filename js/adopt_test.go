//go:build js

package js

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestEveryEndOfAnAdoptedSocketReleasesItsFuncs(t *testing.T) {
	const failed = "closed:1006::false:true"
	for _, c := range []struct {
		name, url, want string
		prepare         func(r *recorder)
	}{
		{"a clean close", "/send?text=a&close=3000&reason=x", "opened text:a closed:3000:x:true:false", nil},
		{"a failed handshake", "/status?code=404", failed, nil},
		{"Fail while connecting", "/raw?delay=5000", failed, func(r *recorder) { go r.conn.Fail(errors.New("given up")) }},
		{"Fail before Start", "/raw?delay=5000", failed, func(r *recorder) { r.conn.Fail(errors.New("given up")) }},
		{"Goexit", "/send?text=a&close=1000", "opened text:a closed:1000::true:false", func(r *recorder) {
			for _, event := range []string{"opened", "text:a", "closed:1000::true:false"} {
				r.at[event] = runtime.Goexit
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &recorder{t: t, at: map[string]func(){}, ended: make(chan struct{})}
			a, err := Adopt(global.Get("WebSocket").New(server(t)+c.url), Options{}, r)
			if err != nil {
				t.Fatal(err)
			}
			r.conn = a.Conn
			if c.prepare != nil {
				c.prepare(r)
			}
			r.conn.Start()
			select {
			case <-r.ended:
			case <-time.After(30 * time.Second):
				t.Fatalf("no end after %v", r.trace)
			}
			if got := strings.Join(r.trace, " "); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if n := funcs.Load(); n != 0 {
				t.Errorf("%d funcs are left", n)
			}
			if state := SocketValue(r.conn).Get("readyState").Int(); state < closing {
				t.Errorf("the object's readyState is %d", state)
			}
		})
	}
}

//go:build !js

package websocket_test

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

// What such a peer does not take would else stay with the system, and the connection with it, long after the socket is closed.
func TestPeerThatNeverReadsSeesTheEndAtOnce(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a peer that does not read is told of the end by Linux alone")
	}
	tooMuch := websocket.Binary(make([]byte, 32<<20)) // for the buffers of both systems
	sends := func(s *socket) { must(s.t, s.Send(tooMuch)) }
	for _, variable := range []string{"TESTSERVER_WS", "TESTSERVER_WSS"} {
		for _, c := range []struct {
			name   string
			set    func(*websocket.Options)
			onOpen func(*socket)
			err    string
		}{
			{"Close in vain", func(o *websocket.Options) { o.CloseTimeout = 50 * time.Millisecond }, also(sends, closes(3000, "")), "CloseTimeout"},
			{"a full buffer", func(o *websocket.Options) { o.MaxBufferedAmount = 32 << 20 }, also(sends, sends), "MaxBufferedAmount"},
		} {
			t.Run(variable+", "+c.name, func(t *testing.T) {
				d := trusting(t)
				c.set(&d.Options)
				row{url: os.Getenv(variable) + "/slow?rate=0", dialer: d, on: does{"open": c.onOpen},
					want: "open/1 error/3 close:1006::false/3", sent: "request reset", err: c.err}.run(t)
			})
		}
	}
}

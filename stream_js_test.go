//go:build js

package websocket_test

import (
	"errors"
	"strings"
	"syscall/js"
	"testing"

	"github.com/twinsocket/websocket"
)

// Most browsers have no WebSocketStream.
func TestBrowserStreamThatIsNotThere(t *testing.T) {
	class := js.Global().Get("WebSocketStream")
	js.Global().Delete("WebSocketStream")
	defer js.Global().Set("WebSocketStream", class)
	_, err := (&websocket.Dialer{Options: websocket.Options{BrowserStream: true}}).OpenStream(t.Context(), server()+"/echo")
	if !errors.Is(err, websocket.ErrNotSupported) || !strings.Contains(err.Error(), "BrowserStream") {
		t.Errorf("got %v", err)
	}
}

// What a browser throws when the connection is started, such as for a page's security policy, can be asked for by its name.
func TestExceptionAtStart(t *testing.T) {
	class := js.Global().Get("WebSocketStream")
	js.Global().Set("WebSocketStream", js.Global().Get("Function").New("throw new DOMException('not here', 'SecurityError')"))
	defer js.Global().Set("WebSocketStream", class)
	_, err := (&websocket.Dialer{Options: websocket.Options{BrowserStream: true}}).OpenStream(t.Context(), server()+"/echo")
	if !errors.Is(err, &websocket.DOMException{Name: "SecurityError"}) || errors.Is(err, websocket.ErrSyntax) ||
		!strings.Contains(err.Error(), "not here") {
		t.Errorf("got %v", err)
	}
}

// What the browser's own stream loses, which is why it has to be asked for: what was not read when Close came. The end is clean.
// Chromium's has already handed over one message to who waits for it, and the stream has queued one.
func TestBrowserStreamLosesMessages(t *testing.T) {
	d := websocket.Dialer{Options: websocket.Options{BrowserStream: true, ReadQueueLimit: 1}}
	id := newID(t)
	s := openStream(t, d, raw("join", "repeat:9:text:m", "close:3000", "flush", "expect:close", "end")+"&id="+id)
	ask(t, server()+"/recorded?wait=2&id="+id) // Close was answered
	got := readAll(t, s)
	if !strings.HasPrefix(got, "text:m ") || !strings.HasSuffix(got, " EOF") || strings.Count(got, "text:m") == 9 {
		t.Errorf("got %s", got)
	}
}

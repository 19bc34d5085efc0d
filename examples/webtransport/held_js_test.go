package main

import (
	"errors"
	"syscall/js"
	"testing"

	"github.com/twinsocket/websocket"
)

func held() int64 { return live.Load() }

func TestABrowserWithoutWebTransport(t *testing.T) {
	class := js.Global().Get("WebTransport")
	js.Global().Set("WebTransport", js.Undefined())
	defer js.Global().Set("WebTransport", class)
	if _, err := dial(t.Context(), relay(), hash()); !errors.Is(err, websocket.ErrNotSupported) {
		t.Errorf("got %v, want ErrNotSupported", err)
	}
}

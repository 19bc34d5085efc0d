// Command chat is a chat client: natively in a terminal, compiled for js/wasm in a web page. This file is the same for both.
package main

import (
	"context"
	"strconv"

	"github.com/twinsocket/websocket"
)

// A screen is what the user sees: terminal.go or page_js.go. It is called by the socket's listeners, one call at a time.
type screen interface {
	opened(ws *websocket.WebSocket) // from now on the user may Send
	show(line string)
	status(text string)
}

// chat takes part in the room at url until ctx ends, the user leaves or the server closes.
func chat(ctx context.Context, url, name string, s screen) error {
	ws, err := websocket.New(url)
	if err != nil {
		return err
	}
	ws.OnOpen(func(websocket.Event) {
		ws.Send(websocket.Text(name)) // the room's rule: the first message is the name
		s.status("connected to " + ws.URL())
		s.opened(ws)
	})
	ws.OnMessage(func(e *websocket.MessageEvent) { s.show(e.Data.Text()) })
	ws.OnClose(func(e *websocket.CloseEvent) { s.status(describe(e)) })
	return ws.Run(ctx) // when ctx ends: Close(1000, "")
}

// describe says how a connection was closed: "closed with code 1001: the server stops".
func describe(e *websocket.CloseEvent) string {
	text := "closed with code " + strconv.Itoa(int(e.Code))
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

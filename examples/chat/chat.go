// Command chat is a chat client: natively in a terminal, compiled for js/wasm in a web page. This file is the same for both.
package main

import (
	"context"
	"strconv"
	"time"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/reconnect"
)

// A screen is what the user sees: terminal.go or page_js.go. Listeners of the socket are what calls its methods, one call at a
// time.
type screen interface {
	attach(ws *websocket.WebSocket) // a connection that will be made: the screen may add listeners of its own
	show(line string)               // what the room says
	status(text string)             // what becomes of the connection

	// wait is told how long it is until the next attempt, or until the user has now called. It may block so long, but not
	// beyond the end of ctx.
	wait(ctx context.Context, d time.Duration, now func())
}

// chat takes part in the room at url until the user leaves, which ends ctx, or the room wants no more of them. A connection
// that is lost is made again.
func chat(ctx context.Context, url, name string, s screen) error {
	been := false
	backoff := reconnect.Backoff{Most: 10 * time.Second}
	d := reconnect.Dialer{
		// The room's rule: the first message is the name.
		Subscribe: func(ws *websocket.WebSocket, _ bool) { ws.Send(websocket.Text(name)) },
		// Who has never been in has the wrong URL, or the wrong name.
		Policy: func(l reconnect.Loss) (time.Duration, bool) { return backoff.Delay(l.Attempt), been && l.Temporary() },
	}
	room, err := d.New(url)
	if err != nil {
		return err
	}
	room.OnConnecting(func(e *reconnect.ConnectingEvent) { s.attach(e.WebSocket) })
	room.OnOpen(func(websocket.Event) { s.status("connected to " + room.WebSocket().URL()) })
	room.OnMessage(func(e *websocket.MessageEvent) {
		been = true
		s.show(e.Data.Text())
	})
	room.OnClose(func(e *websocket.CloseEvent) { s.status(describe(e)) })
	room.OnReconnecting(func(e *reconnect.ReconnectingEvent) { s.wait(ctx, e.Delay, room.RetryNow) })
	return room.Run(ctx) // when ctx ends: Close(1000, "")
}

// describe says how a connection was closed: "closed with code 1001: the server stops".
func describe(e *websocket.CloseEvent) string {
	text := "closed with code " + strconv.Itoa(int(e.Code))
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

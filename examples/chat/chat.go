// Command chat is a chat client: natively in a terminal, compiled for js/wasm in a web page. This file is the same for both.
package main

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/twinsocket/websocket"
)

// A screen is what the user sees: terminal.go or page_js.go. While a socket runs, its listeners are what calls show and status,
// one call at a time.
type screen interface {
	attach(ws *websocket.WebSocket)            // a socket that will start: the screen may add listeners of its own
	show(line string)                          // what the room says
	status(text string)                        // what becomes of the connection
	wait(ctx context.Context, d time.Duration) // before the next attempt; shorter if the user asks for it or ctx ends
}

// chat takes part in the room at url until the user leaves, which ends ctx, or the room wants no more of them. A connection
// that is lost is made again.
func chat(ctx context.Context, url, name string, s screen) error {
	for attempt, been := 0, false; ; attempt++ {
		welcome, code, err := visit(ctx, url, name, s)
		if welcome {
			attempt, been = 0, true
		}
		if !been || !comesBack(code) { // who has never been in has the wrong URL, or the wrong name
			return err
		}
		if s.wait(ctx, delay(attempt)); ctx.Err() != nil {
			return nil
		}
	}
}

// visit is one connection, to its end. It was welcome if the room has said something.
func visit(ctx context.Context, url, name string, s screen) (welcome bool, code uint16, err error) {
	ws, err := websocket.New(url)
	if err != nil {
		return false, 0, err
	}
	ws.OnOpen(func(websocket.Event) {
		ws.Send(websocket.Text(name)) // the room's rule: the first message is the name
		s.status("connected to " + ws.URL())
	})
	ws.OnMessage(func(e *websocket.MessageEvent) {
		welcome = true
		s.show(e.Data.Text())
	})
	ws.OnClose(func(e *websocket.CloseEvent) {
		code = e.Code
		s.status(describe(e))
	})
	s.attach(ws)
	err = ws.Run(ctx) // when ctx ends: Close(1000, "")
	return welcome, code, err
}

// comesBack tells a connection that was lost, or that the server may soon take again, from one that somebody ended on purpose:
// the user with 1000, or the room with 1008 and the like for what the same name or message would meet again.
func comesBack(code uint16) bool {
	switch code {
	case 1001, 1006, 1011, 1012, 1013: // going away, no Close frame, an error, a restart, try again later
		return true
	}
	return false
}

// delay doubles from 0.5 s to 10 s. Up to half of it is left to chance, lest all who lost a server come back in one moment.
func delay(attempt int) time.Duration {
	whole := min(500*time.Millisecond<<min(attempt, 5), 10*time.Second)
	return whole - rand.N(whole/2)
}

// describe says how a connection was closed: "closed with code 1001: the server stops".
func describe(e *websocket.CloseEvent) string {
	text := "closed with code " + strconv.Itoa(int(e.Code))
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

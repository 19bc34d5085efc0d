//go:build js

// Command ours is the page that uses this module.
package main

import (
	"fmt"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/bench/browser/load"
)

func main() { load.Serve(dial) }

func dial(l *load.Load) (load.Conn, error) {
	d := websocket.Dialer{Options: websocket.Options{BorrowMessages: l.Borrow}}
	ws, err := d.New(l.URL)
	if err != nil {
		return nil, err
	}
	opened := make(chan error, 1)
	ws.OnOpen(func(websocket.Event) { opened <- nil })
	ws.OnMessage(func(e *websocket.MessageEvent) {
		if l.Got(e.Data.IsText(), int(e.Data.Size())) {
			l.Check(ws.Send(e.Data))
		}
	})
	ws.OnClose(func(e *websocket.CloseEvent) {
		err := fmt.Errorf("closed with code %d", e.Code)
		select {
		case opened <- err:
		default:
			l.Check(err)
		}
	})
	ws.Start()
	return conn{ws}, <-opened
}

type conn struct{ ws *websocket.WebSocket }

func (c conn) SendText(s string) error   { return c.ws.Send(websocket.Text(s)) }
func (c conn) SendBinary(b []byte) error { return c.ws.Send(websocket.Binary(b)) }

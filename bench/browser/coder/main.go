//go:build js

// Command coder is the page that uses github.com/coder/websocket.
package main

import (
	"context"

	"github.com/coder/websocket"
	"github.com/twinsocket/websocket/bench/browser/load"
)

func main() { load.Serve(dial) }

func dial(l *load.Load) (load.Conn, error) {
	ws, _, err := websocket.Dial(context.Background(), l.URL, nil)
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(-1)
	go read(ws, l)
	return conn{ws}, nil
}

func read(ws *websocket.Conn, l *load.Load) {
	for {
		typ, p, err := ws.Read(context.Background())
		if err != nil {
			l.Check(err)
			return
		}
		if l.Got(typ == websocket.MessageText, len(p)) {
			l.Check(ws.Write(context.Background(), typ, p))
		}
	}
}

type conn struct{ ws *websocket.Conn }

func (c conn) SendText(s string) error {
	return c.ws.Write(context.Background(), websocket.MessageText, []byte(s))
}

func (c conn) SendBinary(b []byte) error {
	return c.ws.Write(context.Background(), websocket.MessageBinary, b)
}

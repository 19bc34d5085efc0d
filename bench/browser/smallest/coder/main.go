//go:build js

// Command coder does what this module's testdata/smallest does, with github.com/coder/websocket.
package main

import (
	"context"

	"github.com/coder/websocket"
)

func main() {
	ctx := context.Background()
	ws, _, err := websocket.Dial(ctx, "ws://127.0.0.1:8080/echo", nil)
	if err != nil {
		panic(err)
	}
	ws.Write(ctx, websocket.MessageText, []byte("hello"))
	for {
		_, p, err := ws.Read(ctx)
		if err != nil {
			println(websocket.CloseStatus(err))
			return
		}
		println(string(p))
		ws.Close(websocket.StatusNormalClosure, "")
	}
}

// Command panics panics in a listener.
package main

import (
	"context"
	"os"

	"github.com/twinsocket/websocket"
)

func main() {
	ws, err := websocket.New(os.Args[1])
	if err != nil {
		panic(err)
	}
	ws.OnOpen(func(websocket.Event) { panic("mine") })
	ws.Run(context.Background())
}

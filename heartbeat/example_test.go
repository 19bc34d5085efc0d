package heartbeat_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/heartbeat"
	"github.com/twinsocket/websocket/reconnect"
)

func Example() {
	ws, err := websocket.New(os.Getenv("TESTSERVER_WS") + "/echo")
	if err != nil {
		fmt.Println(err)
		return
	}
	heartbeat.Heartbeat{
		Interval: 30 * time.Second,
		Message:  websocket.Text(`{"type":"ping"}`),
		IsAnswer: func(d websocket.Data) bool { return d.Text() == `{"type":"pong"}` },
	}.Start(ws)
	ws.OnOpen(func(websocket.Event) { ws.Close(1000, "") })
	fmt.Println(ws.Run(context.Background()))
	// Output: <nil>
}

// A connection whose peer is found dead is closed, and opened again.
func Example_reconnect() {
	d := reconnect.Dialer{
		Subscribe: func(ws *websocket.WebSocket, first bool) { heartbeat.Heartbeat{}.Start(ws) },
	}
	s, err := d.New(os.Getenv("TESTSERVER_WS") + "/echo")
	if err != nil {
		fmt.Println(err)
		return
	}
	s.OnOpen(func(websocket.Event) { s.Close(1000, "") })
	fmt.Println(s.Run(context.Background()))
	// Output: <nil>
}

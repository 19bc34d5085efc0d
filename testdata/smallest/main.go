package main

import "github.com/twinsocket/websocket"

func main() {
	ws, err := websocket.New("ws://127.0.0.1:8080/echo")
	if err != nil {
		panic(err)
	}
	ws.OnOpen(func(websocket.Event) { ws.Send(websocket.Text("hello")) })
	ws.OnMessage(func(e *websocket.MessageEvent) { println(e.Data.Text()); ws.Close(1000, "") })
	ws.OnClose(func(e *websocket.CloseEvent) { println(e.Code, e.Reason, e.WasClean) })
	ws.Start()
	<-ws.Done()
}

package websocket_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/twinsocket/websocket"
)

func Example() {
	ws, err := websocket.New(os.Getenv("TESTSERVER_WS")+"/echo", "chat.v2")
	if err != nil {
		fmt.Println(err)
		return
	}
	ws.OnOpen(func(websocket.Event) { ws.Send(websocket.Text("hello")) })
	ws.OnMessage(func(e *websocket.MessageEvent) {
		fmt.Println(e.Data.Text())
		ws.Close(1000, "bye")
	})
	ws.OnClose(func(e *websocket.CloseEvent) { fmt.Println(e.Code, e.Reason, e.WasClean) })
	if err := ws.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// hello
	// 1000 bye true
}

func ExampleWebSocket_Run() {
	ws, err := websocket.New(os.Getenv("TESTSERVER_WS") + "/status?code=503")
	if err != nil {
		fmt.Println(err)
		return
	}
	var ended *websocket.WebSocketError
	if err := ws.Run(context.Background()); errors.As(err, &ended) {
		fmt.Println("not clean:", ended.CloseCode)
	}
	// Output:
	// not clean: 1006
}

func ExampleWebSocket_AddEventListener() {
	ws, err := websocket.New(os.Getenv("TESTSERVER_WS") + "/send?text=one&text=two&close=1000")
	if err != nil {
		fmt.Println(err)
		return
	}
	ws.AddEventListener("message", func(e websocket.Event) {
		fmt.Println("first:", e.(*websocket.MessageEvent).Data.Text())
	}, websocket.Once)
	remove := ws.AddEventListener("message", func(e websocket.Event) {
		fmt.Println("all:", e.(*websocket.MessageEvent).Data.Text())
	})
	defer remove()
	ws.Run(context.Background())
	// Output:
	// first: one
	// all: one
	// all: two
}

func ExampleWebSocket_WaitBuffered() {
	ctx := context.Background()
	ws, err := websocket.New(os.Getenv("TESTSERVER_WS") + "/echo")
	if err != nil {
		fmt.Println(err)
		return
	}
	ws.OnOpen(func(websocket.Event) {
		for range 100 {
			ws.Send(websocket.Binary(make([]byte, 64<<10)))
			if err := ws.WaitBuffered(ctx, 1<<20); err != nil { // at most a megabyte waits here
				fmt.Println(err)
			}
		}
		ws.Close(1000, "")
	})
	fmt.Println(ws.Run(ctx))
	// Output:
	// <nil>
}

func ExampleNewEventTarget() {
	target := websocket.NewEventTarget()
	target.AddEventListener("greet", func(e websocket.Event) { e.PreventDefault() })
	notCanceled, err := target.DispatchEvent(websocket.NewEvent("greet", websocket.EventInit{Cancelable: true}))
	fmt.Println(notCanceled, err)
	// Output:
	// false <nil>
}

func ExampleDialer() {
	d := websocket.Dialer{Options: websocket.Options{ReadLimit: 1 << 20}}
	_, err := d.New("ftp://example.com")
	fmt.Println(errors.Is(err, websocket.ErrSyntax), err)
	// Output:
	// true websocket: New: SyntaxError: got the URL scheme "ftp", want ws, wss, http or https
}

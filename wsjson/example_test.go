package wsjson_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/wsjson"
)

type point struct{ X, Y int }

func Example() {
	ctx := context.Background()
	s, err := websocket.OpenStream(ctx, os.Getenv("TESTSERVER_WS")+"/echo")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close(1000, "")
	if err := wsjson.Write(ctx, s, point{1, 2}); err != nil {
		fmt.Println(err)
		return
	}
	var p point
	if err := wsjson.Read(ctx, s, &p); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.X, p.Y)
	// Output:
	// 1 2
}

// A message that is no point is passed over.
func ExampleMessages() {
	ctx := context.Background()
	s, err := websocket.OpenStream(ctx, os.Getenv("TESTSERVER_WS")+"/send?close=1000&text="+
		url.QueryEscape(`{"X":1}`)+"&text=hello&text="+url.QueryEscape(`{"X":3,"Y":4}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close(1000, "")
	for p, err := range wsjson.Messages[point](ctx, s) {
		var bad *wsjson.Error
		switch {
		case errors.As(err, &bad):
			fmt.Println("not a point:", bad.Err)
		case err != nil:
			fmt.Println(err) // the connection's end
		default:
			fmt.Println(p)
		}
	}
	// Output:
	// {1 0}
	// not a point: invalid character 'h' looking for beginning of value
	// {3 4}
}

// The event API.
func ExampleDecode() {
	ws, err := websocket.New(os.Getenv("TESTSERVER_WS") + "/echo")
	if err != nil {
		fmt.Println(err)
		return
	}
	ws.OnOpen(func(websocket.Event) { wsjson.Send(ws, point{1, 2}) })
	ws.OnMessage(func(e *websocket.MessageEvent) {
		var p point
		err := wsjson.Decode(e.Data, &p)
		fmt.Println(p, err)
		ws.Close(1000, "")
	})
	fmt.Println(ws.Run(context.Background()))
	// Output:
	// {1 2} <nil>
	// <nil>
}

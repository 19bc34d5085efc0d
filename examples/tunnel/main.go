// Command tunnel has a WebSocket carried by another, so that a page can talk to a server that it can't reach itself, behind a
// gateway that knows nothing of WebSockets but carries bytes to TCP.
//
//	tunnel -gateway URL URL TEXT
//
// It sends TEXT to the inner URL and prints the first answer, in a terminal as in a page. The gateway sees the handshake and the
// frames of the inner connection pass, which its two ends agree on by themselves.
//
// To try it, with the ports that the first command prints:
//
//	go run ./testserver
//	go run ./examples/tunnel -gateway ws://127.0.0.1:PORT/tcp ws://127.0.0.1:PORT/echo hello
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/native"
)

func main() {
	gateway := flag.String("gateway", "", "the URL of a gateway to TCP")
	flag.Parse()
	if *gateway == "" || flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: tunnel -gateway URL URL TEXT")
		os.Exit(2)
	}
	answer, err := ask(context.Background(), *gateway, flag.Arg(0), flag.Arg(1))
	if err != nil {
		fmt.Fprintln(os.Stderr, "tunnel:", err)
		os.Exit(1)
	}
	fmt.Println(answer)
}

// ask sends a text to the server behind the gateway and returns its answer.
func ask(ctx context.Context, gateway, url, text string) (answer string, err error) {
	ws, _, err := through(ctx, websocket.Dialer{}, gateway, url)
	if err != nil {
		return "", err
	}
	err = errors.New("closed without an answer")
	ws.OnOpen(func(websocket.Event) { ws.Send(websocket.Text(text)) })
	ws.OnMessage(func(e *websocket.MessageEvent) {
		answer, err = e.Data.Text(), nil
		ws.Close(1000, "")
	})
	if failed := ws.Run(ctx); failed != nil {
		err = failed
	}
	return answer, err
}

// through makes the inner connection, still to be started, over a stream of its own through the gateway. outer has the options for
// that.
func through(ctx context.Context, outer websocket.Dialer, gateway, url string, protocols ...string) (*websocket.WebSocket, *carrier, error) {
	c, err := dial(ctx, outer, gateway)
	if err != nil {
		return nil, nil, err
	}
	inner := websocket.Dialer{Engine: native.Over(c)}
	ws, err := inner.New(url, protocols...)
	if err != nil {
		c.Close() // it would have become the connection's when that is started
		return nil, nil, err
	}
	return ws, c, nil
}

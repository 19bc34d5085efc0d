// Command webtransport has a WebSocket carried by a stream of WebTransport, which is HTTP/3 and so QUIC: several sockets share one
// connection, and a packet that one of them lost holds back none of the others.
//
//	webtransport -relay URL -hash HEX URL TEXT
//
// It sends TEXT to the WebSocket URL and prints the first answer, in a terminal as in a page: natively by a QUIC of Go's, in a
// browser by its own WebTransport. The relay, which the command beside this one is, knows nothing of WebSockets. The hash is that of
// its certificate, which nobody else vouches for.
//
// To try it, with what the relay prints:
//
//	go run ./relay -to HOST:PORT
//	go run . -relay https://127.0.0.1:PORT/ -hash HEX ws://HOST:PORT/path hello
package main

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/native"
)

func main() {
	relay := flag.String("relay", "", "the URL of the relay")
	hash := flag.String("hash", "", "the SHA-256 of the relay's certificate")
	flag.Parse()
	if *relay == "" || flag.NArg() != 2 {
		fmt.Fprintln(os.Stderr, "usage: webtransport -relay URL -hash HEX URL TEXT")
		os.Exit(2)
	}
	answer, err := ask(context.Background(), *relay, *hash, flag.Arg(0), flag.Arg(1))
	if err != nil {
		fmt.Fprintln(os.Stderr, "webtransport:", err)
		os.Exit(1)
	}
	fmt.Println(answer)
}

// ask sends a text to the server behind the relay and returns its answer.
func ask(ctx context.Context, relay, hash, url, text string) (answer string, err error) {
	s, err := dial(ctx, relay, hash)
	if err != nil {
		return "", err
	}
	defer s.close()
	ws, err := s.open(ctx, url)
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

// open makes a WebSocket, still to be started, over a stream of its own.
func (s *session) open(ctx context.Context, url string, protocols ...string) (*websocket.WebSocket, error) {
	c, err := s.stream(ctx)
	if err != nil {
		return nil, err
	}
	d := websocket.Dialer{Engine: native.Over(c)}
	ws, err := d.New(url, protocols...)
	if err != nil {
		c.Abort() // it would have become the socket's when that is started
		return nil, err
	}
	return ws, nil
}

// A carrier is a stream, for native.Over. Close ends our direction behind what was written, and takes no more of the other's; Abort
// drops what is still on its way. Both end a Read and a Write that wait.
type carrier interface {
	io.ReadWriteCloser
	Abort() error
}

// parseHash wants a SHA-256.
func parseHash(s string) ([]byte, error) {
	hash, err := hex.DecodeString(s)
	if err != nil || len(hash) != 32 {
		return nil, fmt.Errorf("got the hash %q, want 64 hexadecimal digits", s)
	}
	return hash, nil
}

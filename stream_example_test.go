package websocket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/twinsocket/websocket"
)

func ExampleOpenStream() {
	ctx := context.Background()
	s, err := websocket.OpenStream(ctx, os.Getenv("TESTSERVER_WS")+"/echo", "chat.v2")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close(1000, "")
	if err := s.Write(ctx, websocket.Text("hello")); err != nil {
		fmt.Println(err)
		return
	}
	answer, err := s.Read(ctx)
	fmt.Println(s.Protocol(), answer.Text(), err)
	// Output:
	// chat.v2 hello <nil>
}

func ExampleOpenStream_error() {
	_, err := websocket.OpenStream(context.Background(), os.Getenv("TESTSERVER_WS")+"/status?code=503")
	var ended *websocket.WebSocketError
	fmt.Println(errors.As(err, &ended) && ended.CloseCode == 1006)
	// Output:
	// true
}

func ExampleWebSocketStream_Messages() {
	ctx := context.Background()
	s, err := websocket.OpenStream(ctx, os.Getenv("TESTSERVER_WS")+"/send?text=one&text=two&close=3000&reason=done")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close(1000, "")
	for message, err := range s.Messages(ctx) {
		if err != nil {
			fmt.Println(err) // the end was not clean
			return
		}
		fmt.Println(message.Text())
	}
	info, err := s.Closed(ctx)
	fmt.Println(info.Code, info.Reason, err)
	// Output:
	// one
	// two
	// 3000 done <nil>
}

// A context ends one call. The stream goes on.
func ExampleWebSocketStream_Read() {
	s, err := websocket.OpenStream(context.Background(), os.Getenv("TESTSERVER_WS")+"/echo")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close(1000, "")
	patience, cancel := context.WithTimeoutCause(context.Background(), 10, errors.New("nothing came"))
	defer cancel()
	_, err = s.Read(patience)
	fmt.Println(err)
	s.Write(context.Background(), websocket.Text("still open"))
	message, err := s.Read(context.Background())
	fmt.Println(message.Text(), err)
	// Output:
	// nothing came
	// still open <nil>
}

// A message is copied from a reader, and another to a writer, without being held as a whole.
func ExampleWebSocketStream_Writer() {
	ctx := context.Background()
	s, err := websocket.OpenStream(ctx, os.Getenv("TESTSERVER_WS")+"/echo")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close(1000, "")

	w, err := s.Writer(ctx, websocket.BinaryMessage)
	if err != nil {
		fmt.Println(err)
		return
	}
	io.Copy(w, strings.NewReader(strings.Repeat("0123456789", 100_000)))
	if err := w.Close(); err != nil {
		fmt.Println(err)
		return
	}

	r, err := s.Reader(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	n, err := io.Copy(io.Discard, r)
	fmt.Println(r.Kind() == websocket.BinaryMessage, n, err)
	// Output:
	// true 1000000 <nil>
}

func ExampleWebSocketStream_CloseWithError() {
	ctx := context.Background()
	s, err := websocket.OpenStream(ctx, os.Getenv("TESTSERVER_WS")+"/echo")
	if err != nil {
		fmt.Println(err)
		return
	}
	why, err := websocket.NewWebSocketError("the input ended early", websocket.CloseInfo{Code: 4000, Reason: "no input"})
	if err != nil {
		fmt.Println(err)
		return
	}
	s.CloseWithError(fmt.Errorf("upload: %w", why))
	info, err := s.Closed(ctx)
	fmt.Println(info.Code, info.Reason, info.WasClean, err)
	// Output:
	// 4000 no input true <nil>
}

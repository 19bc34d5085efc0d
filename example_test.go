package websocket_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/native"
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

func ExampleData() {
	for _, d := range []websocket.Data{
		websocket.Text("héllo"), websocket.Binary([]byte{1, 2}), websocket.FromBlob(websocket.NewBlob([]byte("abc"), "text/plain")),
	} {
		switch {
		case d.IsText():
			fmt.Println("text", d.Text(), d.Size())
		case d.IsBinary():
			fmt.Println("binary", d.Bytes(), d.Size())
		default:
			fmt.Println("Blob", d.Blob().Type(), d.Size())
		}
	}
	// Output:
	// text héllo 6
	// binary [1 2] 2
	// Blob text/plain 3
}

// In a browser the bytes of a Blob come to Go when they are read, and not before.
func ExampleBlob_Reader() {
	blob := websocket.NewBlob([]byte("one\ntwo\nthree\n"), "text/plain")
	for lines := bufio.NewScanner(blob.Reader()); lines.Scan(); {
		fmt.Println(lines.Text())
	}
	last, err := blob.Slice(-6, blob.Size(), "").Text()
	fmt.Printf("%q %v\n", last, err)
	// Output:
	// one
	// two
	// three
	// "three\n" <nil>
}

func ExampleBinaryType() {
	ws, err := websocket.New(os.Getenv("TESTSERVER_WS") + "/send?binary=0102&close=1000")
	if err != nil {
		fmt.Println(err)
		return
	}
	ws.SetBinaryType(websocket.BlobType)
	ws.OnMessage(func(e *websocket.MessageEvent) {
		b, err := e.Data.Blob().Bytes() // waits in a browser, which a listener may
		fmt.Println(ws.BinaryType(), b, err)
	})
	ws.Run(context.Background())
	// Output:
	// blob [1 2] <nil>
}

func ExampleReadyState() {
	ws, err := websocket.New(os.Getenv("TESTSERVER_WS") + "/echo")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ws.ReadyState())
	ws.OnOpen(func(websocket.Event) {
		fmt.Println(ws.ReadyState())
		ws.Close(1000, "")
		fmt.Println(ws.ReadyState())
	})
	ws.Run(context.Background())
	fmt.Println(ws.ReadyState())
	// Output:
	// CONNECTING
	// OPEN
	// CLOSING
	// CLOSED
}

func ExampleMessageEvent() {
	target := websocket.NewEventTarget()
	target.AddEventListener("message", func(e websocket.Event) {
		m := e.(*websocket.MessageEvent)
		fmt.Println(m.Data.Text(), m.Origin(), m.IsTrusted())
	})
	target.DispatchEvent(websocket.NewMessageEvent("message", websocket.MessageEventInit{
		Data: websocket.Text("a test's own"), Origin: "wss://example.com",
	}))
	// Output:
	// a test's own wss://example.com false
}

func ExampleCloseEvent() {
	ws, err := websocket.New(os.Getenv("TESTSERVER_WS") + "/close?code=4001&reason=too+slow")
	if err != nil {
		fmt.Println(err)
		return
	}
	ws.OnClose(func(e *websocket.CloseEvent) { fmt.Println(e.Code, e.Reason, e.WasClean) })
	ws.Run(context.Background())
	// Output:
	// 4001 too slow true
}

// A connection that fails tells an error event first, then a close event.
func ExampleErrorEvent() {
	ws, err := websocket.New(os.Getenv("TESTSERVER_WS") + "/status?code=404")
	if err != nil {
		fmt.Println(err)
		return
	}
	ws.OnError(func(e *websocket.ErrorEvent) {
		fmt.Println("error, and a reason:", e.Err != nil) // natively a *native.HandshakeError with Status 404
	})
	ws.OnClose(func(e *websocket.CloseEvent) { fmt.Println("close", e.Code, e.WasClean) })
	ws.Run(context.Background())
	// Output:
	// error, and a reason: true
	// close 1006 false
}

func ExampleEvent() {
	e := websocket.NewEvent("greet", websocket.EventInit{Cancelable: true})
	target := websocket.NewEventTarget()
	target.AddEventListener("greet", func(e websocket.Event) {
		fmt.Println(e.Type(), e.EventPhase() == websocket.AtTarget, e.CurrentTarget() == target)
		e.StopImmediatePropagation()
	})
	target.AddEventListener("greet", func(websocket.Event) { fmt.Println("not reached") })
	target.DispatchEvent(e)
	fmt.Println(e.EventPhase() == websocket.None, e.Target() == target)
	// Output:
	// greet true true
	// true true
}

func ExampleSignal() {
	ctx, cancel := context.WithCancel(context.Background())
	target := websocket.NewEventTarget()
	target.AddEventListener("tick", func(websocket.Event) { fmt.Println("tick") }, websocket.Signal(ctx))
	target.DispatchEvent(websocket.NewEvent("tick", websocket.EventInit{}))
	cancel()
	target.DispatchEvent(websocket.NewEvent("tick", websocket.EventInit{}))
	// Output:
	// tick
}

func ExampleDOMException() {
	ws, err := websocket.New("wss://example.com/")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = ws.Close(1001, "")
	var exception *websocket.DOMException
	fmt.Println(errors.As(err, &exception), exception.Name, errors.Is(err, websocket.ErrInvalidAccess))
	fmt.Println(err)
	ws.Close(1000, "") // nothing was started
	// Output:
	// true InvalidAccessError true
	// websocket: Close: InvalidAccessError: got the code 1001, want 1000 or 3000 to 4999
}

// The native engine runs over any carrier, on every platform: here one that is broken.
func ExampleEngine() {
	d := websocket.Dialer{Engine: native.Over(noCarrier{})}
	ws, err := d.New("ws://example.com/chat")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ws.Run(context.Background()))
	// Output:
	// websocket: closed with code 1006: send the handshake: no carrier
}

type noCarrier struct{}

func (noCarrier) Read([]byte) (int, error)  { return 0, io.EOF }
func (noCarrier) Write([]byte) (int, error) { return 0, errors.New("no carrier") }
func (noCarrier) Close() error              { return nil }

// The trace of a connection, kept to the frames.
func ExampleTrace() {
	d := websocket.Dialer{Trace: &websocket.Trace{Frame: func(f websocket.Frame) {
		if f.Opcode.String() == "text" {
			fmt.Println(f)
		}
	}}}
	ws, err := d.New(os.Getenv("TESTSERVER_WS") + "/send?text=hello&close=1000")
	if err != nil {
		fmt.Println(err)
		return
	}
	ws.Run(context.Background())
	// Output:
	// received text, 5 bytes
}

// A browser shows pings to nobody, so a program for both targets asks.
func ExampleWebSocket_Ping() {
	ws, err := websocket.New(server() + "/echo")
	if err != nil {
		fmt.Println(err)
		return
	}
	ws.OnOpen(func(websocket.Event) {
		took, err := ws.Ping(context.Background())
		fmt.Println(took > 0 || errors.Is(err, websocket.ErrNotSupported))
		ws.Close(1000, "")
	})
	ws.Run(context.Background())
	// Output: true
}

// What Run returns, and what a program can ask it for on both engines.
func ExampleWebSocketError() {
	d := websocket.Dialer{Options: websocket.Options{ReadLimit: 10}}
	for _, path := range []string{"/close?code=4000", "/send?text=more+than+10+bytes", "/status?code=503"} {
		ws, err := d.New(os.Getenv("TESTSERVER_WS") + path)
		if err != nil {
			fmt.Println(err)
			return
		}
		err = ws.Run(context.Background())
		var ended *websocket.WebSocketError
		switch {
		case err == nil:
			fmt.Println("closed cleanly")
		case errors.Is(err, websocket.ErrQuotaExceeded):
			fmt.Println("a message beyond ReadLimit")
		case errors.As(err, &ended):
			fmt.Println("failed:", ended.CloseCode)
		}
	}
	// Output:
	// closed cleanly
	// a message beyond ReadLimit
	// failed: 1006
}

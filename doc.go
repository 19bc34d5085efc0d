// Package websocket is the browser's WebSocket API for Go, on two engines: compiled with GOOS=js GOARCH=wasm it wraps the
// browser's own WebSocket, compiled for anything else it speaks RFC 6455 itself. Events come in the same order with the same
// values on both, as the WHATWG WebSockets Standard says (https://websockets.spec.whatwg.org).
//
//	ws, err := websocket.New("wss://example.com/chat", "chat.v2")
//	if err != nil {
//		return err
//	}
//	ws.OnOpen(func(websocket.Event) { ws.Send(websocket.Text("hello")) })
//	ws.OnMessage(func(e *websocket.MessageEvent) { fmt.Println(e.Data.Text()) })
//	ws.OnClose(func(e *websocket.CloseEvent) { fmt.Println(e.Code, e.Reason, e.WasClean) })
//	return ws.Run(ctx)
//
// # Goroutines
//
// Each socket calls its listeners one at a time, in order, on a goroutine of its own: the socket's event loop. A listener may
// block; that holds back this socket's later events and nothing else. All methods may be called from any goroutine and in any
// listener. Two things deadlock: waiting for a socket's own Done in one of its listeners, and, in a browser, anything that
// waits inside a program's own js.FuncOf, which is a rule of syscall/js.
//
// A panic in a listener is the program's own and is not caught. A listener that calls runtime.Goexit, as t.FailNow does, ends
// itself alone: the other listeners and the connection go on.
//
// # Streams
//
// [OpenStream] is the other way to use a connection, without events: Read, Write and Closed wait, and hold the peer back.
//
// # Start
//
// In JavaScript no event comes before the script that made the socket has returned. Go has no such moment, so a socket holds
// its events, and natively does not even dial, until [WebSocket.Start] or [WebSocket.Run].
package websocket

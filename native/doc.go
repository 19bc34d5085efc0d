// Package native is an RFC 6455 engine: the protocol under a WebSocket, without the browser's API. Programs use package
// websocket, which opens its connections with it everywhere but in a browser. On its own it serves to carry a connection
// over something else than TCP, on every platform:
//
//	d := websocket.Dialer{Engine: native.Over(tunnel)}
//	ws, err := d.New("ws://example.com/chat")
//
// The framing treats both roles alike: whether frames are masked is a value, not an assumption.
package native

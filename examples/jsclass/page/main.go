//go:build js

// Command page gives a page the class as GoWebSocket. A page whose scripts are to run over it puts it in WebSocket's place.
//
//	go run ./wasm_exec serve ./examples/jsclass/page
package main

import (
	"syscall/js"

	"github.com/twinsocket/websocket/examples/jsclass"
)

func main() {
	js.Global().Set("GoWebSocket", jsclass.New("WebSocket"))
	js.Global().Call("dispatchEvent", js.Global().Get("Event").New("gowebsocket")) // it is there
	select {}
}

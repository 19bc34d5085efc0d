// Command over is a program with a connection over a carrier of its own: what it imports is looked at by a test.
package main

import (
	"io"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/native"
)

func main() {
	var carrier io.ReadWriteCloser
	d := websocket.Dialer{Engine: native.Over(carrier)}
	if _, err := d.New("ws://h/"); err != nil {
		panic(err)
	}
}

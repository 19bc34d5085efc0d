//go:build !js

package peer_test

import (
	"fmt"
	"log"

	"github.com/gorilla/websocket"

	"github.com/twinsocket/websocket/testserver/peer"
)

func Example() {
	server, err := peer.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	// The client under test; here it is gorilla's.
	ws, _, err := websocket.DefaultDialer.Dial(server.WS()+"/close?code=3000&reason=go&id=1", nil)
	if err != nil {
		log.Fatal(err)
	}
	_, _, err = ws.ReadMessage() // Close comes and is answered
	ws.Close()
	fmt.Println(err)

	// What did the client send?
	record, _, err := websocket.DefaultDialer.Dial(server.WS()+"/recorded?id=1", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer record.Close()
	_, lines, _ := record.ReadMessage()
	fmt.Println(string(lines))
	// Output:
	// websocket: close 3000: go
	// request
	// close:3000:
	// server
}

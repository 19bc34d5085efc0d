package netconn_test

import (
	"bufio"
	"context"
	"fmt"
	"os"

	"github.com/twinsocket/websocket/netconn"
)

// A protocol of lines, over a WebSocket.
func ExampleDial() {
	conn, err := netconn.Dial(context.Background(), os.Getenv("TESTSERVER_WS")+"/echo")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	fmt.Fprintf(conn, "hello\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	fmt.Printf("%q %v\n", line, err)
	// Output: "hello\n" <nil>
}

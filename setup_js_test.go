//go:build js

package websocket_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/twinsocket/websocket"
)

const browser = true

// TestMain wants the peer that the tests were started under: a page can't start one.
func TestMain(m *testing.M) {
	if os.Getenv("TESTSERVER_WS") == "" {
		fmt.Println("TESTSERVER_WS is not set: run the tests under testserver, as make test does")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// trusting is a Dialer that trusts the peer's certificate: the browser was told to.
func trusting(*testing.T) *websocket.Dialer { return new(websocket.Dialer) }

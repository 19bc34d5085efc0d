//go:build js

package websocket_test

import (
	"fmt"
	"os"
	"syscall/js"
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

// refusingSOCKS and endingSOCKS are for an option that is refused.
func refusingSOCKS(*testing.T) string { return "socks5://h" }
func endingSOCKS(*testing.T) string   { return "socks5://h" }

// warnings captures what the package reports, until the func is called.
func warnings(t *testing.T) func() string {
	var said string
	console := js.Global().Get("console")
	original := console.Get("warn")
	capture := js.FuncOf(func(_ js.Value, args []js.Value) any {
		said += args[0].String() + "\n"
		return nil
	})
	console.Set("warn", capture)
	t.Cleanup(func() {
		console.Set("warn", original)
		capture.Release()
	})
	return func() string { return said }
}

//go:build !js

package wsjson_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/twinsocket/websocket/testserver/peer"
)

// TestMain starts the peer in this process unless the tests run under one, and looks for goroutines that were left.
func TestMain(m *testing.M) {
	if os.Getenv("TESTSERVER_WS") != "" {
		os.Exit(m.Run())
	}
	server, err := peer.Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, assignment := range server.Environ() {
		name, value, _ := strings.Cut(assignment, "=")
		os.Setenv(name, value)
	}
	code := m.Run()
	server.Close()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

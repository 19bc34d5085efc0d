//go:build !js

package websocket_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/testserver/peer"
)

const browser = false

// TestMain starts the peer in this process unless the tests run under one, and looks for goroutines that were left. The tests go
// through no proxy but their own.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		os.Unsetenv(name)
	}
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

// trusting is a Dialer that trusts the peer's certificate.
func trusting(t *testing.T) *websocket.Dialer {
	pem, err := os.ReadFile(os.Getenv("TESTSERVER_CA"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &websocket.Dialer{Options: websocket.Options{TLSConfig: &tls.Config{RootCAs: pool}}}
}

// warnings captures what the package reports, until the func is called.
func warnings(t *testing.T) func() string {
	var said bytes.Buffer
	log.SetOutput(&said)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	return said.String
}

// decodedByTheBrowser has nobody to ask here.
func decodedByTheBrowser(*testing.T, *websocket.Blob) (string, bool) { return "", false }

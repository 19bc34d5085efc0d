package websocket_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
)

// A program that sets options compiles for both targets. In a browser those that no page can choose are refused, all by name.
func TestOptionsThatABrowserHasNot(t *testing.T) {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) { return nil, errors.New("no") }
	d := &websocket.Dialer{Options: websocket.Options{
		Header: map[string][]string{"A": {"b"}}, Origin: "http://x", TLSConfig: &tls.Config{}, NetDial: dial, CloseTimeout: time.Second,
		Proxy: func(*url.URL) (*url.URL, error) { return nil, nil }, Jar: new(cookiejar.Jar), AllowBlockedPorts: true,
		Compression: websocket.CompressionTakeover, CompressionThreshold: 1, ReadAhead: 1,
		PingInterval: time.Minute, PongTimeout: time.Minute,
	}}
	ws, err := d.New("ws://h/")
	if !browser {
		if err != nil {
			t.Error(err)
		} else {
			ws.Close(0, "")
		}
		return
	}
	if !errors.Is(err, websocket.ErrNotSupported) {
		t.Fatalf("got %v", err)
	}
	for _, name := range []string{"Header", "Origin", "TLSConfig", "Proxy", "Jar", "AllowBlockedPorts", "NetDial", "CloseTimeout", "Compression",
		"CompressionThreshold", "ReadAhead", "PingInterval", "PongTimeout"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
}

func TestTypedNilIsNotSet(t *testing.T) {
	var config *tls.Config
	var dial func(ctx context.Context, network, address string) (net.Conn, error)
	var proxy func(*url.URL) (*url.URL, error)
	d := &websocket.Dialer{Options: websocket.Options{TLSConfig: config, NetDial: dial, Proxy: proxy}}
	row{url: "/echo", dialer: d, on: does{"open": closes(1000, "")}, want: opened}.run(t)
}

func TestOptionsThatWorkEverywhere(t *testing.T) {
	d := &websocket.Dialer{Options: websocket.Options{ReadLimit: 100, HandshakeTimeout: time.Minute, MaxBufferedAmount: 100}}
	row{url: "/echo", dialer: d, on: does{"open": send("x"), "text:x": closes(1000, "")}, want: "open/1 text:x/1 close:1000::true/3"}.run(t)
}

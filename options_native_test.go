//go:build !js

package websocket_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/twinsocket/websocket"
)

// Header, Origin and NetDial.
func TestRequestOptions(t *testing.T) {
	asked := ""
	d := &websocket.Dialer{Options: websocket.Options{
		Header: map[string][]string{"Authorization": {"Bearer x"}, "X-Two": {"1", "2"}, "Host": {"other.example"}},
		Origin: "https://app.example",
		NetDial: func(ctx context.Context, network, address string) (net.Conn, error) {
			asked = network + " " + address
			return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(os.Getenv("TESTSERVER_WS"), "ws://"))
		},
	}}
	s := newSocket(t, d, "ws://a-name.that.only.the.dialer.knows/headers")
	s.on = does{"message": closes(1000, "")}
	request := ""
	s.OnMessage(func(e *websocket.MessageEvent) { request = e.Data.Text() })
	s.run()
	if asked != "tcp a-name.that.only.the.dialer.knows:80" {
		t.Errorf("the dialer was asked for %q", asked)
	}
	for _, want := range []string{"Authorization: Bearer x", "X-Two: 1", "X-Two: 2", "Host: other.example", "Origin: https://app.example"} {
		if !strings.Contains(request, want) {
			t.Errorf("got %q, want it to contain %q", request, want)
		}
	}
	if strings.Contains(ask(t, server()+"/headers"), "Origin:") {
		t.Error("an Origin was sent that nobody set")
	}
}

func TestHeadersThatBreakTheRequestAreRefused(t *testing.T) {
	for _, o := range []websocket.Options{
		{Header: map[string][]string{"X": {"a\r\nY: b"}}}, {Header: map[string][]string{"X Y": {"a"}}},
		{Header: map[string][]string{"Upgrade": {"h2c"}}}, {Header: map[string][]string{"sec-websocket-version": {"8"}}}, {Origin: "a\nb"},
	} {
		if _, err := (&websocket.Dialer{Options: o}).New("ws://h/"); !errors.Is(err, websocket.ErrSyntax) {
			t.Errorf("%+v: got %v", o, err)
		}
	}
}

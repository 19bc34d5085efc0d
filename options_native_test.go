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

// A connection that was answered 401 is not used again, and the program's own Authorization comes before the URL's.
func TestCredentialsAreAnsweredOnANewConnection(t *testing.T) {
	dials := 0
	count := func(ctx context.Context, network, address string) (net.Conn, error) {
		dials++
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	bye := does{"open": closes(1000, "")}
	own := func(authorization string) map[string][]string {
		return map[string][]string{"authorization": {authorization}}
	}
	for _, c := range []struct {
		row
		dials int
	}{
		{row{name: "asked for", url: withUser("me:x", "/basic?user=me&password=x"), on: bye, want: opened,
			sent: "request request:Basic bWU6eA== close:1000: server"}, 2},
		{row{name: "asked for twice", url: withUser("me:x", "/basic?user=me&password=y"), want: failed, err: "got status 401",
			sent: "request request:Basic bWU6eA=="}, 2},
		{row{name: "the program's are right", url: withUser("me:x", "/basic?user=you&password=y"), on: bye, want: opened,
			dialer: &websocket.Dialer{Options: websocket.Options{Header: own("Basic eW91Onk=")}},
			sent:   "request:Basic eW91Onk= close:1000: server"}, 1},
		{row{name: "the program's are wrong", url: withUser("me:x", "/basic?user=me&password=x"), want: failed, err: "got status 401",
			dialer: &websocket.Dialer{Options: websocket.Options{Header: own("Bearer y")}}, sent: "request:Bearer y"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.dialer == nil {
				c.dialer = new(websocket.Dialer)
			}
			c.dialer.NetDial, dials = count, 0
			c.run(t)
			if dials != c.dials {
				t.Errorf("got %d connections, want %d", dials, c.dials)
			}
		})
	}
}

// No packet goes to a blocked port.
func TestBlockedPortsAreNotDialled(t *testing.T) {
	d := &websocket.Dialer{Options: websocket.Options{NetDial: func(_ context.Context, _, address string) (net.Conn, error) {
		t.Errorf("%s was dialled", address)
		return nil, errors.New("no")
	}}}
	for _, port := range blockedPorts {
		row{url: "ws://127.0.0.1:" + port + "/", dialer: d, want: failed, err: port}.run(t)
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

//go:build !js

package peer

import (
	"net"
	"testing"

	"github.com/gorilla/websocket"
)

// through is gorilla's dialer for a connection carried by another, and the
// other.
func through(t *testing.T, s *Server, to string) (*websocket.Dialer, *websocket.Conn) {
	outer := open(t, s, "/tcp?to="+to)
	d := dialer(s)
	d.NetDial = func(string, string) (net.Conn, error) { return &carrier{Conn: outer.NetConn(), ws: outer}, nil }
	return d, outer
}

// carrier is the bytes of binary messages.
type carrier struct {
	net.Conn
	ws   *websocket.Conn
	rest []byte
}

func (c *carrier) Read(p []byte) (n int, err error) {
	for err == nil && len(c.rest) == 0 {
		_, c.rest, err = c.ws.ReadMessage()
	}
	n = copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, err
}

func (c *carrier) Write(p []byte) (int, error) {
	return len(p), c.ws.WriteMessage(websocket.BinaryMessage, p)
}

func TestTCPCarriesConnections(t *testing.T) {
	s := start(t)
	for to, url := range map[string]string{"ws": s.WS(), "wss": s.WSS()} {
		d, outer := through(t, s, to)
		inner := openURL(t, d, url+"/echo?id="+to)
		send(t, inner, "in")
		want(t, receive(inner), "text:in")
		sendClose(outer, closeBody(1000, ""))
		want(t, receive(outer), "close:1000:")
		outer.Close()
		want(t, recorded(t, s, to), "request text:in fin")
	}
}

func TestTCPEndsWithACloseFrame(t *testing.T) {
	s := start(t)
	for steps, ending := range map[string]string{"do=end": "close:1000:", "do=rst": "close:1011:TCP was reset"} {
		d, outer := through(t, s, "ws")
		openURL(t, d, s.WS()+"/raw?"+steps)
		want(t, receive(outer), ending)
	}
	want(t, receive(open(t, s, "/tcp?to=closed")), "close:1011:can't connect")
}

func TestTCPIsResetByAnyOtherEnd(t *testing.T) {
	s := start(t)
	for name, end := range map[string]func(outer *websocket.Conn){
		"code": func(outer *websocket.Conn) { sendClose(outer, closeBody(4000, "")) },
		"none": func(outer *websocket.Conn) { outer.Close() },
		"text": func(outer *websocket.Conn) { send(t, outer, "text") },
	} {
		d, outer := through(t, s, "ws")
		openURL(t, d, s.WS()+"/echo?id="+name)
		end(outer)
		want(t, recorded(t, s, name), "request reset")
	}
}

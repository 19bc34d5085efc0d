//go:build !js

package peer

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gorilla/websocket"
)

// serveTCP relays to a port of the peer's own. The client can't name another.
func serveTCP(x *exchange) error {
	ports := map[string]string{
		"":       x.server.plain.Addr().String(),
		"ws":     x.server.plain.Addr().String(),
		"wss":    x.server.secure.Addr().String(),
		"mute":   x.server.mute.Addr().String(),
		"closed": x.server.closedPort.address(),
	}
	to := x.query.get("to")
	address, known := ports[to]
	if !known {
		return fmt.Errorf("testserver: to: got %q, want ws, wss, mute or closed", to)
	}
	ws := x.upgrade()
	if ws == nil {
		return nil
	}
	tcp, err := net.Dial("tcp", address)
	if err != nil {
		sendClose(ws, closeBody(websocket.CloseInternalServerErr, "can't connect"))
		awaitClose(ws)
		return nil
	}
	relay(ws, tcp.(*net.TCPConn))
	return nil
}

// relay carries bytes both ways. The end of TCP is a Close frame, and a Close
// frame the end of TCP, in order or not.
func relay(ws *websocket.Conn, tcp *net.TCPConn) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		sendClose(ws, relayDown(ws, tcp))
		ws.SetReadDeadline(time.Now().Add(waitLimit))
	}()
	if err := relayUp(tcp, ws); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		tcp.SetLinger(0)
	}
	tcp.Close()
	<-done
}

// relayDown sends what comes over TCP. It returns what its end is in a Close
// frame.
func relayDown(ws *websocket.Conn, tcp *net.TCPConn) []byte {
	for buf := make([]byte, 32<<10); ; {
		n, err := tcp.Read(buf)
		if n > 0 {
			ws.WriteMessage(websocket.BinaryMessage, buf[:n]) // if that fails, so does relayUp
		}
		switch {
		case errors.Is(err, io.EOF):
			return closeBody(websocket.CloseNormalClosure, "")
		case err != nil:
			return closeBody(websocket.CloseInternalServerErr, "TCP was reset")
		}
	}
}

// relayUp sends what comes in messages until their end. That TCP does not take
// it is seen by relayDown.
func relayUp(tcp *net.TCPConn, ws *websocket.Conn) error {
	for {
		kind, message, err := ws.ReadMessage()
		switch {
		case err != nil:
			return err
		case kind != websocket.BinaryMessage:
			sendClose(ws, closeBody(websocket.CloseUnsupportedData, "want binary messages"))
			return errors.New("testserver: got a text message")
		}
		tcp.Write(message)
	}
}

//go:build !js

package peer

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/gorilla/websocket"
)

func serveRecorded(x *exchange) error {
	want, err := x.query.number("wait", 0, math.MaxInt32, math.MaxInt32)
	if err != nil {
		return err
	}
	now, err := x.query.flag("now")
	if err != nil {
		return err
	}
	if now {
		want = 0
	}
	id := x.query.get("id")
	if id == "" {
		return errors.New("testserver: got no id, want id=X")
	}
	if ws := x.upgrade(); ws != nil {
		lines := x.server.registry.recorded(x.conn.stop, id, want)
		tell(ws, strings.Join(lines, "\n"))
	}
	return nil
}

// tell sends a text message and closes.
func tell(ws *websocket.Conn, text string) {
	ws.WriteMessage(websocket.TextMessage, []byte(text))
	sendClose(ws, closeBody(websocket.CloseNormalClosure, ""))
	awaitClose(ws)
}

func serveCount(x *exchange) error {
	until, err := x.query.number("until", 0, math.MaxInt32, -1)
	if err != nil {
		return err
	}
	ws := x.upgrade()
	if ws == nil {
		return nil
	}
	n := 0
	x.server.registry.wait(x.conn.stop, waitLimit, func() bool {
		n = x.server.registry.count(x.conn, x.query.get("id"))
		return until < 0 || n == until
	})
	tell(ws, strconv.Itoa(n))
	return nil
}

func serveWritten(x *exchange) error {
	if x.query.get("id") == "" {
		return errors.New("testserver: got no id, want id=X")
	}
	if ws := x.upgrade(); ws != nil {
		tell(ws, strconv.FormatInt(x.server.registry.written(x.conn, x.query.get("id")), 10))
	}
	return nil
}

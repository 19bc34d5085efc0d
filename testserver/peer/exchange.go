//go:build !js

package peer

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// exchange is a request and the means to answer it.
type exchange struct {
	server  *Server
	conn    *conn
	answer  *answer
	request *http.Request
	query   query
	deflate bool // the answer agrees to permessage-deflate
	nth     int  // of the connections with this id; 0 without one
}

// route serves a request. What an endpoint returns as an error before it has
// taken the connection over is the client's mistake.
func route(x *exchange) {
	err := serveEndpoint(x)
	if err != nil && !x.answer.hijacked {
		http.Error(x.answer, err.Error(), http.StatusBadRequest)
	}
}

func serveEndpoint(x *exchange) (err error) {
	if x.query, err = parseQuery(x.request.URL.RawQuery); err != nil {
		return err
	}
	var paths []string
	for _, e := range endpoints() {
		if e.path == x.request.URL.Path {
			return x.serve(e)
		}
		paths = append(paths, e.path)
	}
	http.Error(x.answer, fmt.Sprintf("testserver: got path %q, want one of %s",
		x.request.URL.Path, strings.Join(paths, ", ")), http.StatusNotFound)
	return nil
}

func (x *exchange) serve(e endpoint) error {
	if e.params != "*" {
		if err := x.query.only(append(strings.Fields(e.params), "id", "times")); err != nil {
			return err
		}
	}
	if err := x.readDeflate(); err != nil {
		return err
	}
	if !slices.Contains([]string{"/recorded", "/count", "/written"}, e.path) { // they only ask about an id
		x.beginRecord()
	}
	if _, limited := x.query.lookup("times"); limited && e.params != "*" {
		return x.serveTimes(e)
	}
	return e.serve(x)
}

// serveTimes serves the first connections with the id, and those behind them as /echo.
func (x *exchange) serveTimes(e endpoint) error {
	times, err := x.query.number("times", 0, math.MaxInt32, 0)
	switch {
	case err != nil:
		return err
	case x.nth == 0:
		return errors.New("testserver: times: got no recorded id, want id=X at another endpoint than /recorded and /count")
	case x.nth > times:
		return serveEcho(x)
	}
	return e.serve(x)
}

// readDeflate reads deflate=1, or the extensions that /raw is to answer.
func (x *exchange) readDeflate() (err error) {
	x.deflate, err = x.query.flag("deflate")
	for _, p := range x.query {
		agreed := p.name == "extensions" && strings.Contains(p.value, "permessage-deflate")
		x.deflate = x.deflate || agreed
	}
	return err
}

// beginRecord names the connection. Its frames are recorded after the upgrade.
func (x *exchange) beginRecord() {
	id := x.query.get("id")
	if id == "" {
		return
	}
	line := "request"
	if value := x.request.Header.Get("Authorization"); value != "" {
		line += ":" + value
	}
	x.nth = x.server.registry.name(x.conn, id, line)
	x.answer.id = id
	x.answer.recorder.collector.deflate = x.deflate
}

// upgrade answers the handshake through gorilla. If it returns nil, gorilla
// has answered with an error.
func (x *exchange) upgrade() *websocket.Conn {
	upgrader := websocket.Upgrader{
		CheckOrigin:       func(*http.Request) bool { return true },
		EnableCompression: x.deflate,
	}
	if protocol, ok := x.query.lookup("protocol"); ok {
		upgrader.Subprotocols = []string{protocol}
	} else if requested := websocket.Subprotocols(x.request); len(requested) > 0 {
		upgrader.Subprotocols = requested[:1]
	}
	ws, err := upgrader.Upgrade(x.answer, x.request, nil)
	if err != nil {
		return nil
	}
	// gorilla's own handler leaves out the reason.
	ws.SetCloseHandler(func(code int, reason string) error {
		sendClose(ws, websocket.FormatCloseMessage(code, reason))
		return nil
	})
	return ws
}

// sendClose sends a Close frame, if none was sent before.
func sendClose(ws *websocket.Conn, body []byte) {
	ws.WriteControl(websocket.CloseMessage, body, time.Now().Add(waitLimit))
}

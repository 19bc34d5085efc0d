//go:build !js

package peer

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// endpoint is what the peer does at a path. The descriptions are in doc.go.
type endpoint struct {
	path   string
	params string // names of the parameters besides id; "*" takes any
	serve  func(*exchange) error
}

func endpoints() []endpoint {
	return []endpoint{
		{"/echo", "*", serveEcho},
		{"/headers", "*", serveHeaders},
		{"/close", "code reason after protocol deflate", serveClose},
		{"/send", "text binary n size type close reason protocol deflate", serveSend},
		{"/soak", "n size protocol deflate", serveSoak},
		{"/slow", "rate protocol deflate", serveSlow},
		{"/tcp", "to protocol deflate", serveTCP},
		{"/pair", "with protocol deflate", servePair},
		{"/recorded", "now wait", serveRecorded},
		{"/count", "until", serveCount},
		{"/written", "", serveWritten},
		{"/status", "code body", serveStatus},
		{"/redirect", "to code", serveRedirect},
		{"/basic", "user password protocol deflate", serveBasic},
		{"/raw", rawParams, serveRaw},
	}
}

func serveEcho(x *exchange) error {
	if ws := x.upgrade(); ws != nil {
		echo(ws)
	}
	return nil
}

// echo returns what comes until Close was answered or the connection ends.
func echo(ws *websocket.Conn) {
	for {
		kind, message, err := ws.ReadMessage()
		if err != nil {
			return
		}
		if err := ws.WriteMessage(kind, message); err != nil {
			return
		}
	}
}

func serveHeaders(x *exchange) error {
	lines := []string{"Host: " + x.request.Host, fmt.Sprintf("RemoteTLS: %t", x.conn.wire != nil)}
	for name, values := range x.request.Header {
		for _, value := range values {
			lines = append(lines, name+": "+value)
		}
	}
	slices.Sort(lines)
	first := fmt.Sprintf("%s %s %s", x.request.Method, x.request.RequestURI, x.request.Proto)
	text := strings.Join(append([]string{first}, lines...), "\n")
	if ws := x.upgrade(); ws != nil {
		ws.WriteMessage(websocket.TextMessage, []byte(text))
		echo(ws)
	}
	return nil
}

func serveClose(x *exchange) error {
	body, err := closeParams(x.query, "code")
	if err != nil {
		return err
	}
	after := x.query.get("after")
	if after != "" && after != "message" {
		return fmt.Errorf("testserver: after: got %q, want message", after)
	}
	ws := x.upgrade()
	if ws == nil {
		return nil
	}
	if after == "message" {
		if _, _, err := ws.ReadMessage(); err != nil {
			return nil
		}
	}
	sendClose(ws, body)
	awaitClose(ws)
	return nil
}

// closeParams is the payload of the Close frame that the query asks for.
func closeParams(q query, name string) ([]byte, error) {
	code, err := q.number(name, 0, math.MaxUint16, -1)
	if err != nil {
		return nil, err
	}
	reason := q.get("reason")
	if len(reason) > 123 {
		return nil, fmt.Errorf("testserver: reason: got %d bytes, want at most 123", len(reason))
	}
	if code < 0 && reason != "" {
		return nil, fmt.Errorf("testserver: reason: got %q without %s, want both", reason, name)
	}
	if code < 0 {
		return nil, nil
	}
	return closeBody(code, reason), nil
}

// awaitClose discards messages until Close comes.
func awaitClose(ws *websocket.Conn) {
	ws.SetReadDeadline(time.Now().Add(waitLimit))
	discard(ws)
}

func discard(ws *websocket.Conn) {
	for {
		if _, _, err := ws.NextReader(); err != nil {
			return
		}
	}
}

func serveSlow(x *exchange) error {
	rate, err := x.query.number("rate", 0, math.MaxInt32, 0)
	if err != nil {
		return err
	}
	ws := x.upgrade()
	if ws == nil {
		return nil
	}
	x.conn.tcp.SetReadBuffer(4096)
	if rate == 0 {
		x.conn.waitUnread()
		return x.conn.Close()
	}
	x.conn.rate = rate
	discard(ws)
	x.conn.rate = 0
	return nil
}

//go:build !js

package peer

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"
)

// rawParams are the parameters of /raw.
const rawParams = "http status reason accept upgrade connection protocol extensions header pad " +
	"lf early cut delay bytewise do"

// handshake is the answer of /raw to the client's handshake, and how to send it.
type handshake struct {
	status  int
	first   string // the status line
	headers []string
	lineEnd string
	early   []byte

	cut      int // -1: not
	delay    time.Duration
	bytewise bool
}

// bytes is all that is sent before the script begins.
func (h handshake) bytes() []byte {
	lines := append([]string{h.first}, h.headers...)
	head := strings.Join(lines, h.lineEnd) + h.lineEnd + h.lineEnd
	b := append([]byte(head), h.early...)
	if h.cut >= 0 {
		b = b[:min(h.cut, len(b))]
	}
	return b
}

// acceptKey is the value that RFC 6455 4.2.2 (5.4) wants.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// parseHandshake makes the answer to a handshake with this key.
func parseHandshake(q query, key string) (h handshake, err error) {
	h.headers = fixedHeaders(q, key)
	if h.status, err = q.number("status", 0, 999, http.StatusSwitchingProtocols); err != nil {
		return h, err
	}
	h.first = statusLine(q, h.status)
	for _, p := range q {
		switch p.name {
		case "protocol":
			h.headers = append(h.headers, "Sec-WebSocket-Protocol: "+p.value)
		case "extensions":
			h.headers = append(h.headers, "Sec-WebSocket-Extensions: "+p.value)
		case "header":
			h.headers = append(h.headers, p.value)
		}
	}
	lf, err := q.flag("lf")
	if err != nil {
		return h, err
	}
	h.lineEnd = "\r\n"
	if lf {
		h.lineEnd = "\n"
	}
	pad, err := q.number("pad", 0, math.MaxInt32, 0)
	if err != nil {
		return h, err
	}
	if pad > 0 {
		h.headers = append(h.headers, "X-Pad: "+strings.Repeat("x", pad))
	}
	err = parseSending(q, &h)
	return h, err
}

// parseSending reads the parameters for the bytes behind the answer and the
// way in which it is sent.
func parseSending(q query, h *handshake) error {
	delay, err := q.number("delay", 0, int(waitLimit/time.Millisecond), 0)
	if err != nil {
		return err
	}
	h.delay = time.Duration(delay) * time.Millisecond
	if h.early, err = parseHex("early", q.get("early")); err != nil {
		return err
	}
	if h.cut, err = q.number("cut", 0, math.MaxInt32, -1); err != nil {
		return err
	}
	h.bytewise, err = q.flag("bytewise")
	return err
}

func statusLine(q query, status int) string {
	version, ok := q.lookup("http")
	if !ok {
		version = "HTTP/1.1"
	}
	reason, ok := q.lookup("reason")
	if !ok {
		reason = http.StatusText(status)
	}
	return fmt.Sprintf("%s %d %s", version, status, reason)
}

// fixedHeaders are the three headers of every good answer, or what the query
// has in their place.
func fixedHeaders(q query, key string) (headers []string) {
	for _, h := range []struct{ name, param, value string }{
		{"Upgrade", "upgrade", "websocket"},
		{"Connection", "connection", "Upgrade"},
		{"Sec-WebSocket-Accept", "accept", acceptKey(key)},
	} {
		good := h.name + ": " + h.value
		switch value, ok := q.lookup(h.param); {
		case !ok:
			headers = append(headers, good)
		case value == "omit":
		case value == "twice" && h.param == "accept":
			headers = append(headers, good, good)
		default:
			headers = append(headers, h.name+": "+value)
		}
	}
	return headers
}

//go:build !js

package peer

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts a peer and sees that it leaves no goroutine.
func start(t *testing.T) *Server {
	t.Helper()
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		goleak.VerifyNone(t, goleak.IgnoreCurrent())
	})
	return s
}

// path is a path with parameters "name=value" in their literal form.
func path(path string, params ...string) string {
	for i, p := range params {
		name, value, _ := strings.Cut(p, "=")
		params[i] = name + "=" + url.QueryEscape(value)
	}
	return path + "?" + strings.Join(params, "&")
}

// dialer is gorilla's with the peer's certificate.
func dialer(s *Server, protocols ...string) *websocket.Dialer {
	return &websocket.Dialer{
		TLSClientConfig:  &tls.Config{RootCAs: s.CertPool()},
		HandshakeTimeout: 10 * time.Second,
		Subprotocols:     protocols,
	}
}

// open opens a WebSocket.
func open(t *testing.T, s *Server, path string, protocols ...string) *websocket.Conn {
	t.Helper()
	return openURL(t, dialer(s, protocols...), s.WS()+path)
}

func openURL(t *testing.T, d *websocket.Dialer, url string) *websocket.Conn {
	t.Helper()
	ws, _, err := d.Dial(url, nil)
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	t.Cleanup(func() { ws.Close() })
	ws.SetReadDeadline(time.Now().Add(20 * time.Second))
	return ws
}

func send(t *testing.T, ws *websocket.Conn, text string) {
	t.Helper()
	if err := ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// receive returns what comes next: "text:…", "binary:HEX", "close:CODE:REASON"
// or another error.
func receive(ws *websocket.Conn) string {
	kind, payload, err := ws.ReadMessage()
	if e, ok := err.(*websocket.CloseError); ok && e.Code != websocket.CloseAbnormalClosure {
		return fmt.Sprintf("close:%d:%s", e.Code, e.Text)
	}
	if err != nil {
		return err.Error()
	}
	if kind == websocket.BinaryMessage {
		return fmt.Sprintf("binary:%x", payload)
	}
	return "text:" + string(payload)
}

// receiveAll returns all up to the end.
func receiveAll(ws *websocket.Conn) string {
	var all []string
	for {
		s := receive(ws)
		all = append(all, s)
		if !strings.HasPrefix(s, "text:") && !strings.HasPrefix(s, "binary:") {
			return strings.Join(all, " ")
		}
	}
}

// closeNow is the client's closing handshake.
func closeNow(ws *websocket.Conn, code int, reason string) {
	ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(10*time.Second))
}

// ask returns the text of /recorded or /count.
func ask(t *testing.T, s *Server, path string) string {
	t.Helper()
	ws := open(t, s, path)
	answer := receive(ws)
	want(t, receive(ws), "close:1000:")
	ws.Close()
	return strings.TrimPrefix(answer, "text:")
}

// recorded returns a record in one line.
func recorded(t *testing.T, s *Server, id string) string {
	t.Helper()
	return strings.ReplaceAll(ask(t, s, "/recorded?id="+id), "\n", " ")
}

func want(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// wantPart wants the part to be in got.
func wantPart(t *testing.T, got, part string) {
	t.Helper()
	if !strings.Contains(got, part) {
		t.Errorf("got  %q\nwant … %q …", got, part)
	}
}

// The key and the answer of RFC 6455 1.3.
const (
	sampleKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// rawConn is a client made of bytes.
type rawConn struct {
	*net.TCPConn
	in *bufio.Reader
}

// rawDial connects and sends the handshake's request.
func rawDial(t *testing.T, s *Server, path string) rawConn {
	t.Helper()
	host := strings.TrimPrefix(s.WS(), "ws://")
	c, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n", path, host, sampleKey)
	return rawConn{c.(*net.TCPConn), bufio.NewReader(c)}
}

// rawOpen reads the answer's head as well.
func rawOpen(t *testing.T, s *Server, path string) rawConn {
	t.Helper()
	c := rawDial(t, s, path)
	if head := c.head(); !strings.HasPrefix(head, "HTTP/1.1 101 ") {
		rest, _ := io.ReadAll(c.in)
		t.Fatalf("%s: got %q %q, want 101", path, head, rest)
	}
	return c
}

// head reads to the end of the answer's head.
func (c rawConn) head() string {
	var head strings.Builder
	for {
		line, err := c.in.ReadString('\n')
		head.WriteString(line)
		if err != nil || line == "\r\n" || line == "\n" {
			return head.String()
		}
	}
}

// rest reads to the end of TCP and says how it came.
func (c rawConn) rest() (bytes []byte, end string) {
	b, err := io.ReadAll(c.in)
	if err != nil {
		return b, endOf(err)
	}
	return b, "fin"
}

// masked is a client's frame.
func masked(first byte, payload string) []byte {
	return maskedWith([4]byte{first, byte(len(payload)), 0x5A, 0xC3}, first, payload)
}

func maskedWith(key [4]byte, first byte, payload string) []byte {
	b := []byte(payload)
	for i := range b {
		b[i] ^= key[i&3]
	}
	frame := appendFrame(nil, first, nil)
	frame[1] = 0x80
	switch {
	case len(b) < 126:
		frame[1] |= byte(len(b))
	default:
		frame[1] |= 126
		frame = append(frame, byte(len(b)>>8), byte(len(b)))
	}
	return append(append(frame, key[:]...), b...)
}

// get is a plain request.
func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	client := http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{DisableKeepAlives: true},
	}
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	return response, string(body)
}

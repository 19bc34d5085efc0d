//go:build !js

package peer

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// tapped keeps what TCP brought under TLS, and how it ended.
type tapped struct {
	*net.TCPConn
	got bytes.Buffer
	end string
}

func (c *tapped) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	c.got.Write(p[:n])
	if err != nil {
		c.end = endOf(err)
	}
	return n, err
}

// dialTCP connects to the wss port.
func dialTCP(t *testing.T, s *Server) *tapped {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.WSS(), "wss://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return &tapped{TCPConn: c.(*net.TCPConn)}
}

// dialTLS is crypto/tls's client.
func dialTLS(t *testing.T, s *Server, name string) (*tls.Conn, *tapped) {
	t.Helper()
	under := dialTCP(t, s)
	return tls.Client(under, &tls.Config{RootCAs: s.CertPool(), ServerName: name}), under
}

// TestTLSEnds says what crypto/tls makes of each way in which TLS can end.
func TestTLSEnds(t *testing.T) {
	s := start(t)
	for i, test := range []struct{ do, want, record string }{
		{"text:a notify hold", "EOF", "fin"},
		{"text:a sever hold", "EOF", "fin"},
		{"text:a fin hold", "EOF", "fin"},
		{"text:a end", "EOF", "server"},
		{"text:a expect alert hold", "remote error: tls: bad record MAC", "text:hi fin"},
		{"text:a expect alert end", "remote error: tls: bad record MAC", "text:hi server"},
		{"text:a tcp:15030300020228 hold", "local error: tls: bad record MAC", "fin"},
		{"text:a tcp:1703030020" + strings.Repeat("00", 32) + " hold", "local error: tls: bad record MAC", "fin"},
		{"text:a tcp:48545450 end", "tls: received record with version 5454 when expecting version 303", "server"},
	} {
		t.Run(test.do, func(t *testing.T) {
			id := fmt.Sprint("t", i)
			c, _ := dialTLS(t, s, "localhost")
			fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Key: %s\r\n\r\n", scriptPath(test.do, "id="+id), sampleKey)
			if strings.Contains(test.do, "alert") {
				c.Write(masked(fin|opText, "hi"))
			}
			in := bufio.NewReader(c)
			rawConn{in: in}.head()
			got, err := io.ReadAll(in)
			if err == nil {
				err = io.EOF
			}
			want(t, string(got), "\x81\x01a")
			wantPart(t, err.Error(), test.want)
			c.NetConn().Close()
			wantPart(t, recorded(t, s, id), test.record)
		})
	}
}

// TestHello says what crypto/tls makes of each name. The bytes are what came
// over TCP, for those that are known.
func TestHello(t *testing.T) {
	s := start(t)
	for _, test := range []struct{ name, want, bytes, end string }{
		{"alert-2-40", "remote error: tls: handshake failure", "15030300020228", ""},
		{"alert-2-80", "remote error: tls: internal error", "15030300020250", ""},
		{"hex-48545450", "EOF", "48545450", ""},
		{"hex-485454502f312e3120", "first record does not look like a TLS handshake", "485454502f312e3120", ""},
		{"fin", "EOF", "", "fin"},
		{"rst", "connection reset by peer", "", "reset"},
		{"mute", "i/o timeout", "", ""},
		{"cut-1", "unexpected EOF", "16", "fin"},
		{"cut-200", "EOF", "*", "fin"},
		{"what", "remote error: tls: internal error", "15030100020250", ""},
		{"alert-2", "remote error: tls: internal error", "15030100020250", ""},
		{"alert-256-1", "remote error: tls: internal error", "15030100020250", ""},
		{"fin-1", "remote error: tls: internal error", "15030100020250", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, under := dialTLS(t, s, test.name+helloDomain)
			if test.want == "EOF" && test.end == "" || test.name == "mute" {
				under.SetReadDeadline(time.Now().Add(50 * time.Millisecond)) // that nothing more comes can only be waited for
				test.want = "i/o timeout"
			}
			err := c.Handshake()
			if err == nil {
				t.Fatal("the handshake went well")
			}
			wantPart(t, err.Error(), test.want)
			want(t, under.end, test.end)
			if test.bytes != "*" {
				want(t, fmt.Sprintf("%x", under.got.Bytes()), test.bytes)
			}
			under.Close()
			want(t, ask(t, s, "/count?until=0"), "0")
		})
	}
}

func TestHelloCutsAnywhere(t *testing.T) {
	s := start(t)
	for _, n := range []int{5, 127, 128, 500} {
		c, under := dialTLS(t, s, fmt.Sprint("cut-", n, helloDomain))
		if err := c.Handshake(); err == nil {
			t.Error("the handshake went well")
		}
		io.Copy(io.Discard, under)
		if got := under.got.Len(); got != n {
			t.Errorf("got %d bytes, want %d", got, n)
		}
		under.Close()
	}
}

func TestHelloWantsACertificate(t *testing.T) {
	s := start(t)
	for version, wanted := range map[uint16]string{
		tls.VersionTLS12: "remote error: tls: ", // while the handshake lasts
		tls.VersionTLS13: "remote error: tls: certificate required",
	} {
		c := tls.Client(dialTCP(t, s), &tls.Config{RootCAs: s.CertPool(), ServerName: "certificate" + helloDomain, MaxVersion: version})
		err := c.Handshake()
		if version == tls.VersionTLS13 {
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.ReadAll(c)
		}
		if err == nil {
			t.Fatal("no error")
		}
		wantPart(t, err.Error(), wanted)
		c.NetConn().Close()
	}
}

// Where the forged record is not refused no alert was sent, and the script ends.
func TestAlertNeedsTheForgedRecord(t *testing.T) {
	near, far := net.Pipe()
	far.Close()
	defer near.Close()
	err := (&conn{Conn: near, wire: new(wire)}).alert()
	if err == nil {
		t.Fatal("no error")
	}
	wantPart(t, err.Error(), "the forged record was taken")
}

func TestCloseEndsAHandshakeThatIsHeld(t *testing.T) {
	s := start(t)
	c, _ := dialTLS(t, s, "mute"+helloDomain)
	ended := make(chan error, 1)
	go func() { ended <- c.Handshake() }()
	want(t, ask(t, s, "/count?until=1"), "1")
	s.Close()
	if err := <-ended; err == nil {
		t.Error("the handshake went well")
	}
}

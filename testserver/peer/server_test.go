//go:build !js

package peer

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestCloseEndsAll has a connection in each kind of wait.
func TestCloseEndsAll(t *testing.T) {
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	before := goleak.IgnoreCurrent()
	paths := []string{
		"/echo", "/close?code=1000", "/slow", "/slow?rate=1", "/recorded?id=never", "/count?until=99",
		"/raw", "/raw?do=hold", "/raw?do=mute", "/raw?do=expect", "/raw?do=echo", "/raw?do=sleep:30000",
		"/raw?do=repeat:1000000000:sleep:1", "/raw?do=end", "/raw?do=zeros:1000000000",
	}
	for _, path := range paths {
		rawOpen(t, s, path)
	}
	rawDial(t, s, "/raw?delay=30000")
	idle := []string{strings.TrimPrefix(s.WS(), "ws://"), strings.TrimPrefix(s.WSS(), "wss://"), s.mute.Addr().String()}
	for _, address := range idle {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	want(t, ask(t, s, fmt.Sprintf("/count?until=%d", len(paths)+len(idle)+1)), fmt.Sprint(len(paths)+len(idle)+1))
	s.Close()
	s.Close()
	goleak.VerifyNone(t, before)
	if n := len(s.registry.connections()); n != 0 {
		t.Errorf("got %d connections after Close, want none", n)
	}
	if _, err := os.Stat(s.directory); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v for the certificate's directory, want that it does not exist", err)
	}
}

func TestClosedPortRefuses(t *testing.T) {
	s := start(t)
	if c, err := net.Dial("tcp", s.closedPort.address()); err == nil {
		c.Close()
		t.Error("connected")
	}
}

func TestMuteTakesAllAndSaysNothing(t *testing.T) {
	s := start(t)
	c, err := net.Dial("tcp", s.mute.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	want(t, ask(t, s, "/count?until=1"), "1")
	c.(*net.TCPConn).CloseWrite()
	b, err := io.ReadAll(c)
	want(t, fmt.Sprintf("%q %v", b, err), `"" <nil>`)
	want(t, ask(t, s, "/count?until=0"), "0")
}

func TestSecure(t *testing.T) {
	s := start(t)
	port := s.WSS()[strings.LastIndex(s.WSS(), ":"):]
	for _, host := range []string{"127.0.0.1", "localhost"} {
		d := dialer(s)
		d.NetDialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1"+port)
		}
		ws := openURL(t, d, "wss://"+host+port+"/send?text=a&close=3000&id="+host)
		want(t, receiveAll(ws), "text:a close:3000:")
		ws.Close()
		want(t, recorded(t, s, host), "request close:3000: server")
	}
	d := dialer(s)
	d.TLSClientConfig = nil
	if _, _, err := d.Dial(s.WSS()+"/echo", nil); err == nil {
		t.Error("opened without the certificate")
	}
}

func TestSecureRaw(t *testing.T) {
	s := start(t)
	for _, test := range []struct{ do, want string }{
		{"do=text:a&do=end", "server"},
		{"do=text:a", "reset"},
	} {
		ws := openURL(t, dialer(s), s.WSS()+"/raw?id="+test.want+"&"+test.do)
		want(t, receive(ws), "text:a")
		if test.want == "reset" {
			ws.NetConn().(*tls.Conn).NetConn().(*net.TCPConn).SetLinger(0)
			ws.NetConn().(*tls.Conn).NetConn().Close()
		} else {
			want(t, receive(ws), "websocket: close 1006 (abnormal closure): unexpected EOF")
			ws.Close()
		}
		want(t, recorded(t, s, test.want), "request "+test.want)
	}
}

func TestSecureSpeaksHTTP1Only(t *testing.T) {
	s := start(t)
	c, err := tls.Dial("tcp", strings.TrimPrefix(s.WSS(), "wss://"),
		&tls.Config{RootCAs: s.CertPool(), NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	want(t, c.ConnectionState().NegotiatedProtocol, "http/1.1")
	certificate := c.ConnectionState().PeerCertificates[0]
	sum := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	want(t, s.SPKI(), base64.StdEncoding.EncodeToString(sum[:]))
	if err := certificate.VerifyHostname("::1"); err != nil {
		t.Error(err)
	}
	if left := time.Until(certificate.NotAfter); left < 72*time.Hour || left > 14*24*time.Hour {
		t.Errorf("the certificate is valid for %v, want a few days", left)
	}
}

func TestEnviron(t *testing.T) {
	s := start(t)
	got := strings.Join(s.Environ(), "\n")
	file, err := os.ReadFile(s.caFile())
	if err != nil {
		t.Fatal(err)
	}
	want(t, string(file), string(s.CAPEM()))
	wantPart(t, got, "TESTSERVER_WS="+s.WS()+"\n")
	wantPart(t, got, "TESTSERVER_WSS="+s.WSS()+"\n")
	wantPart(t, got, "TESTSERVER_HTTP="+s.HTTP()+"\n")
	wantPart(t, got, "TESTSERVER_CA="+s.caFile()+"\n")
	wantPart(t, got, "TESTSERVER_SPKI="+s.SPKI()+"\n")
	wantPart(t, got, "TESTSERVER_CLOSED=ws://127.0.0.1:")
	wantPart(t, got, "TESTSERVER_MUTE=ws://127.0.0.1:")
}

// TestUsageIsComplete: every name that the code knows is described.
func TestUsageIsComplete(t *testing.T) {
	has := func(pattern string) {
		if !regexp.MustCompile(pattern).MatchString(Usage()) {
			t.Errorf("nothing in the documentation is like %s", pattern)
		}
	}
	for _, e := range endpoints() {
		has(`(?m)^\t` + e.path + `\b`)
		for _, name := range strings.Fields(strings.Trim(e.params, "*")) {
			has(`[\t ]` + name + `=[A-Za-z0-9]`)
		}
	}
	for name := range hellos(nil) {
		has(`(?m)^\t` + name + `\b`)
	}
	for name := range steps() {
		has(`(?m)^\t(ping:STRING, )?(join … )?` + name + `\b`)
	}
	s := start(t)
	for _, variable := range s.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		has(`(?m)^\t` + name + ` `)
	}
}

func TestBadRequestEndsTheConnection(t *testing.T) {
	s := start(t)
	c, err := net.Dial("tcp", strings.TrimPrefix(s.WS(), "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "nonsense\r\n\r\n")
	b, err := io.ReadAll(c)
	want(t, fmt.Sprintf("%q %v", b, err), `"" <nil>`)
}

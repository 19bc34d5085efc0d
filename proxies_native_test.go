//go:build !js

package websocket_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twinsocket/websocket"
	"github.com/twinsocket/websocket/native"
	"github.com/twinsocket/websocket/testserver/proxy"
)

// Proxies as they are installed in the field. They want the user "me" with the password "pw".
var proxies = []struct {
	program string
	schemes []string
	args    func(t *testing.T, dir string, addresses []string) []string
	// What the error says of no password, of a wrong one, and of a target where nobody listens.
	wants, refuses, fails string
}{
	{"tinyproxy", []string{"http"}, tinyproxyArgs, "got status 407", "got status 401", "got status 50"},
	{"squid", []string{"http", "https"}, squidArgs, "got status 407", "got status 407", "got status 50"},
	{"microsocks", []string{"socks5"}, microsocksArgs, "no acceptable authentication methods", "authentication failed", "connection refused"},
}

func tinyproxyArgs(t *testing.T, dir string, addresses []string) []string {
	host, port, _ := net.SplitHostPort(addresses[0])
	return []string{"-d", "-c", write(t, dir, "conf", "Listen "+host+"\nPort "+port+"\nBasicAuth me pw\nMaxClients 20\nTimeout 60\n")}
}

func squidArgs(t *testing.T, dir string, addresses []string) []string {
	certificate, key := newCertificate(t)
	helper := "/usr/lib/squid/basic_ncsa_auth"
	if _, err := os.Stat(helper); err != nil {
		t.Skip("squid's helper for passwords is not where Debian has it:", err)
	}
	return []string{"-N", "-n", "test" + addresses[0][len("127.0.0.1:"):], "-f", write(t, dir, "conf", `
http_port `+addresses[0]+`
https_port `+addresses[1]+` tls-cert=`+write(t, dir, "certificate", certificate)+` tls-key=`+write(t, dir, "key", key)+`
auth_param basic program `+helper+` `+write(t, dir, "passwords", "me:$apr1$twinsock$reDh/M1UG9aNpUR9r3RPR.\n")+`
auth_param basic children 1 startup=1 idle=1
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
cache deny all
cache_mem 1 MB
max_filedescriptors 1024
pid_filename none
netdb_filename none
access_log none
cache_log `+filepath.Join(dir, "log")+`
coredump_dir `+dir+`
shutdown_lifetime 0 seconds
`)}
}

func microsocksArgs(_ *testing.T, _ string, addresses []string) []string {
	host, port, _ := net.SplitHostPort(addresses[0])
	return []string{"-i", host, "-p", port, "-u", "me", "-P", "pw"}
}

// write writes a file that all may read: a proxy started by root does not stay root.
func write(t *testing.T, dir, name, content string) string {
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// newCertificate makes a certificate for 127.0.0.1 that signs itself, and its key.
func newCertificate(t *testing.T) (certificate, key string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{{127, 0, 0, 1}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return block("CERTIFICATE", der), block("PRIVATE KEY", pkcs8)
}

func TestProxiesOfTheField(t *testing.T) {
	for _, p := range proxies {
		t.Run(p.program, func(t *testing.T) {
			if _, err := exec.LookPath(p.program); err != nil {
				t.Skipf("%s is not installed; make proxies installs it where apt-get can", p.program)
			}
			dir := t.TempDir()
			must(t, errors.Join(os.Chmod(dir, 0o777), os.Chmod(filepath.Dir(dir), 0o755)))
			addresses := freeAddresses(t, len(p.schemes))
			stop := startProgram(t, exec.Command(p.program, p.args(t, dir, addresses)...), addresses)
			config := trusting(t).TLSConfig
			if pem, err := os.ReadFile(filepath.Join(dir, "certificate")); err == nil {
				config.RootCAs.AppendCertsFromPEM(pem)
			}
			for i, scheme := range p.schemes {
				t.Run(scheme, func(t *testing.T) {
					at := func(user string) *websocket.Dialer { return through(scheme+"://"+user+addresses[i], config) }
					exchangeThrough(t, at("me:pw@"))
					refusedBy(t, at(""), os.Getenv("TESTSERVER_WS"), addresses[i], p.wants)
					refusedBy(t, at("me:no@"), os.Getenv("TESTSERVER_WS"), addresses[i], p.refuses)
					refusedBy(t, at("me:pw@"), os.Getenv("TESTSERVER_CLOSED"), addresses[i], p.fails)
				})
			}
			endsWith(t, through(p.schemes[0]+"://me:pw@"+addresses[0], config), stop)
		})
	}
}

// exchangeThrough has ws and wss carry both kinds of messages, small and large, and a close with a code.
func exchangeThrough(t *testing.T, d *websocket.Dialer) {
	large := strings.Repeat("0123456789", 100_000)
	for _, variable := range []string{"TESTSERVER_WS", "TESTSERVER_WSS"} {
		row{url: os.Getenv(variable) + "/echo", dialer: d, on: does{
			"open":          func(s *socket) { must(s.t, s.Send(websocket.Binary([]byte{0, 1, 2}))) },
			"binary:000102": send("héllo"), "text:héllo": send(large), "message#1000000": closes(3000, "bye"),
		}, want: "open/1 binary:000102/1 text:héllo/1 message#1000000/1 close:3000:bye:true/3"}.run(t)
	}
}

// refusedBy wants a proxy's refusal, which names the proxy and holds no password.
func refusedBy(t *testing.T, d *websocket.Dialer, url, proxy, want string) {
	t.Helper()
	s := newSocket(t, d, url)
	if got := s.run(); got != failed {
		t.Errorf("got %s", got)
	}
	target := strings.TrimPrefix(url, "ws://")
	phase := "websocket: CONNECT to " + target + " through the proxy " + proxy + ": "
	if text := s.failure.Error(); !strings.HasPrefix(text, phase) || !strings.Contains(text, want) {
		t.Errorf("got  %s\nwant %s…%s", text, phase, want)
	}
	var refused *native.HandshakeError
	if got := errors.As(s.failure, &refused); got != strings.Contains(want, "status") || got && (!refused.Proxy || len(refused.Body) == 0) {
		t.Errorf("got %+v, want the proxy's answer with a body", refused)
	}
}

// endsWith wants a connection to end with its proxy.
func endsWith(t *testing.T, d *websocket.Dialer, stop func()) {
	row{url: "/echo", dialer: d, on: does{"open": func(*socket) { stop() }}, want: "open/1 error/3 close:1006::false/3"}.run(t)
}

// What a proxy says is of the handshake too, and its credentials are as secret as the server's.
func TestTraceOfAHandshakeThroughAProxy(t *testing.T) {
	for _, c := range []struct{ password, want, requests, answers string }{
		{"pw", "open/1 close:1000::true/3", "CONNECT %s HTTP/1.1; GET /echo HTTP/1.1", "200 Connection established; 101 Switching Protocols"},
		{"no", failed, "CONNECT %s HTTP/1.1", "407 Proxy Authentication Required"},
	} {
		p, err := proxy.HTTP(proxy.Config{User: "me", Password: "pw"})
		must(t, err)
		t.Cleanup(p.Close)
		var log lines
		d := through("http://me:"+c.password+"@"+p.Address(), nil)
		d.Trace = websocket.TraceLines(log.print)
		row{url: "/echo", dialer: d, on: does{"open": closes(1000, "")}, want: c.want}.run(t)
		target := strings.TrimPrefix(os.Getenv("TESTSERVER_WS"), "ws://")
		var requests []string
		for _, line := range strings.Split(log.with("> "), "; ") {
			if strings.HasSuffix(line, " HTTP/1.1") {
				requests = append(requests, strings.Replace(line, target, "%s", 1))
			}
		}
		for what, got := range map[string][2]string{
			"the requests":    {strings.Join(requests, "; "), c.requests},
			"the answers":     {log.with("< HTTP/1.1 "), c.answers},
			"the credentials": {log.with("> Proxy-Authorization: "), "(14 bytes)"},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: got %s, want %s", what, got[0], got[1])
			}
		}
	}
}

func through(proxy string, config *tls.Config) *websocket.Dialer {
	return &websocket.Dialer{Options: websocket.Options{
		Proxy: func(*url.URL) (*url.URL, error) { return url.Parse(proxy) }, TLSConfig: config,
	}}
}

// freeAddresses are free when asked for.
func freeAddresses(t *testing.T, n int) (addresses []string) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses
}

// startProgram starts a server and waits until it listens. stop ends it; so does the test's end.
func startProgram(t *testing.T, program *exec.Cmd, addresses []string) (stop func()) {
	var said bytes.Buffer
	program.Stdout, program.Stderr = &said, &said
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		program.Wait()
	}()
	stop = func() {
		program.Process.Signal(syscall.SIGTERM) // squid takes its shared memory with it
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			program.Process.Kill()
			<-ended
		}
	}
	t.Cleanup(stop)
	for _, address := range addresses {
		for limit := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) { // it says when to nobody
			conn, err := net.Dial("tcp", address)
			if err == nil {
				conn.Close()
				break
			}
			select {
			case <-ended:
				t.Fatalf("%s ended and said %s", program, &said)
			default:
			}
			if time.Now().After(limit) {
				stop()
				t.Fatalf("%s does not listen on %s: %v; it said %s", program, address, err, &said)
			}
		}
	}
	return stop
}

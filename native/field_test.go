//go:build !js

package native

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestErrorsNamePhaseAndAddressAndKeepTheirCause(t *testing.T) {
	closed, plain := closedAddress(t), plainHTTP(t)
	hangsUp, _ := startServer(t, "ws", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		conn.Close()
	})
	refuses, _ := startServer(t, "ws", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Why", "because")
		http.Error(w, "not here", 404)
	})
	for _, row := range []struct {
		rule, url, want string
		o               Options
		is              error
		as              any
	}{
		{rule: "nobody listens", url: "ws://" + closed + "/", want: "connect to " + closed + ": dial tcp", is: syscall.ECONNREFUSED, as: new(*net.OpError)},
		{rule: "no such host", url: "ws://name.invalid/", want: "connect to name.invalid:80: ", as: new(*net.DNSError)},
		{rule: "no TLS there", url: "wss://" + plain + "/", want: "TLS handshake with 127.0.0.1: tls: first record", as: new(tls.RecordHeaderError)},
		{rule: "it hangs up", url: "ws://" + hangsUp + "/", want: "handshake with " + hangsUp + ": read the handshake's answer: ", is: io.ErrUnexpectedEOF},
		{rule: "it refuses", url: "ws://" + refuses + "/", want: "handshake with " + refuses + `: got status 404 Not Found, want 101 Switching Protocols; the answer begins with "not here"`,
			as: new(*HandshakeError)},
	} {
		t.Run(row.rule, func(t *testing.T) {
			l := dialled(t, row.url, row.o, nil)
			<-l.ended
			if got := l.failure.Error(); !strings.HasPrefix(got, "websocket: "+row.want) {
				t.Errorf("got  %s\nwant websocket: %s…", got, row.want)
			}
			if row.is != nil && !errors.Is(l.failure, row.is) || row.as != nil && !errors.As(l.failure, row.as) {
				t.Errorf("got %#v, want %v, %T", l.failure, row.is, row.as)
			}
			if refused, ok := row.as.(**HandshakeError); ok {
				if r := *refused; r.Address != refuses || r.Status != 404 || r.Header["X-Why"][0] != "because" || string(r.Body) != "not here\n" || r.Proxy {
					t.Errorf("got %+v", r)
				}
			}
			l.wantEnd("closed:1006::false", l.failure)
		})
	}
}

func TestBlockedPortsCanBeAllowed(t *testing.T) {
	refusal := errors.New("no route")
	dial := func(context.Context, string, string) (net.Conn, error) { return nil, refusal }
	dialled(t, "ws://h.example:6667/", Options{NetDial: dial, AllowBlockedPorts: true}, nil).wantEnd("closed:1006::false", refusal)
	blocked := dialled(t, "ws://h.example:6667/", Options{NetDial: dial}, nil)
	<-blocked.ended
	if got := blocked.failure.Error(); got != "websocket: connect to h.example:6667: port 6667 is blocked by the Fetch Standard" {
		t.Errorf("got %s", got)
	}
	// It is the target's port that counts: a proxy may have any.
	o := throughProxy("http://h.example:6667")
	o.NetDial = dial
	dialled(t, "ws://h.example/", o, nil).wantEnd("closed:1006::false", refusal)
	o = throughProxy("http://h.example:8080")
	o.NetDial = dial
	blocked = dialled(t, "ws://h.example:6667/", o, nil)
	<-blocked.ended
	if errors.Is(blocked.failure, refusal) {
		t.Error("a blocked port was asked of a proxy")
	}
}

// authority is a certificate authority and what it has signed.
type authority struct {
	pool        *x509.CertPool
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{pool: x509.NewCertPool()}
	self := &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	c := a.sign(t, self)
	a.certificate, _ = x509.ParseCertificate(c.Certificate[0])
	a.key = c.PrivateKey.(*ecdsa.PrivateKey)
	a.pool.AddCert(a.certificate)
	return a
}

// sign makes a key and a certificate from the template; the first signs itself.
func (a *authority) sign(t *testing.T, template *x509.Certificate) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.Subject = pkix.Name{CommonName: "test"}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestOwnAuthorityAndClientCertificates(t *testing.T) {
	own, other := newAuthority(t), newAuthority(t)
	client := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	clientOf := func(a *authority) []tls.Certificate {
		return []tls.Certificate{a.sign(t, &x509.Certificate{ExtKeyUsage: client})}
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(byeServer))
		server.Config.ErrorLog = quiet
		server.TLS = &tls.Config{
			MinVersion: version, MaxVersion: version,
			Certificates: []tls.Certificate{own.sign(t, &x509.Certificate{DNSNames: []string{"h.example"}})},
			ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: own.pool,
		}
		server.StartTLS()
		defer server.Close()
		for _, row := range []struct {
			rule, url string
			config    *tls.Config
			want      string // "" is no error
			as        any
		}{
			{rule: "all is right", url: "wss://h.example/", config: &tls.Config{RootCAs: own.pool, Certificates: clientOf(own)}},
			{rule: "no certificate", url: "wss://h.example/", config: &tls.Config{RootCAs: own.pool}, want: "remote error: tls: "},
			{rule: "a certificate of others", url: "wss://h.example/", config: &tls.Config{RootCAs: own.pool, GetClientCertificate: always(clientOf(other))}, want: "remote error: tls: "},
			{rule: "an authority that is not trusted", url: "wss://h.example/", config: &tls.Config{RootCAs: other.pool, Certificates: clientOf(own)},
				want: "TLS handshake with h.example: tls: failed to verify certificate: x509: ", as: new(x509.UnknownAuthorityError)},
			{rule: "a name that is not the server's", url: "wss://g.example/", config: &tls.Config{RootCAs: own.pool, Certificates: clientOf(own)},
				want: "TLS handshake with g.example: tls: failed to verify certificate: x509: ", as: new(x509.HostnameError)},
		} {
			t.Run(tls.VersionName(version)+": "+row.rule, func(t *testing.T) {
				l := dialled(t, row.url, Options{TLSConfig: row.config, NetDial: func(ctx context.Context, network, _ string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
				}}, nil)
				if row.want == "" {
					l.wantEnd(byeTrace, nil)
					return
				}
				<-l.ended
				if got := l.failure.Error(); !strings.Contains(got, row.want) || !strings.Contains(got, "handshake with ") {
					t.Errorf("got %s, want %s", got, row.want)
				}
				if row.as != nil && !errors.As(l.failure, row.as) {
					t.Errorf("got %#v, want a %T", l.failure, row.as)
				}
				l.wantEnd("closed:1006::false", l.failure)
			})
		}
	}
}

// always has a certificate sent whatever authorities the server names.
func always(c []tls.Certificate) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &c[0], nil }
}

// quiet is for servers whose clients are meant to fail.
var quiet = log.New(io.Discard, "", 0)

// A 401 that is answered is not waited for to its end.
func TestBodyOfAnAnsweredChallengeIsNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var peers sync.WaitGroup
		defer peers.Wait()
		begun := time.Now()
		answers := []string{"WWW-Authenticate: Basic\r\nContent-Length: 9\r\n", "Content-Length: 9\r\n"}
		l := dialled(t, "ws://u:p@h.example/", Options{NetDial: func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			answer := answers[0]
			answers = answers[1:]
			peers.Go(func() {
				readHead(server, nil, maxHead)
				io.WriteString(server, "HTTP/1.1 401 Unauthorized\r\n"+answer+"\r\nso")
				io.Copy(io.Discard, server)
			})
			return client, nil
		}}, nil)
		<-l.ended
		if took := time.Since(begun); took != refusalTime || len(answers) > 0 {
			t.Errorf("it took %v, want %v for the second alone", took, refusalTime)
		}
		l.wantEnd("closed:1006::false", l.failure)
	})
}

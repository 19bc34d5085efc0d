//go:build !js

package native

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/publicsuffix"
)

// cookieServer answers with the cookies and the status that the path names, /STATUS/COOKIE, and notes the Cookie headers it got,
// each in brackets.
type cookieServer struct {
	mu  sync.Mutex
	got []string // guarded by mu
}

func (s *cookieServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.got = append(s.got, fmt.Sprintf("%q", r.Header["Cookie"]))
	s.mu.Unlock()
	status, cookie, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	_, _, identified := r.BasicAuth()
	if status == "101" || status == "401" && identified {
		conn, _, _ := http.NewResponseController(w).Hijack()
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\nSet-Cookie: interim=1\r\n\r\n"+
			"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+
			acceptKey(r.Header.Get("Sec-WebSocket-Key"))+"\r\nSet-Cookie: "+cookie+"\r\nSet-Cookie: second=2; Path=/\r\n\r\n"+closeFrameOf(1000, "bye"))
		io.ReadFull(conn, make([]byte, len(maskedFrame(0x88, closeBody(1000, "bye"), "KEY!"))))
		return
	}
	w.Header().Set("Set-Cookie", cookie)
	w.Header().Set("WWW-Authenticate", "Basic")
	w.Header().Set("Location", "/101/redirected=1")
	code := 0
	fmt.Sscan(status, &code)
	w.WriteHeader(code)
}

func (s *cookieServer) takeGot() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := strings.Join(s.got, " ")
	s.got = nil
	return got
}

func TestCookies(t *testing.T) {
	const closed = "open closing closed:1000:bye:true"
	plain, secure := new(cookieServer), new(cookieServer)
	plainAddress, _ := startServer(t, "ws", plain.ServeHTTP)
	secureAddress, _ := startServer(t, "wss", secure.ServeHTTP)
	site := &url.URL{Scheme: "https", Host: "app.example.com", Path: "/101/new=1"}
	for _, row := range []struct {
		rule   string
		url    string
		jar    []string // what is in it before, as Set-Cookie has it
		header map[string][]string
		sent   string
		trace  string
		left   string // what is in the jar for site
	}{
		{rule: "none", url: "ws://app.example.com/101/new=1", sent: "[]", trace: closed, left: "new=1 second=2"},
		{rule: "the jar's", url: "wss://app.example.com/101/new=1", jar: []string{"a=1; Path=/", `b="x y"; Path=/`}, sent: `["a=1; b=\"x y\""]`,
			trace: closed, left: `a=1 b="x y" new=1 second=2`},
		{rule: "behind the program's own, in one header", url: "ws://app.example.com/101/new=1", jar: []string{"a=1; Path=/"},
			header: map[string][]string{"cookie": {"own=1", "own2=2"}, "X": {"y"}}, sent: `["own=1; own2=2; a=1"]`, trace: closed, left: "a=1 new=1 second=2"},
		{rule: "the program's own alone", url: "ws://app.example.com/101/new=1", header: map[string][]string{"Cookie": {"own=1"}}, sent: `["own=1"]`,
			trace: closed, left: "new=1 second=2"},
		{rule: "Secure ones not by ws", url: "ws://app.example.com/101/new=1", jar: []string{"a=1; Path=/; Secure"}, sent: "[]", trace: closed,
			left: "a=1 new=1 second=2"},
		{rule: "Secure ones by wss", url: "wss://app.example.com/101/new=1; Secure", jar: []string{"a=1; Path=/; Secure"}, sent: `["a=1"]`, trace: closed,
			left: "a=1 new=1 second=2"},
		{rule: "another path's not", url: "ws://app.example.com/101/new=1", jar: []string{"a=1; Path=/other"}, sent: "[]", trace: closed, left: "new=1 second=2"},
		{rule: "the domain's", url: "ws://app.example.com/101/new=1; Domain=example.com", jar: []string{"a=1; Path=/; Domain=example.com"}, sent: `["a=1"]`,
			trace: closed, left: "a=1 new=1 second=2"},
		{rule: "not for all of a public suffix", url: "ws://app.example.com/101/new=1; Domain=com", sent: "[]", trace: closed, left: "second=2"},
		{rule: "deleted", url: "ws://app.example.com/101/a=; Path=/; Max-Age=0", jar: []string{"a=1; Path=/"}, sent: `["a=1"]`, trace: closed, left: "second=2"},
		{rule: "of a refusal", url: "ws://app.example.com/403/new=1; Path=/", sent: "[]", trace: "closed:1006::false", left: "new=1"},
		{rule: "of a redirect, which is not followed", url: "ws://app.example.com/302/new=1; Path=/", sent: "[]", trace: "closed:1006::false", left: "new=1"},
		{rule: "of a 401, sent with the credentials", url: "ws://u:p@app.example.com/401/new=1; Path=/", jar: []string{"a=1; Path=/"},
			sent: `["a=1"] ["a=1; new=1"]`, trace: closed, left: "a=1 new=1 second=2"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
			if err != nil {
				t.Fatal(err)
			}
			jar.SetCookies(site, (&http.Response{Header: http.Header{"Set-Cookie": row.jar}}).Cookies())
			href, err := ParseURL(row.url)
			if err != nil {
				t.Fatal(err)
			}
			l := dialled(t, href, Options{
				Jar: jar, Header: row.header, TLSConfig: &tls.Config{InsecureSkipVerify: true},
				NetDial: func(ctx context.Context, network, address string) (net.Conn, error) {
					to := plainAddress
					if strings.HasSuffix(address, ":443") {
						to = secureAddress
					}
					return new(net.Dialer).DialContext(ctx, network, to)
				},
			}, nil)
			<-l.ended
			l.wantEnd(row.trace, l.failure)
			if got := plain.takeGot() + secure.takeGot(); got != row.sent {
				t.Errorf("got %s sent, want %s", got, row.sent)
			}
			var left []string
			for _, where := range []string{"/", site.Path} {
				site.Path = where
				for _, c := range jar.Cookies(site) {
					left = append(left, c.String())
				}
			}
			slices.Sort(left)
			if got := strings.Join(slices.Compact(left), " "); got != row.left {
				t.Errorf("got %s left in the jar, want %s", got, row.left)
			}
			for name, values := range row.header {
				if strings.EqualFold(name, "Cookie") && strings.Contains(strings.Join(values, ""), "a=1") {
					t.Error("the program's header was changed")
				}
			}
		})
	}
}

func TestNoJarNoCookies(t *testing.T) {
	server := new(cookieServer)
	address, _ := startServer(t, "ws", server.ServeHTTP)
	for range 2 {
		dialled(t, "ws://"+address+"/101/new=1", Options{}, nil).wantEnd("open closing closed:1000:bye:true", nil)
	}
	if got := server.takeGot(); got != "[] []" {
		t.Errorf("got %s", got)
	}
}

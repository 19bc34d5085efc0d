package websocket_test

import (
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/twinsocket/websocket"
)

const (
	failed = "error/3 close:1006::false/3"
	opened = "open/1 close:1000::true/3"
)

func TestURL(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"ws://example.com", "ws://example.com/"},
		{"wss://example.com/chat?room=1", "wss://example.com/chat?room=1"},
		{"http://h/p?next=http://x/", "ws://h/p?next=http://x/"},
		{"https://h/p?next=https://x/", "wss://h/p?next=https://x/"},
		{"HTTPS://h", "wss://h/"},
		{"ws://h:80/", "ws://h/"},
		{"wss://h:443/", "wss://h/"},
		{"ws://h:443/", "ws://h:443/"},
		{"http://h:80/", "ws://h/"},
		{"ws://EXAMPLE.com/A/../b/./c", "ws://example.com/b/c"},
		{"ws://h/a b?c d", "ws://h/a%20b?c%20d"},
		{"ws://bücher.example/", "ws://xn--bcher-kva.example/"},
		{"ws://user:p%40ss@h/", "ws://user:p%40ss@h/"},
		{"ws://[::1]:8080/", "ws://[::1]:8080/"},
		{"ws://127.1/", "ws://127.0.0.1/"},
		{"  ws://h/\t", "ws://h/"},
		{"ws:h/p", "ws://h/p"},
		{"ws://h/?", "ws://h/?"},
	} {
		ws, err := websocket.New(c.url)
		if err != nil {
			t.Errorf("%q: %v", c.url, err)
			continue
		}
		if got := ws.URL(); got != c.want {
			t.Errorf("%q: got %q, want %q", c.url, got, c.want)
		}
		if got := ws.ReadyState(); got != websocket.Connecting {
			t.Errorf("%q: got state %v", c.url, got)
		}
		ws.Close(0, "")
	}
}

func TestBadURLIsASyntaxErrorAtOnce(t *testing.T) {
	for _, url := range []string{
		"ws://", "ws://h:99999/", "ftp://h/", "mailto:x@h", "about:blank", "ws://h/#", "ws://h/#f", "ws://[::1/",
		"ws://h:port/", "wss://%zz/", "http://h/#f", "https://h/p?q#", "ws://h:65536/", "ws://h:-1/", "wss:", "ws://@/",
		"javascript:1", "data:,x", "file:///x", "blob:x", "ws://h/p#a#b", "ws://[1::2::3]/", "ws://1.2.3.256/", "ws://h\\#/",
	} {
		ws, err := websocket.New(url)
		if !errors.Is(err, websocket.ErrSyntax) || ws != nil {
			t.Errorf("%q: got %v, want a SyntaxError", url, err)
		}
	}
}

// URL Standard, 3.1: a space is a forbidden host code point. Chromium percent-encodes it.
func TestURLWithASpaceInItsHost(t *testing.T) {
	ws, err := websocket.New("ws://a b/")
	switch {
	case !browser && !errors.Is(err, websocket.ErrSyntax):
		t.Errorf("got %v, want a SyntaxError", err)
	case browser && err != nil:
		t.Error(err)
	case browser:
		if ws.URL() != "ws://a%20b/" {
			t.Errorf("got %s", ws.URL())
		}
		ws.Close(0, "")
	}
}

func TestRelativeURLNeedsAPage(t *testing.T) {
	ws, err := websocket.New("/chat")
	switch {
	case !browser:
		if !errors.Is(err, websocket.ErrSyntax) {
			t.Errorf("got %v, want a SyntaxError: there is no base", err)
		}
	case err != nil:
		t.Error(err)
	default:
		if !strings.HasPrefix(ws.URL(), "ws://") || !strings.HasSuffix(ws.URL(), "/chat") {
			t.Errorf("got %q", ws.URL())
		}
		ws.Close(0, "")
	}
}

func TestSubprotocolNames(t *testing.T) {
	for _, c := range []struct {
		protocols []string
		ok        bool
	}{
		{[]string{"chat"}, true},
		{[]string{"a", "A"}, true}, // they differ
		{[]string{"chat.v2", "~!#$%&'*+-.^_`|"}, true},
		{[]string{""}, false},
		{[]string{"a b"}, false},
		{[]string{"a", "b", "a"}, false},
		{[]string{"a,b"}, false},
		{[]string{"é"}, false},
		{[]string{"a\x7f"}, false},
		{[]string{"("}, false}, {[]string{")"}, false}, {[]string{"<"}, false}, {[]string{">"}, false}, {[]string{"@"}, false},
		{[]string{";"}, false}, {[]string{":"}, false}, {[]string{"\\"}, false}, {[]string{"\""}, false}, {[]string{"/"}, false},
		{[]string{"["}, false}, {[]string{"]"}, false}, {[]string{"?"}, false}, {[]string{"="}, false}, {[]string{"{"}, false},
		{[]string{"}"}, false}, {[]string{"\t"}, false}, {[]string{"\x00"}, false},
	} {
		ws, err := websocket.New("ws://h/", c.protocols...)
		if c.ok != (err == nil) || !c.ok && !errors.Is(err, websocket.ErrSyntax) {
			t.Errorf("%q: got %v", c.protocols, err)
		}
		if err == nil {
			ws.Close(0, "")
		}
	}
}

func TestNewSocketIsConnectingAndEmpty(t *testing.T) {
	ws, err := websocket.New("ws://h/", "chat")
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close(0, "")
	if ws.ReadyState() != websocket.Connecting || ws.Protocol() != "" || ws.Extensions() != "" || ws.BufferedAmount() != 0 ||
		ws.BinaryType() != websocket.ArrayBuffer {
		t.Errorf("got %v %q %q %d %q", ws.ReadyState(), ws.Protocol(), ws.Extensions(), ws.BufferedAmount(), ws.BinaryType())
	}
	err = ws.Send(websocket.Text("x"))
	if !errors.Is(err, websocket.ErrInvalidState) || !strings.Contains(err.Error(), "Start") {
		t.Errorf("Send before Start: got %v", err)
	}
}

func TestHandshake(t *testing.T) {
	bye := does{"open": closes(1000, "")}
	runRows(t, []row{
		{name: "opens", url: "/echo", on: bye, want: opened},
		{name: "an answer byte by byte", url: raw("bytewise=1", "expect:close", "answer", "end"), on: bye, want: opened},
		{name: "lines that end in LF", url: raw("lf=1", "expect:close", "answer", "end"), on: bye, want: opened},
		{name: "long headers", url: raw("pad=60000", "expect:close", "answer", "end"), on: bye, want: opened},
		{name: "header names and tokens in any case",
			url: raw("upgrade=WebSocket", "connection=keep-alive, UPGRADE", "expect:close", "answer", "end"), on: bye, want: opened},
		{name: "messages right behind the answer", url: raw("early=81026869"+"8100", "text:more", "close:1000", "expect:close", "end"),
			want: "open/1 text:hi/1 text:/1 text:more/1 close:1000::true/3"},
		{name: "half an answer", url: raw("cut=20"), want: failed, err: "unexpected EOF"},
		{name: "no byte of an answer", url: raw("cut=0"), want: failed, err: "unexpected EOF"},
		{name: "refused connection", url: os.Getenv("TESTSERVER_CLOSED"), want: failed, err: "refused"},
		{name: "a name that is none", url: "ws://name.invalid/", want: failed},
		{name: "a blocked port", url: "ws://127.0.0.1:6667/", want: failed, err: "6667"},
		{name: "status 200", url: raw("status=200"), want: failed, err: "got status 200 OK, want 101"},
		{name: "status 404", url: "/status?code=404", want: failed, err: "got status 404"},
		{name: "status 100 is not the answer", url: raw("status=100", "early="+hex.EncodeToString([]byte("HTTP/1.1 404 No\r\n\r\n")), "end"),
			want: failed, err: "got status 404"},
		{name: "status 201", url: "/status?code=201", want: failed, err: "got status 201"},
		{name: "status 204", url: "/status?code=204", want: failed, err: "got status 204"},
		{name: "status 304", url: "/status?code=304", want: failed, err: "got status 304"},
		{name: "status 400", url: "/status?code=400", want: failed, err: "got status 400"},
		{name: "status 426", url: "/status?code=426", want: failed, err: "got status 426"},
		{name: "status 500", url: "/status?code=500", want: failed, err: "got status 500"},
		{name: "status 503 with a body", url: "/status?code=503&body=busy", want: failed, err: "got status 503"},
		{name: "a redirect is not followed", url: "/redirect?to=" + os.Getenv("TESTSERVER_HTTP") + "/echo", want: failed,
			err: "got status 302", sent: "request"},
		{name: "nor one that is for good", url: "/redirect?code=308&to=" + os.Getenv("TESTSERVER_HTTP") + "/echo", want: failed,
			err: "got status 308", sent: "request"},
		{name: "nor one to the same place over TLS", url: "/redirect?code=301&to=" + os.Getenv("TESTSERVER_WSS") + "/echo", want: failed,
			err: "got status 301", sent: "request"},
		{name: "wrong accept", url: raw("accept=AAAAAAAAAAAAAAAAAAAAAAAAAAA="), want: failed, err: "Sec-WebSocket-Accept"},
		{name: "no accept", url: raw("accept=omit"), want: failed, err: "no Sec-WebSocket-Accept"},
		{name: "two accepts", url: raw("accept=twice"), want: failed, err: "2 times"},
		{name: "no Upgrade", url: raw("upgrade=omit"), want: failed, err: "no Upgrade"},
		{name: "wrong Upgrade", url: raw("upgrade=h2c"), want: failed, err: "h2c"},
		{name: "no Connection", url: raw("connection=omit"), want: failed, err: "Connection"},
		{name: "wrong Connection", url: raw("connection=close"), want: failed, err: "close"},
		{name: "an extension that was not offered", url: raw("extensions=x-unknown"), want: failed, err: "x-unknown"},
		{name: "not HTTP", url: raw("http=SSH-2.0"), want: failed, err: "SSH-2.0"},
		{name: "TLS", url: os.Getenv("TESTSERVER_WSS") + "/echo", dialer: trusting(t), on: bye, want: opened},
		{name: "TLS where there is none", url: strings.Replace(os.Getenv("TESTSERVER_WS"), "ws:", "wss:", 1), dialer: trusting(t),
			want: failed, err: "TLS"},
		{name: "a certificate of nobody", url: os.Getenv("TESTSERVER_WSS") + "/echo", on: bye, want: failed, err: "certificate",
			js: opened, why: "the browser of the tests was told to trust it"},
		{name: "http stands for ws", url: os.Getenv("TESTSERVER_HTTP") + "/echo", on: bye, want: opened},
	})
}

func TestSubprotocolChoice(t *testing.T) {
	end := []string{"expect:close", "answer", "end"}
	bye := does{"open": also(notes(func(s *socket) any { return s.Protocol() }), closes(1000, ""))}
	two := []string{"a", "b"}
	runRows(t, []row{
		{name: "the first", url: "/echo", protocols: two, on: bye, want: "open/1 a close:1000::true/3"},
		{name: "the second", url: "/echo?protocol=b", protocols: two, on: bye, want: "open/1 b close:1000::true/3"},
		{name: "none asked, none chosen", url: "/echo", on: bye, want: "open/1  close:1000::true/3"},
		{name: "asked, none chosen", url: raw(end...), protocols: two, want: failed, err: "no Sec-WebSocket-Protocol"},
		{name: "asked, empty", url: raw(append(end, "protocol=")...), protocols: two, want: failed, err: `""`},
		{name: "not asked, chosen", url: raw(append(end, "protocol=a")...), want: failed, err: "none was offered"},
		{name: "another case", url: raw(append(end, "protocol=A")...), protocols: two, want: failed, err: `"A"`},
		{name: "two", url: raw(append(end, "protocol=a", "protocol=b")...), protocols: two, want: failed, err: "2 times"},
		{name: "two in one", url: raw(append(end, "protocol=a, b")...), protocols: two, want: failed, err: `"a, b"`},
		{name: "one that was not asked for", url: raw(append(end, "protocol=c")...), protocols: two, want: failed, err: `"c"`},
	})
}

// Fetch Standard, 2.9, port blocking: some of each hundred.
var blockedPorts = strings.Fields("1 7 22 25 53 79 110 143 179 389 465 512 587 636 993 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 " +
	"6665 6669 6679 6697 10080")

// A blocked port is no error of the URL's: the connection fails.
func TestBlockedPorts(t *testing.T) {
	var rows []row
	for _, port := range blockedPorts {
		for _, scheme := range []string{"ws", "wss"} {
			rows = append(rows, row{name: scheme + port, url: scheme + "://127.0.0.1:" + port + "/", want: failed, err: "port " + port + " is blocked"})
		}
	}
	runAtOnce(t, rows)
}

// The origin is the server's, as the URL Standard serializes it: no credentials, no default port, no path.
func TestOriginOfMessages(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"ws://h", "ws://h"},
		{"ws://h:80/p?q", "ws://h"},
		{"ws://h:443/", "ws://h:443"},
		{"ws://h:8080/", "ws://h:8080"},
		{"wss://h/", "wss://h"},
		{"wss://h:443/", "wss://h"},
		{"wss://h:80/", "wss://h:80"},
		{"http://h:80/", "ws://h"},
		{"HTTPS://H:443/", "wss://h"},
		{"ws://[::1]/", "ws://[::1]"},
		{"ws://[0:0:0:0:0:0:0:1]:81/", "ws://[::1]:81"},
		{"ws://user:pass@h:81/", "ws://h:81"},
		{"ws://user@h/", "ws://h"},
		{"ws://u%40x:p%2Fw@h/@/", "ws://h"},
		{"ws://bücher.example/", "ws://xn--bcher-kva.example"},
		{"ws://h?a@b", "ws://h"},
	} {
		f := new(fakeConn)
		d := &websocket.Dialer{Engine: func(_ string, _ []string, s websocket.Sink) (websocket.Conn, error) {
			f.Sink = s
			return f, nil
		}}
		s := newSocket(t, d, c.url)
		got := ""
		s.OnMessage(func(e *websocket.MessageEvent) { got = e.Origin() })
		s.Start()
		f.Opened("", "")
		f.Text("m")
		f.Closed(1000, "", true, nil)
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.url, got, c.want)
		}
	}
}

func TestOriginOfRealMessages(t *testing.T) {
	for _, base := range []string{os.Getenv("TESTSERVER_WS"), os.Getenv("TESTSERVER_WSS")} {
		r := row{url: strings.Replace(base, "://", "://user:pass@", 1) + "/send?text=a&binary=00&close=1000", dialer: trusting(t), before: func(s *socket) {
			s.OnMessage(func(e *websocket.MessageEvent) {
				if e.Origin() != base {
					t.Errorf("got %s, want %s", e.Origin(), base)
				}
			})
		}, want: "open/1 text:a/1 binary:00/1 close:1000::true/3"}
		r.run(t)
	}
}

// What the request says of who asks: nothing, if it is no browser.
func TestOriginOfTheRequest(t *testing.T) {
	request := ask(t, server()+"/headers")
	origin := headerOf(request, "Origin")
	if browser != strings.HasPrefix(origin, "http://") || !browser && (origin != "" || headerOf(request, "User-Agent") != "") {
		t.Errorf("got %q", request)
	}
	for _, name := range []string{"Authorization", "Cookie", "Referer"} {
		if value := headerOf(request, name); value != "" {
			t.Errorf("got %s: %s", name, value)
		}
	}
}

// RFC 6455 4.1, 2, wants a client to open one connection to a server at a time.
func TestOpeningTwoConnectionsAtOnce(t *testing.T) {
	opened := make(chan string, 2)
	begin := func(name, url string) *socket {
		s := newSocket(t, nil, server()+url)
		s.on = does{"open": also(func(*socket) { opened <- name }, closes(1000, ""))}
		s.Start()
		return s
	}
	slow := begin("slow", raw("delay=1000", "expect:close", "answer", "end"))
	quick := begin("quick", raw("expect:close", "answer", "end"))
	slow.wait()
	quick.wait()
	want := "quick slow"
	if browser {
		want = "slow quick"
	}
	if got := <-opened + " " + <-opened; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The request has what RFC 6455 4.1 wants, and the resource is path and query.
func TestRequest(t *testing.T) {
	request := ask(t, os.Getenv("TESTSERVER_WS")+"/headers?a=b%20c")
	for _, want := range []string{
		"GET /headers?a=b%20c HTTP/1.1\n", "\nSec-Websocket-Version: 13", "\nUpgrade: websocket", "\nConnection: Upgrade",
		"\nHost: " + strings.TrimPrefix(os.Getenv("TESTSERVER_WS"), "ws://"), "RemoteTLS: false",
	} {
		if !strings.Contains("\n"+request, want) {
			t.Errorf("got %q, want it to contain %q", request, want)
		}
	}
	if key := headerOf(request, "Sec-Websocket-Key"); len(key) != 24 || !strings.HasSuffix(key, "==") {
		t.Errorf("got the key %q, want 16 bytes in base64", key)
	}
	again := ask(t, os.Getenv("TESTSERVER_WS")+"/headers?")
	if headerOf(again, "Sec-Websocket-Key") == headerOf(request, "Sec-Websocket-Key") {
		t.Error("two connections used one key")
	}
	resource := "/headers" // RFC 6455 3: no question mark without a query
	if browser {
		resource = "/headers?" // Chromium sends it as it stands
	}
	if !strings.HasPrefix(again, "GET "+resource+" HTTP/1.1\n") {
		t.Errorf("got %q, want the resource %s", again, resource)
	}
}

func headerOf(request, name string) string {
	for line := range strings.Lines(request) {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

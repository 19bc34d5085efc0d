package websocket_test

import (
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
		"ws://h:port/", "wss://%zz/",
	} {
		ws, err := websocket.New(url)
		if !errors.Is(err, websocket.ErrSyntax) || ws != nil {
			t.Errorf("%q: got %v, want a SyntaxError", url, err)
		}
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
		{name: "status 503 with a body", url: "/status?code=503&body=busy", want: failed, err: "got status 503"},
		{name: "a redirect is not followed", url: "/redirect?to=" + os.Getenv("TESTSERVER_HTTP") + "/echo", want: failed,
			err: "got status 302", sent: "request"},
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
		{name: "credentials are sent when asked for", url: strings.Replace(os.Getenv("TESTSERVER_WS"), "://", "://me:s%40cret@", 1) +
			"/basic?user=me&password=s%40cret", on: bye, want: opened, sent: "request request:Basic bWU6c0BjcmV0 close:1000: server"},
		{name: "wrong credentials are sent once", url: strings.Replace(os.Getenv("TESTSERVER_WS"), "://", "://me:x@", 1) +
			"/basic?user=me&password=y", want: failed, err: "got status 401", sent: "request request:Basic bWU6eA=="},
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
	if again := ask(t, os.Getenv("TESTSERVER_WS")+"/headers?"); headerOf(again, "Sec-Websocket-Key") == headerOf(request, "Sec-Websocket-Key") {
		t.Error("two connections used one key")
	} else if !strings.HasPrefix(again, "GET /headers HTTP/1.1\n") && !browser {
		t.Errorf("an empty query was sent: %q", again)
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
